"""What Windows machines need of us: programs that load there, and scripts that say what `argos` understands.

No test here runs on Windows. `deploy/windows` has not been run there either, and the pages say so.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path, PureWindowsPath
from typing import Any

import pytest
import typer

from argos.cli import main
from argos.cli.front import PANELS
from argos.cli.mt5.install.options import Kind, Wishes
from argos.cli.mt5.install.plan import plan_install
from argos.cli.mt5.install.steps import ByHand, Run
from unit.repository.test_docs_commands import objections

ROOT = Path(__file__).resolve().parents[3]
SOURCE = ROOT / "src"
SCRIPTS = sorted((ROOT / "deploy" / "windows").glob("*.ps1"))
POSIX_ONLY = {"fcntl", "grp", "pwd", "pty", "resource", "termios", "uvloop"}
COMMANDS = [
    f"argos.cli.{place.partition(':')[0]}" for places in PANELS.values() for place in places
]
LOADED_THERE = {
    "argos": ("argos.cli.front", *COMMANDS),
    "enrolling": ("argos.cli.mt5.install.enrolling",),
    "mt5_node": ("argos.entries.mt5_node",),
    "node": ("argos.entries.node",),
}


def module_path(name: str) -> Path | None:
    base = SOURCE.joinpath(*name.split("."))
    return next((p for p in (base.with_suffix(".py"), base / "__init__.py") if p.exists()), None)


def imports(tree: ast.AST) -> Iterator[str]:
    """What loading a module loads everywhere: not what stands under a condition on the platform."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and "sys.platform" in ast.unparse(node.test):
            continue
        elif isinstance(node, ast.If | ast.Try):
            yield from imports(node)


def loaded_by(names: Iterable[str]) -> dict[str, set[str]]:
    """Every module of ours that loading these loads, with what it imports."""
    found: dict[str, set[str]] = {}
    waiting = list(names)
    while waiting:
        module = waiting.pop()
        path = module_path(module)
        if module in found or path is None:
            continue
        found[module] = set(imports(ast.parse(path.read_text(encoding="utf-8"))))
        waiting += [name for name in found[module] if name.startswith("argos.")]
    return found


@pytest.mark.parametrize("program", LOADED_THERE)
def test_a_program_for_windows_loads_nothing_that_only_posix_has(program: str) -> None:
    modules = loaded_by(LOADED_THERE[program])
    assert len(modules) > 10
    wrong = {module: names & POSIX_ONLY for module, names in modules.items() if names & POSIX_ONLY}
    assert wrong == {}


def test_the_walk_sees_an_import_and_passes_a_guarded_one_by() -> None:
    source = "import pwd\nif sys.platform != 'win32':\n    import fcntl\nfrom a import b\n"
    assert set(imports(ast.parse(source))) == {"pwd", "a", "a.b"}


CALL = re.compile(r"(?:argos\.cli\.front|Invoke-Argos|\bargos) ((?:mt5|--version)[^'\"}\n]*)")
MODULE = re.compile(r"-m (argos[\w.]+)")
PARAMETER = re.compile(r"\$\w+(?:\.\w+)*")


def calls(text: str) -> list[str]:
    """The words that a script hands to `argos`, variables replaced; what only lists commands is left out."""
    found = []
    for words in CALL.findall(text):
        line = PARAMETER.sub("FILE", words).strip()
        if "," not in line:
            found.append(f"argos {line}")
    return found


@pytest.fixture(scope="module")
def argos() -> Any:
    return typer.main.get_command(main.app)


def test_there_are_scripts_and_they_call_argos() -> None:
    told = [line for script in SCRIPTS for line in calls(script.read_text(encoding="utf-8"))]
    assert {"argos mt5 stop FILE", "argos mt5 start FILE", "argos mt5 uninstall FILE"} <= set(told)
    assert any("--kind expert" in line for line in told)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_script_says_only_what_argos_has(argos: Any, script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert {line: objections(argos, line) for line in calls(text)} == {
        line: [] for line in calls(text)
    }
    for module in MODULE.findall(text):
        assert find_spec(module) is not None


WISHES = Wishes(
    name="prop-1",
    account="prop-1",
    gateway_url="https://argos.example",
    login=1,
    server="Broker-Demo",
    kind=Kind.PYTHON,
    user="trader",
    home=PureWindowsPath("D:/Argos"),
    interpreter=PureWindowsPath("D:/Argos/venv/Scripts/python.exe"),
    terminal=PureWindowsPath("C:/MetaTrader"),
    sources=PureWindowsPath("C:/argos/mt5/MQL5"),
    node_file={},
    enrol_code="CODE",
)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_plan_says_only_what_argos_has(argos: Any, kind: Kind) -> None:
    lines = []
    for step in plan_install(replace(WISHES, kind=kind)):
        if isinstance(step.action, Run) and "argos.cli.front" in step.action.argv:
            words = step.action.argv[step.action.argv.index("argos.cli.front") + 1 :]
            lines.append("argos " + " ".join(word.replace("\\", "/") for word in words))
        elif isinstance(step.action, ByHand):
            clicks = [click.replace("\\", "/") for click in step.action.clicks]
            lines += [
                f"argos{click.partition('argos')[2]}" for click in clicks if "argos mt5" in click
            ]
    assert lines
    assert [(line, objections(argos, line)) for line in lines] == [(line, []) for line in lines]


def test_the_task_starts_a_program_that_is_there() -> None:
    assert find_spec("argos.entries.mt5_node") is not None
