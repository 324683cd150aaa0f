"""cli.md: every command with its options, from the commands themselves."""

from collections.abc import Iterator
from typing import Any, Final

import typer
import typer.main
from typer.core import TyperGroup

from argos.cli import main, rehearsals
from argos.cli.frame import entrance
from argos.cli.reference.markdown import code, page, section, table
from argos.cli.research import app as research
from argos.cli.stored import export

HANDED_ON: Final = ("backtest", "optimize", "walkforward", "demo", "torture", "export", "docs")
"""Commands of other programs, which know their options."""


def commands_of(app: typer.Typer) -> dict[str, Any]:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup), "an app with a callback is a group"
    return dict(group.commands)


def cli_page(docs: Any) -> str:
    """`docs` is the command that writes this page: it cannot be imported from here."""
    elsewhere = {
        **commands_of(rehearsals.app),
        **commands_of(export.app),
        **commands_of(research.app),
        "docs": docs,
    }
    sections: list[str] = []
    for name, command in commands_of(main.application()).items():
        chosen = elsewhere.get(name, command) if name in HANDED_ON else command
        sections.extend(_sections(f"argos {name}", chosen))
    codes = next(
        line for line in (entrance.__doc__ or "").split("\n\n") if line.startswith("Exit codes")
    )
    return page(
        "Command line",
        "`argos --home PATH` names the home of any command; else `$ARGOS_HOME`, else `~/.argos`. It may stand "
        "anywhere in the line.",
        "With `--json` a command writes one JSON document on stdout and nothing else. Errors have the shape "
        '`{"error": {"code", "message", "field", "fix"}}`, on stdout with `--json`, else readable on stderr.',
        codes,
        *sections,
    )


def _sections(path: str, command: Any) -> Iterator[str]:
    children = getattr(command, "commands", {})
    yield section(
        code(path),
        _prose(command.help),
        _options(path, command),
        _prose(command.epilog),
    )
    for name, child in children.items():
        yield from _sections(f"{path} {name}", child)


def _prose(text: str | None) -> str:
    """Paragraphs, each on one line."""
    paragraphs = (text or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _options(path: str, command: Any) -> str:
    context = typer.Context(command, info_name=path)
    rows = [
        (_name(option), code(_value(option, context)), _default(option), option.help)
        for option in command.params
        if option.name != "help"
    ]
    return table(("", "value", "default", ""), rows) if rows else ""


def _name(option: Any) -> str:
    if option.param_type_name == "argument":
        return code(option.metavar or option.name.upper())
    return " / ".join(code(text) for text in [*option.opts, *option.secondary_opts])


def _value(option: Any, context: Any) -> str:
    if option.param_type_name == "argument" or option.type_descriptor.annotation is bool:
        return ""
    if option.metavar:
        return str(option.metavar)
    return str(option.display_type(context)).strip("<>")


def _default(option: Any) -> str:
    if option.required:
        return "required"
    value = option.default
    if value is None or value is False or callable(value):
        return ""
    return "yes" if value is True else code(getattr(value, "value", value))
