"""`argos config`, command by command, on a home of its own."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from argos.cli.config import command as config
from argos.cli.frame.entrance import Entrance, choose_home

SECRET = "Zq9SECRETq9Z"
app = typer.Typer(cls=Entrance, add_completion=False, pretty_exceptions_enable=False)
config.register(app)


@app.callback()
def entrance(context: typer.Context) -> None:
    choose_home(context, None)


class Home:
    """A home and a shell in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.path = root / "config.json"

    def run(self, *words: str, given: str = "", **environ: str) -> Any:
        env = {"ARGOS_HOME": str(self.root), "COLUMNS": "200", **environ}
        return CliRunner().invoke(app, ["config", *words], input=given, env=env)

    def done(self, *words: str, given: str = "", **environ: str) -> Any:
        result = self.run(*words, "--json", given=given, **environ)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout.splitlines()[-1])

    def error(self, *words: str, given: str = "", **environ: str) -> Any:
        result = self.run(*words, "--json", given=given, **environ)
        assert result.exit_code == 1, result.output
        return json.loads(result.stdout.splitlines()[-1])["error"]

    def file(self) -> Any:
        return json.loads(self.path.read_text("utf-8"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    for name in ("ARGOS_ENVIRONMENT", "APCA_API_KEY_ID", "APCA_API_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    return Home(tmp_path / "home")


def test_init_writes_a_private_file_once(home: Home) -> None:
    begun = home.done("init")
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o600
    assert home.file()["trading"]["min_confidence"] == 75
    assert begun["digest"] == home.done("check")["digest"]
    before = home.path.read_bytes()
    assert home.error("init")["code"] == "CONFIG_EXISTS"
    assert home.path.read_bytes() == before


def test_without_a_home_it_shows_what_is_shipped_and_makes_nothing(home: Home) -> None:
    shown = home.done("show")
    assert shown["environment"] == "dev"
    assert shown["reason"].startswith("nothing says production")
    assert shown["document"]["trading"]["min_confidence"] == 75
    assert home.done() == shown
    assert home.done("history") == {"now": shown["digest"], "items": []}
    assert home.done("path") == {"path": str(home.path), "exists": False}
    assert not home.root.exists()


def test_set_changes_one_value_and_keeps_the_rest(home: Home) -> None:
    home.done("init")
    changed = home.done("set", "trading.min_confidence=80")
    assert changed["changes"] == [{"path": "trading.min_confidence", "before": 75, "after": 80}]
    assert home.file()["trading"]["min_confidence"] == 80
    assert home.file()["strategy"]["weights"]["massive"] == 40
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o600
    assert home.done("show")["origins"]["trading.min_confidence"] == "config.json"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("trading.min_confidence=0.8", "CONFIG_PERCENT"),
        ("trading.min_confidance=80", "CONFIG_FIELD_UNKNOWN"),
        ("trade.min_confidence=80", "CONFIG_SECTION_UNKNOWN"),
        ("strategy.weights.massive=50", "CONFIG_WEIGHTS"),
        ("trading=5", "CONFIG_INVALID"),
        ("trading.min_confidence", "CONFIG_ASSIGNMENT"),
        ("=5", "CONFIG_ASSIGNMENT"),
        ("environment=production", "ALPACA_KEYS_MISSING"),
        ("massive.every_s=0", "SOURCES_INVALID"),
    ],
)
def test_nothing_is_written_that_cannot_be_used(home: Home, words: str, code: str) -> None:
    home.done("init")
    before = home.path.read_bytes()
    assert home.error("set", words)["code"] == code
    assert home.path.read_bytes() == before
    assert len(home.done("history")["items"]) == 1


def test_a_pair_is_set_together_and_a_secret_comes_from_stdin(home: Home) -> None:
    home.done("init")
    assert home.error("set", "alpaca.dev.api_key=PK")["code"] == "ALPACA_KEYS_HALF"
    done = home.done("set", "alpaca.dev.api_key=PK", "alpaca.dev.secret_key=-", given=f"{SECRET}\n")
    assert home.file()["alpaca"]["dev"]["secret_key"] == SECRET
    assert done["changes"] == [
        {"path": "alpaca.dev.api_key", "before": False, "after": True},
        {"path": "alpaca.dev.secret_key", "before": False, "after": True},
    ]


def test_unset_goes_back_to_what_is_shipped(home: Home) -> None:
    home.done("init")
    home.done("set", "trading.cycle_s=10")
    assert home.done("unset", "trading.cycle_s")["changes"][0]["after"] == 5
    assert home.error("unset", "trading.cycle_s")["code"] == "CONFIG_NOT_SET"


def test_history_diff_and_rollback(home: Home) -> None:
    first = home.done("init")["digest"]
    home.done("set", "massive.api_key=-", given=SECRET)
    second = home.done("set", "trading.stop_loss_pct=3", "strategy.version=2")["digest"]
    items = home.done("history")["items"]
    assert [item["by"] for item in items] == ["argos config set"] * 2 + ["argos config init"]
    assert [item["is_now"] for item in items] == [True, False, False]
    found = home.done("diff", first[:8])
    assert (found["before"], found["after"]) == (first, second)
    assert [change["path"] for change in found["changes"]] == [
        "massive.api_key",
        "strategy.version",
        "trading.stop_loss_pct",
    ]
    assert home.done("diff", second, first)["changes"][1]["after"] == "1"
    assert home.error("rollback", first)["code"] == "CONFIRMATION_NEEDED"
    refused = home.run("rollback", first[:6], given="n\n")
    assert refused.exit_code == 130
    assert home.file()["strategy"]["version"] == "2"
    back = home.done("rollback", first[:6], "--yes")
    assert back["wanted"] == first
    assert [change["path"] for change in back["still_differs"]] == ["massive.api_key"]
    assert home.file()["massive"]["api_key"] == SECRET, "secrets stay as they are now"
    assert home.file()["strategy"]["version"] == "1"
    assert "stop_loss_pct" not in home.file()["trading"]
    newest = home.done("history")["items"][0]
    assert (newest["by"], newest["note"]) == ("argos config rollback", f"to {first[:12]}")
    assert newest["digest"] == back["digest"]
    asked = home.run("rollback", second[:6], given="y\n")
    assert asked.exit_code == 0
    assert home.file()["trading"]["stop_loss_pct"] == 3


def test_a_rollback_says_what_the_environment_keeps_as_it_is(home: Home) -> None:
    first = home.done("init")["digest"]
    home.done("set", "trading.cycle_s=10")
    back = home.done("rollback", first, "--yes", ARGOS_TRADING_INTENT_TTL_S="30")
    assert [(item["path"], item["after"]) for item in back["still_differs"]] == [
        ("trading.intent_ttl_s", 30)
    ]


def test_the_way_back_is_open_when_the_file_is_spoilt_by_hand(home: Home) -> None:
    first = home.done("init")["digest"]
    home.path.write_text(home.path.read_text("utf-8").replace('"trading"', '"tradin"'), "utf-8")
    assert home.error("check")["code"] == "CONFIG_SECTION_UNKNOWN"
    assert home.error("show")["fix"] == "did you mean trading?"
    kept = home.done("history")
    assert kept["now"] is None
    assert "it cannot be used" in home.run("history").stdout
    assert home.done("rollback", first, "--yes")["digest"] == first
    home.path.write_text("{", "utf-8")
    assert home.error("rollback", first, "--yes")["code"] == "CONFIG_NOT_JSON"
    assert home.path.read_text("utf-8") == "{"


def test_a_digest_that_was_never_in_force_is_unknown(home: Home) -> None:
    home.done("init")
    for words in (("rollback", "0000", "--yes"), ("diff", "0000")):
        assert home.error(*words)["code"] == "CONFIG_DIGEST_UNKNOWN"


def test_another_file_is_checked_and_not_taken(home: Home, tmp_path: Path) -> None:
    home.done("init")
    other = tmp_path / "new.json"
    other.write_text('{"trading": {"min_confidence": 0.9}}', "utf-8")
    assert home.error("check", str(other))["code"] == "SECRET_FILE_OPEN"
    other.chmod(0o600)
    assert home.error("check", str(other))["code"] == "CONFIG_PERCENT"
    other.write_text('{"trading": {"min_confidence": 90}}', "utf-8")
    assert home.done("check", str(other))["digest"] != home.done("check")["digest"]


def test_a_file_that_others_can_read_is_refused(home: Home) -> None:
    home.done("init")
    home.path.chmod(0o644)
    assert home.error("show")["code"] == "SECRET_FILE_OPEN"


def test_no_command_shows_a_secret(home: Home) -> None:
    first = home.done("init")["digest"]
    keys = [f"{name}.api_key={SECRET}" for name in ("massive", "alpha_vantage", "x_api", "sonar")]
    pairs = [
        f"alpaca.{account}.{half}={SECRET}{account}{half}"
        for account in ("dev", "production")
        for half in ("api_key", "secret_key")
    ]
    told = [home.run("set", *keys, *pairs).output]
    second = home.done("check")["digest"]
    for words in (
        (),
        ("show", "--all"),
        ("show", "--json"),
        ("check",),
        ("history", "--json"),
        ("diff", first, second),
        ("diff", first, second, "--json"),
        ("set", f"trading.min_confidence={SECRET}"),
        ("set", f"massive.every_s={SECRET}"),
        ("unset", "massive.every_s"),
        ("rollback", first, "--yes"),
    ):
        told.append(home.run(*words).output)
    assert SECRET not in "".join(told)
    assert SECRET.encode() not in (home.root / "config.sqlite").read_bytes()
    assert home.file()["massive"]["api_key"] == SECRET


def test_the_screen_says_what_is_set_and_from_where(home: Home) -> None:
    home.done("init")
    shown = home.run("show", ARGOS_TRADING_AUTO_EXECUTE="true").stdout
    assert "trading.auto_execute" in shown
    assert "ARGOS_TRADING_AUTO_EXECUTE" in shown
    assert "not set" in shown
    assert "trading.intent_ttl_s" not in shown
    assert "trading.intent_ttl_s" in home.run("show", "--all").stdout
