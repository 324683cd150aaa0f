"""Every command that the pages show exists, with the options they show."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from argos.cli import main, rehearsals
from argos.cli.reference import write
from argos.cli.reference.commands import commands_of
from argos.cli.research import app as research
from argos.cli.stored import export

ROOT = Path(__file__).resolve().parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHOWN = re.compile(r"^ *(argos [^#\n|]+)|`(argos [^`\n]+)`", re.MULTILINE)


def shown_commands() -> list[tuple[str, str]]:
    found = {}
    for page in PAGES:
        for block, inline in SHOWN.findall(page.read_text(encoding="utf-8")):
            line = (block or inline).strip()
            if "{" not in line:  # a fix in the table of codes, with a word to be filled in
                found[line] = page.name
    return list(found.items())


def objections(root: Any, line: str) -> list[str]:
    """What is wrong with a shown command: an unknown name, or an option that it does not have."""
    command, words = root, shlex.split(line)[1:]
    while getattr(command, "commands", None) and words and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    unknown = []
    if getattr(command, "commands", None) and words and not words[0].startswith("-"):
        unknown.append(words[0])
    options = {name for given in command.params for name in (*given.opts, *given.secondary_opts)}
    given = {word.split("=")[0] for word in words if word.startswith("--")}
    return unknown + sorted(given - options - {"--help"})


def example() -> Any:
    app, hooks = typer.Typer(), typer.Typer()

    def edit(name: str, *, rotate: bool = False) -> None:
        raise AssertionError(name, rotate)

    hooks.command()(edit)
    hooks.command("list")(edit)
    app.add_typer(hooks, name="hooks")
    return typer.main.get_command(app)


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("argos hooks edit NAME --rotate", []),
        ("argos hooks edit NAME --turn", ["--turn"]),
        ("argos hooks mend NAME", ["mend"]),
        ("argos hook", ["hook"]),
        ("argos hooks --help", []),
    ],
)
def test_the_check_finds_what_is_wrong(line: str, wrong: list[str]) -> None:
    assert objections(example(), line) == wrong


@pytest.fixture(scope="module")
def argos() -> Any:
    """All commands; those that hand their words on to another program as that program knows them."""
    everyday = typer.main.get_command(main.application())
    for program in (rehearsals, export, research, write):
        everyday.commands |= commands_of(program.app)
    return everyday


@pytest.mark.parametrize(("line", "page"), shown_commands())
def test_a_shown_command_exists_with_its_options(argos: Any, line: str, page: str) -> None:
    assert objections(argos, line) == [], page
