"""`argos mt5 install` and `uninstall` as a user says them, where there is no Windows."""

import json
import sqlite3
from pathlib import Path, PureWindowsPath
from typing import Any

import pytest
from typer.testing import CliRunner

from argos.cli.main import application
from argos.cli.mt5.install.options import Kind
from argos.cli.mt5.install.wishing import installed
from argos.core.errors import InputError
from argos.node.log import NodeLog


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A node file as the pages show it, with its password beside it."""
    body = {
        "name": "prop-1",
        "account": "prop-1",
        "venue": "mt5",
        "gateway_url": "https://argos.example",
        "mt5": {"login": 5001234, "server": "Broker-Demo", "password_file": "secret"},
    }
    return private(tmp_path / "prop-1.json", json.dumps(body), secret="s3cret")


def private(path: Path, text: str, *, secret: str = "") -> Path:
    for place, content in ((path, text), (path.parent / "secret", secret)):
        place.touch(mode=0o600)
        place.write_text(content)
    return path


def asked(*words: str) -> Any:
    """The JSON document, or the error that a command raised."""
    result = CliRunner().invoke(application(), ["mt5", *words, "--json"])
    return json.loads(result.stdout.splitlines()[-1])


def test_a_dry_run_shows_every_step_and_no_secret(file: Path) -> None:
    for kind in Kind:
        told = asked("install", str(file), "--kind", kind.value, "--into", "D:\\A", "--dry-run")
        assert told["done"] is False
        assert {step["do"] for step in told["steps"]} >= {"copy", "write", "run", "by_hand"}
        assert all(step["why"] for step in told["steps"])
        assert "s3cret" not in json.dumps(told)
    shown = CliRunner().invoke(application(), ["mt5", "install", str(file), "--dry-run"]).stdout
    assert "nothing was done" in shown
    assert "s3cret" not in shown


def test_elsewhere_than_on_windows_nothing_is_done(file: Path) -> None:
    for words in (("install", str(file)), ("start", str(file)), ("uninstall", str(file), "--yes")):
        assert asked(*words)["error"]["code"] == "MT5_NOT_WINDOWS"
        assert "--dry-run" in asked(*words)["error"]["fix"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"venue": "paper-mt5"}, "MT5_VENUE_OTHER"),
        ({"name": "a/../b"}, "MT5_NAME_INVALID"),
        ({"gateway_url": "https://a\nb"}, "MT5_VALUE_INVALID"),
        ({"mt5": {"login": "no number"}}, "MT5_SETTINGS_INVALID"),
        ({"mt5": {"login": 1, "password": "here"}}, "MT5_PASSWORD_IN_FILE"),
    ],
)
def test_a_node_file_that_cannot_be_set_up_says_why(
    file: Path, changes: dict[str, Any], code: str
) -> None:
    private(file, json.dumps(json.loads(file.read_text()) | changes))
    assert asked("install", str(file), "--dry-run")["error"]["code"] == code


@pytest.fixture
def set_up(tmp_path: Path) -> Path:
    """The node file of an installation, as `install` leaves it."""
    node = tmp_path / "prop-1" / "node"
    node.mkdir(parents=True)
    (tmp_path / "prop-1" / "task.xml").touch()
    body = {
        "name": "prop-1",
        "account": "prop-1",
        "venue": "mt5",
        "gateway_url": "https://argos.example",
        "runs": "python",
    }
    return private(node / "prop-1.json", json.dumps(body))


def test_an_installation_is_known_by_what_install_left(set_up: Path, file: Path) -> None:
    layout, kind = installed(set_up)
    assert (kind, layout.home) == (Kind.PYTHON, PureWindowsPath(set_up.parents[1].as_posix()))
    (set_up.parents[1] / "task.xml").unlink()
    for path in (file, set_up):
        with pytest.raises(InputError) as refused:
            installed(path)
        assert refused.value.code == "MT5_NOT_INSTALLED"


def test_an_uninstall_is_refused_while_something_would_be_lost(set_up: Path) -> None:
    log = NodeLog.open(set_up.with_suffix(".sqlite"), account="prop-1", now_ms=1)
    log.close()
    assert asked("uninstall", str(set_up), "--dry-run")["done"] is False
    connection = sqlite3.connect(set_up.with_suffix(".sqlite"), isolation_level=None)
    connection.execute("INSERT INTO facts (fact_id, kind, body) VALUES ('f', 'fill', '')")
    connection.close()
    assert asked("uninstall", str(set_up), "--dry-run")["error"]["code"] == "MT5_JOURNAL_OWES"
    forced = asked("uninstall", str(set_up), "--dry-run", "--force")
    assert "require_settled" not in {step["do"] for step in forced["steps"]}


def test_the_pages_node_file_can_be_planned(tmp_path: Path) -> None:
    root = Path(__file__).parents[5]
    page = (root / "docs" / "how-to" / "mt5-windows-vps.md").read_text(encoding="utf-8")
    body = page.partition("```json\n")[2].partition("```")[0]
    told = asked("install", str(private(tmp_path / "prop-1.json", body)), "--dry-run")
    assert told["steps"]
