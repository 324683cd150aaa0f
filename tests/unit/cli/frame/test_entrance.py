"""The way in and the way out of every command: homes, exit codes, errors for people and for programs."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.testing import CliRunner

from argos.cli import rehearsals
from argos.cli.frame.entrance import Entrance, choose_home, chosen_home, known_home
from argos.cli.main import PANELS, Part, application
from argos.cli.research import app as research
from argos.cli.stored import export
from argos.core.errors import InputError


@pytest.fixture
def app() -> typer.Typer:
    """Three commands behind the entrance: one that tells its home, one that fails, one with a home of its own."""
    made = typer.Typer(cls=Entrance, add_completion=False)

    @made.callback()
    def choose(context: typer.Context, home: Annotated[Path | None, typer.Option()] = None) -> None:
        choose_home(context, home)

    @made.command()
    def where(context: typer.Context) -> None:
        typer.echo(chosen_home(context).root)

    @made.command()
    def fails(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
        raise InputError("it does not fit", code="ODD", field="shape", fix="turn [it] round")

    @made.command()
    def apart(home: Annotated[str, typer.Option()] = "") -> None:
        typer.echo(f"own {home}")

    @made.command()
    def reads(path: Path) -> None:
        typer.echo(path.read_text())

    @made.command()
    def needs_home(context: typer.Context) -> None:
        known_home(context)

    return made


def run(app: typer.Typer, *words: str, **given: Any) -> Any:
    return CliRunner().invoke(app, words, **given)


@pytest.mark.parametrize(
    "words",
    [
        ("--home", "/some/where", "where"),
        ("where", "--home", "/some/where"),
        ("where", "--home=/some/where"),
    ],
)
def test_home_may_stand_anywhere(app: typer.Typer, words: tuple[str, ...]) -> None:
    assert run(app, *words).stdout.strip() == "/some/where"


def test_home_comes_from_the_environment_else(app: typer.Typer) -> None:
    assert run(app, "where", env={"ARGOS_HOME": "/else/where"}).stdout.strip() == "/else/where"


def test_a_command_with_a_home_of_its_own_keeps_it(app: typer.Typer) -> None:
    assert run(app, "apart", "--home", "/mine").stdout.strip() == "own /mine"


def test_an_expected_error_is_told_in_four_parts_on_stderr(app: typer.Typer) -> None:
    ran = run(app, "fails")
    assert ran.exit_code == 1
    assert ran.stdout == ""
    for part in ("ODD", "it does not fit", "shape", "turn [it] round"):
        assert part in ran.stderr
    assert "Traceback" not in ran.stderr


def test_an_expected_error_is_one_json_document_on_stdout_for_programs(app: typer.Typer) -> None:
    ran = run(app, "fails", "--json")
    assert ran.exit_code == 1
    assert json.loads(ran.stdout) == {
        "error": {
            "code": "ODD",
            "message": "it does not fit",
            "field": "shape",
            "fix": "turn [it] round",
        }
    }
    assert ran.stderr == ""


def test_wrong_usage_has_exit_code_2_and_names_the_help(app: typer.Typer) -> None:
    ran = run(app, "where", "--nonsense")
    assert ran.exit_code == 2
    assert "where --help" in ran.stderr


def test_a_file_that_cannot_be_read_is_an_error_and_no_stack_trace(
    app: typer.Typer, tmp_path: Path
) -> None:
    ran = run(app, "reads", str(tmp_path / "none"))
    assert ran.exit_code == 1
    assert "SYSTEM_ERROR" in ran.stderr
    assert str(tmp_path / "none") in ran.stderr.replace("\n", "")


def test_a_home_that_was_never_set_up_says_how(app: typer.Typer, tmp_path: Path) -> None:
    ran = run(app, "needs-home", "--home", str(tmp_path / "none"))
    assert ran.exit_code == 1
    assert "argos init" in ran.stderr
    assert not (tmp_path / "none").exists()


def test_the_everyday_commands_do_not_wait_for_heavy_libraries() -> None:
    look = (
        "import sys; from argos.cli.main import application; application(); "
        "print(sorted({'fastapi', 'aiohttp', 'pyarrow', 'jinja2'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize("part", [part for parts in PANELS.values() for part in parts])
def test_the_words_that_load_a_part_are_the_commands_that_it_has(part: Part) -> None:
    names = {name for name, _ in commands_by_name(*part.names)}
    assert names == part.names
    for name in part.names:
        assert commands_by_name("--home", "/some/where", name, "argos") == commands_by_name(name)


@pytest.mark.parametrize(
    "words", [(), ("--help",), ("--help", "nodes"), ("nods",), ("--home", "nodes")]
)
def test_where_no_command_is_named_all_are_there(words: tuple[str, ...]) -> None:
    assert len(commands_by_name(*words)) == sum(
        len(part.names) for parts in PANELS.values() for part in parts
    )


def commands_by_name(*words: str) -> list[tuple[str, str | None]]:
    """Names and help of the commands that are loaded for these words."""
    loaded: Any = typer.main.get_command(application(words))
    return [(name, command.help) for name, command in loaded.commands.items()]


def commands(group: Any, path: str = "argos") -> list[tuple[str, Any]]:
    found = []
    for name, command in group.commands.items():
        found.append((f"{path} {name}", command))
        if hasattr(command, "commands"):
            found.extend(commands(command, f"{path} {name}"))
    return found


OTHER_PROGRAMS = (rehearsals.app, export.app, research.app)
ELSEWHERE = [item for app in OTHER_PROGRAMS for item in commands(typer.main.get_command(app))]
HANDED_ON = {"argos docs", *(path for path, _ in ELSEWHERE)}
PROCESSES = {
    "argos gateway",
    "argos worker",
    "argos node",
    "argos paper-broker",
    "argos market",
    "argos signals run",
    "argos sources run",
    "argos sources fixture",
}
HERE = [
    item for item in commands(typer.main.get_command(application())) if item[0] not in HANDED_ON
]
ALL = [*HERE, *ELSEWHERE]


@pytest.mark.parametrize(("path", "command"), ALL, ids=[path for path, _ in ALL])
def test_every_command_has_help_with_an_example(path: str, command: Any) -> None:
    assert command.help
    if not hasattr(command, "commands") or command.invoke_without_command:
        assert path.split()[1] in (command.epilog or ""), "its epilog shows how to call it"


@pytest.mark.parametrize(("path", "command"), ALL, ids=[path for path, _ in ALL])
def test_every_command_that_answers_speaks_json_too(path: str, command: Any) -> None:
    answers = not hasattr(command, "commands") or command.invoke_without_command
    if answers and path not in PROCESSES:
        assert any("--json" in option.opts for option in command.params)
