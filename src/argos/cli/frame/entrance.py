"""Where every command begins and ends: the home it works on, its exit code, and how its errors are told.

Exit codes: 0 done, 1 an error or a finding, 2 wrong usage, 3 `send --wait` saw a leg denied, refused or not settled,
130 interrupted.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import typer
from typer.core import TyperGroup

from argos.cli.frame.printing import messages, print_error
from argos.core.errors import ArgosError, InputError
from argos.stack.home import Home, home_path

EXIT_ERROR: Final = 1
EXIT_USAGE: Final = 2
EXIT_UNSETTLED: Final = 3
EXIT_INTERRUPTED: Final = 130


class Entrance(TyperGroup):
    """The outermost command: no stack trace for an expected error, and JSON where JSON was asked for."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command that the words name, and leave by `sys.exit`."""
        words = self._home_first(list(sys.argv[1:] if args is None else args))
        as_json = "--json" in words
        try:
            result = super().main(
                args=words, prog_name=prog_name or "argos", standalone_mode=False, **extra
            )
        except ArgosError as error:
            print_error(error, as_json=as_json)
            sys.exit(EXIT_ERROR)
        except typer.TyperException as error:
            print_error(_usage_error(error), as_json=as_json)
            sys.exit(EXIT_USAGE)
        except OSError as error:
            print_error(_system_error(error), as_json=as_json)
            sys.exit(EXIT_ERROR)
        except typer.Abort:
            messages().print("stopped; nothing more was done")
            sys.exit(EXIT_INTERRUPTED)
        sys.exit(result if isinstance(result, int) else 0)

    def _home_first(self, words: list[str]) -> list[str]:
        """`--home` may stand anywhere in a command line, unless the command has one of its own."""
        for place, word in enumerate(words):
            if word == "--" or _has_own_home(self.commands.get(word)):
                break
            if word == "--home" and place + 1 < len(words):
                return [word, words[place + 1], *words[:place], *words[place + 2 :]]
            if word.startswith("--home="):
                return [word, *words[:place], *words[place + 1 :]]
        return words


def command_word(words: Sequence[str]) -> str | None:
    """The word that names the command: the first that is neither an option of all commands nor its value."""
    rest = iter(words)
    for word in rest:
        if word == "--home":
            next(rest, None)
        elif not word.startswith("--home="):
            return word
    return None


def _has_own_home(command: Any) -> bool:
    """Whether it names a home by itself, or hands all its words on."""
    return command is not None and (
        command.context_settings.get("ignore_unknown_options", False)
        or any("--home" in option.opts for option in command.params)
    )


def _system_error(error: OSError) -> ArgosError:
    """A full disk, a file that is not ours: nothing that a stack trace would explain better."""
    return ArgosError(
        error.strerror or str(error) or type(error).__name__,
        code="SYSTEM_ERROR",
        field=str(error.filename) if error.filename else None,
        fix="argos doctor looks at disk, files and rights",
    )


def _usage_error(error: typer.TyperException) -> InputError:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "argos"
    return InputError(
        error.format_message(),
        code="USAGE",
        field=getattr(getattr(error, "param", None), "name", None),
        fix=f"see `{command} --help`",
    )


def choose_home(context: typer.Context, path: Path | None) -> None:
    """Remember which home this command works on; nothing is made yet."""
    context.obj = Home((path or home_path(os.environ)).expanduser().absolute())


def chosen_home(context: typer.Context) -> Home:
    """The home that was named, whether it exists or not."""
    home = context.find_object(Home)
    assert home is not None, "the app's callback chooses it"
    return home


def known_home(context: typer.Context) -> Home:
    """The home that was named. Raises InputError HOME_UNKNOWN if it was never set up."""
    home = chosen_home(context)
    if not home.secrets_path.exists():
        raise InputError(
            f"there is no Argos home at {home.root}",
            code="HOME_UNKNOWN",
            field="--home",
            fix="run `argos init`, or name the right one by --home or ARGOS_HOME",
        )
    return home
