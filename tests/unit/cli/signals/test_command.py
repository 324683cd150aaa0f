"""`argos signals` asked about a file: signals, why, proofs, and what was changed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from argos.cli.main import application
from argos.signals.file import FILE, LOCK
from argos.stack.home import file_lock
from signal_stage import at, stage, votes_for

DAY_S = 86_400


class Home:
    """Commands in this process, over a home."""

    def __init__(self, root: Path) -> None:
        self.home = root

    def said(self, *words: str, code: int = 0) -> str:
        done = CliRunner().invoke(application(), ["--home", str(self.home), *words])
        assert done.exit_code == code, done.output
        return done.output

    def ask(self, *words: str, code: int = 0) -> Any:
        return json.loads(self.said(*words, "--json", code=code))


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home whose service gave two signals on a day that is over, and one on the day after."""
    home = tmp_path_factory.mktemp("closed")
    set_up = stage(home / FILE)
    for symbol, begin in (("AAPL", 0), ("IBM", 100), ("MSFT", DAY_S)):
        set_up.publish(*votes_for(symbol, now=at(begin)))
        for tick in range(8):
            set_up.tick(begin + 5 * tick)
    set_up.file.close()
    return Home(home)


def test_a_proof_is_checked_by_the_program_in_the_docs_alone(closed: Home, tmp_path: Path) -> None:
    head_hash = closed.ask("signals", "heads")["items"][0]["head_hash"]
    out = tmp_path / "proof.json"
    told = closed.ask("signals", "proof", "2", "--out", str(out))
    assert (told["nth"], told["of"], told["head_hash"]) == (2, 2, head_hash)
    page = Path(__file__).parents[4] / "docs" / "concepts" / "signal-proofs.md"
    program = page.read_text("utf-8").split("```python\n")[1].split("```")[0]
    done = subprocess.run(
        [sys.executable, "-I", "-c", program, str(out), head_hash],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith(f"HOLDS: {head_hash}")
    assert '"symbol":"IBM"' in done.stdout


def test_a_signal_of_a_day_that_is_open_has_no_proof_yet(closed: Home) -> None:
    error = closed.ask("signals", "proof", "3", code=1)["error"]
    assert error["code"] == "SIGNAL_DAY_OPEN"
    assert "argos signals run" in error["fix"]


def test_signals_are_found_by_number_id_and_what_is_asked_for(closed: Home) -> None:
    rows = closed.ask("signals")["items"]
    assert [row["sequence"] for row in rows] == [3, 2, 1]
    assert [row["symbol"] for row in closed.ask("signals", "list", "--symbol", "IBM")["items"]] == [
        "IBM"
    ]
    assert closed.ask("signals", "list", "--status", "refused")["items"] == []
    assert len(closed.ask("signals", "list", "--status", "ended")["items"]) == 3
    since = closed.ask("signals", "list", "--since", "2026-11-21T00:00:00Z")["items"]
    assert [row["symbol"] for row in since] == ["MSFT"]
    by_id = closed.ask("signals", "show", rows[0]["signal_id"][:8])
    assert by_id == closed.ask("signals", "show", "3")
    assert by_id["record"]["signal"]["symbol"] == "MSFT"
    for name in ("9", "abc", "ffffffff"):
        assert closed.ask("signals", "show", name, code=1)["error"]["code"] == "SIGNAL_UNKNOWN"
    status = closed.ask("signals", "list", "--status", "good", code=1)
    assert status["error"]["code"] == "SIGNAL_STATUS"


def test_verify_and_replay_end_with_1_and_name_what_was_changed(
    closed: Home, tmp_path: Path
) -> None:
    (tmp_path / FILE).write_bytes((closed.home / FILE).read_bytes())
    kept = closed.ask("signals", "heads")["items"][0]["head_hash"]
    assert closed.ask("signals", "verify", "--against", kept)["covered_records"] == 2
    changed = stage(tmp_path / FILE)
    changed.change("UPDATE records SET symbol = 'TSLA' WHERE sequence = 1")
    changed.change("UPDATE votes SET p_up_mille = 900 WHERE number = 1")
    changed.file.close()
    argos = Home(tmp_path)
    (finding,) = argos.ask("signals", "verify", code=1)["findings"]
    assert (finding["code"], finding["where"]) == ("RECORD_COLUMN", "record 1")
    findings = argos.ask("signals", "replay", "2026-11-20", code=1)["findings"]
    assert findings[0]["code"] == "REPLAY_DIFFERS"
    error = argos.ask("signals", "replay", "2026-11-19", code=1)["error"]
    assert error["code"] == "SIGNAL_DAY_UNKNOWN"


def test_people_read_what_programs_read(closed: Home) -> None:
    assert "score 1" in closed.said("signals")
    shown = closed.said("signals", "show", "1")
    assert "LEANS_UP" in shown
    assert "precheck" in shown
    assert "2 signals" in closed.said("signals", "replay", "2026-11-20")
    assert "whole" in closed.said("signals", "verify")
    assert "not running" in closed.said("signals", "status", code=1)


def test_before_the_first_run_every_question_says_so(tmp_path: Path) -> None:
    argos = Home(tmp_path / "none")
    assert argos.ask("signals", code=1)["error"]["code"] == "SIGNALS_NONE"
    assert not (tmp_path / "none").exists()


@pytest.fixture
def keeping_one_day(tmp_path: Path) -> Home:
    """Three days, of which retention keeps the last."""
    set_up = stage(tmp_path / FILE)
    for day in range(3):
        set_up.publish(*votes_for("AAPL", now=at(day * DAY_S)))
        for tick in range(3):
            set_up.tick(day * DAY_S + 5 * tick)
    set_up.file.close()
    (tmp_path / "config.json").write_text('{"retention": {"votes_days": 1}}')
    (tmp_path / "config.json").chmod(0o600)
    return Home(tmp_path)


def test_a_dry_run_tells_what_pruning_then_does(keeping_one_day: Home) -> None:
    home = keeping_one_day
    wanted = home.ask("signals", "prune", "--dry-run")
    assert wanted["rows"] == {"votes": 8, "ticks": 5, "checkpoints": 2, "outbox": 0}
    assert home.ask("signals", "verify")["pruned_before"] is None
    done = home.ask("signals", "prune")
    assert (done["rows"], done["pruned_before"]) == (wanted["rows"], "2026-11-22")
    assert home.ask("signals", "prune")["rows"] == {
        "votes": 0, "ticks": 0, "checkpoints": 0, "outbox": 0,
    }  # fmt: skip
    for words in (("verify",), ("votes",), ("replay", "2026-11-22", "--whole")):
        assert home.ask("signals", *words)["pruned_before"] == "2026-11-22"
    assert "days before 2026-11-22 are pruned" in home.said("signals", "votes")
    told = home.said("signals", "replay", "2026-11-21", code=1)
    assert "SIGNAL_DAY_PRUNED" in told
    assert "2026-11-22" in told


def test_pruning_by_hand_is_refused_while_the_service_runs(keeping_one_day: Home) -> None:
    home = keeping_one_day
    with file_lock(home.home / LOCK, held_for="the signal service"):
        assert "HOME_IN_USE" in home.said("signals", "prune", code=1)
        assert home.ask("signals", "prune", "--dry-run")["rows"]["votes"] == 8
