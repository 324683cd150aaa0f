"""One tick: what is taken, decided, checked, recorded, and what is not."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from argos.core.errors import StoreError
from argos.signals.precheck import CheckResult, Verdict
from argos.signals.settings import SessionRule
from signal_stage import SYMBOLS, Stage, at, stage, vote, votes_for

DAY_S = 86_400


def fire(set_up: Stage, symbol: str = "AAPL", *, begin: float = 0) -> dict[str, object]:
    """Two ticks that agree: the record of the signal they give."""
    set_up.publish(*votes_for(symbol, now=at(begin)))
    set_up.tick(begin)
    assert set_up.tick(begin + 5).fired == 1
    ((text,),) = set_up.rows("SELECT record FROM records ORDER BY sequence DESC LIMIT 1")
    record: dict[str, object] = json.loads(text)
    return record


def test_a_signal_says_what_it_was_made_under_and_what_was_checked() -> None:
    set_up = stage()
    record = fire(set_up)
    signal = record["signal"]
    assert isinstance(signal, dict)
    assert signal["strategy"] == "consensus"
    assert signal["environment"] == "dev"
    assert signal["config_digest"] == set_up.settings.config_digest
    assert signal["status"] == "valid"
    assert signal["simulated"] is False
    assert [(check["check"], check["verdict"]) for check in signal["checks"]] == [
        ("confidence", "passed"),
        ("session", "passed"),
        ("precheck", "passed"),
    ]
    assert "12.5" not in json.dumps(record)
    assert set_up.handed_on == [(record, Decimal("12.5"))]


def test_one_simulated_vote_that_counts_makes_the_signal_simulated() -> None:
    set_up = stage()
    votes = votes_for("AAPL", now=at(0))
    set_up.publish(*votes[1:], replace(votes[0], reason="SIMULATED_LEANS_UP"))
    set_up.tick(0)
    set_up.tick(5)
    ((text,),) = set_up.rows("SELECT record FROM records")
    assert json.loads(text)["signal"]["simulated"] is True


@pytest.mark.parametrize(
    ("settings", "verdict", "code"),
    [
        ({"min_confidence": Decimal("1.01")}, None, "CONFIDENCE_TOO_LOW"),
        ({}, Verdict(result=CheckResult.REFUSED, code="BRAKE_SET", text="global"), "BRAKE_SET"),
    ],
)
def test_a_refused_signal_is_recorded_and_handed_to_nobody(
    settings: dict[str, Decimal], verdict: Verdict | None, code: str
) -> None:
    set_up = stage(**settings)
    set_up.verdict = verdict or set_up.verdict
    signal = fire(set_up)["signal"]
    assert isinstance(signal, dict)
    assert signal["status"] == "refused"
    assert [refusal["code"] for refusal in signal["refusals"]] == [code]
    assert set_up.handed_on == []
    told = set_up.rows("SELECT subject FROM outbox WHERE kind = 'signal'")
    assert told == [(signal["signal_id"],)]


def test_a_standing_that_is_not_known_refuses_nothing() -> None:
    set_up = stage()
    set_up.verdict = Verdict(result=CheckResult.UNKNOWN, code="PRECHECK_NOT_READ", text="none")
    signal = fire(set_up)["signal"]
    assert isinstance(signal, dict)
    assert signal["status"] == "valid"


@pytest.mark.parametrize(
    ("rule", "simulated", "begin", "status"),
    [
        (SessionRule.US_EQUITIES, True, 0, "valid"),
        (SessionRule.US_EQUITIES, True, DAY_S, "refused"),
        (SessionRule.AUTO, False, DAY_S, "refused"),
        (SessionRule.AUTO, True, DAY_S, "valid"),
        (SessionRule.ALWAYS, False, DAY_S, "valid"),
    ],
)
def test_hours_count_as_the_rule_says(
    rule: SessionRule, simulated: bool, begin: float, status: str
) -> None:
    """The stage opens on a Friday at 10:00 in New York; a day later is a Saturday."""
    set_up = stage(session=rule, simulated={"massive": simulated})
    signal = fire(set_up, begin=begin)["signal"]
    assert isinstance(signal, dict)
    assert signal["status"] == status


def test_a_vote_that_comes_again_is_not_stored_again() -> None:
    set_up = stage()
    set_up.publish(*votes_for("AAPL", now=at(0)))
    assert set_up.tick(0).votes == 4
    again = [replace(one, fetched_at=at(4)) for one in votes_for("AAPL", now=at(0))]
    set_up.publish(*again)
    assert set_up.tick(5).votes == 0
    set_up.restart()
    assert set_up.tick(10).votes == 0
    set_up.publish(vote("massive", "AAPL", "0.7", now=at(14)))
    assert set_up.tick(15).votes == 1


def test_a_vote_counts_from_the_tick_that_took_it() -> None:
    set_up = stage()
    set_up.publish(*votes_for("AAPL", now=at(0)))
    set_up.tick(3)
    fetched = {vote["fetched_at"] for vote in set_up.votes()}
    assert fetched == {"2026-11-20T15:00:03.000000Z"}


def test_while_the_clock_is_back_nothing_moves_and_nothing_is_lost() -> None:
    set_up = stage()
    set_up.tick(100)
    set_up.publish(*votes_for("AAPL", now=at(100)))
    for seconds in (100, 99, -5000, 60):
        ticked = set_up.tick(seconds)
        assert ticked.skipped == "TICK_NOT_NEW"
    assert set_up.rows("SELECT count(*) FROM votes") == [(0,)]
    set_up.tick(101)
    assert set_up.tick(106).fired == 1


def test_after_a_restart_the_clock_must_pass_the_last_tick_as_well() -> None:
    set_up = stage()
    fire(set_up, begin=100)
    set_up.restart()
    set_up.publish(*votes_for("IBM", now=at(50)))
    assert set_up.tick(50).skipped == "TICK_NOT_NEW"
    set_up.publish(*votes_for("IBM", now=at(109)))
    set_up.tick(110)
    assert set_up.tick(115).fired == 1
    assert set_up.verify().findings == []


def test_a_signal_that_stood_at_a_restart_ends_once() -> None:
    set_up = stage()
    record = fire(set_up)
    set_up.restart()
    assert set_up.tick(10).ended == 0
    assert set_up.tick(30).ended == 1
    assert set_up.tick(35).ended == 0
    signal = record["signal"]
    assert isinstance(signal, dict)
    assert set_up.rows("SELECT * FROM ends") == [
        (signal["signal_id"], "2026-11-20T15:00:25.000000Z", "TIME_IS_UP")
    ]


def test_a_signal_of_a_symbol_that_is_taken_out_ends() -> None:
    set_up = stage()
    fire(set_up, "MSFT")
    set_up.restart(symbols=SYMBOLS[:2])
    assert set_up.tick(10).ended == 1
    assert [reason for _, _, reason in set_up.rows("SELECT * FROM ends")] == ["NOT_WATCHED"]
    set_up.restart(symbols=SYMBOLS)
    assert set_up.tick(15).ended == 0


def test_a_tick_that_cannot_be_stored_never_was() -> None:
    set_up = stage()
    set_up.publish(*votes_for("AAPL", now=at(0)))
    set_up.tick(0)
    set_up.fails = True
    with pytest.raises(StoreError, match="SIGNAL_FILE_UNUSABLE"):
        set_up.tick(5)
    assert set_up.rows("SELECT count(*) FROM ticks") == [(1,)]
    assert set_up.rows("SELECT * FROM meta WHERE key = 'handed'") == []
    set_up.fails = False
    assert set_up.tick(10).fired == 1
    assert set_up.verify().findings == []


def test_what_is_plugged_in_may_break_and_the_signal_is_recorded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_up = stage()

    def broken(connection: object, record: object, price: object) -> None:
        set_up.file._connection.execute("INSERT INTO meta VALUES ('handed', 'half')")
        raise TypeError("a bug")

    monkeypatch.setattr(set_up.session, "_on_recorded", broken)
    fire(set_up)
    assert set_up.rows("SELECT * FROM meta WHERE key = 'handed'") == []
    assert set_up.rows("SELECT count(*) FROM outbox WHERE kind = 'signal'") == [(1,)]


def test_settings_are_stored_and_told_once_each() -> None:
    set_up = stage()
    set_up.tick(0)
    set_up.restart()
    set_up.tick(5)
    digest = set_up.settings.config_digest
    assert set_up.rows("SELECT digest FROM configurations") == [(digest,)]
    assert set_up.rows("SELECT subject FROM outbox WHERE kind = 'configuration'") == [(digest,)]
    rules = set_up.rows("SELECT digest FROM consensus_rules")
    assert rules == [(set_up.settings.consensus.digest,)]
    set_up.restart(consensus=replace(set_up.settings.consensus, ttl_s=30))
    set_up.tick(10)
    assert len(set_up.rows("SELECT digest FROM consensus_rules")) == 2


def test_a_day_has_its_head_at_the_first_tick_of_a_later_one_and_empty_days_have_one_too() -> None:
    set_up = stage()
    fire(set_up)
    end_of_day = (datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC) - at(0)) / timedelta(seconds=1)
    set_up.tick(end_of_day)
    assert set_up.rows("SELECT * FROM heads") == []
    set_up.tick(end_of_day + 1 + 3 * DAY_S)
    counts = [
        json.loads(head)["count"] for (head,) in set_up.rows("SELECT head FROM heads ORDER BY day")
    ]
    assert counts == [1, 0, 0, 0]
    assert set_up.verify().findings == []


def test_a_jump_of_years_makes_its_heads_a_few_at_a_time() -> None:
    set_up = stage()
    set_up.tick(0)
    set_up.tick(1000 * DAY_S)
    counts = [set_up.rows("SELECT count(*) FROM heads")]
    for number in range(3):
        set_up.tick(1000 * DAY_S + 5 * (number + 1))
        counts.append(set_up.rows("SELECT count(*) FROM heads"))
    assert counts == [[(400,)], [(800,)], [(1000,)], [(1000,)]]
    assert set_up.verify().findings == []
