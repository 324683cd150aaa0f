"""Entries of the journal, from a leg and what is stored beside it."""

from decimal import Decimal

import orjson

from argos.core.execution import FillReason
from argos.core.intent import Side
from argos.gateway.schemas.journal import JournalItem
from argos.performance.documents import entry_document
from argos.performance.entry import EnteredBy, Entry, Origin, entry_of
from argos.performance.exits import exit_part
from argos.reconcile.result import Outcome
from consensus_records import recorded
from unit.performance.legs import leg, open_leg
from unit.performance.trades import on

CHECKS = [{"check": "not_halted", "ok": True}, {"check": "quote_fresh", "ok": True, "note": "-"}]
TARGET = exit_part(FillReason.TP, qty=Decimal(10), price=Decimal(104), at=on(0), action=None)
ALERT = Origin(
    source="hook:tradingview",
    intent={"action": "open", "order_type": "market", "features": {"rsi": 31}},
    checks=CHECKS,
    exits=[TARGET],
)


def of_signal(words: str, found=None, **changes) -> Entry:
    record, _ = recorded(words, **changes)
    origin = Origin(
        source="signals", intent={"action": "open", "order_type": "market", "features": None},
        checks=CHECKS, exits=[TARGET], record=record, environment="dev",
        simulated=record["signal"]["simulated"], signal_end=None,
    )  # fmt: skip
    return entry_of(found or leg(), origin)


def rights(entry: Entry) -> dict[str, bool | None]:
    assert entry.signal is not None
    return {vote.source: vote.was_right for vote in entry.signal.votes}


def test_votes_are_held_against_the_outcome() -> None:
    won = {"massive": True, "alpha_vantage": True, "x_api": False, "sonar": None}
    lost = {"massive": False, "alpha_vantage": False, "x_api": True, "sonar": None}
    assert rights(of_signal("M+ A+ X- S!")) == won
    assert rights(of_signal("M+ A+ X- S!", leg(outcome=Outcome.LOSS, net_pnl=Decimal(-5)))) == lost
    nobody = {"massive": False, "alpha_vantage": False, "x_api": False, "sonar": None}
    even = leg(outcome=Outcome.BREAKEVEN, net_pnl=Decimal(0))
    assert rights(of_signal("M+ A+ X- S!", even)) == nobody
    short = leg(side=Side.SELL)
    assert rights(of_signal("M- A- X+ S!", short)) == won
    assert set(rights(of_signal("M+ A+ X- S!", open_leg())).values()) == {None}


def test_a_signal_says_in_a_sentence_what_it_was_made_of() -> None:
    entry = of_signal("M+ A+ X- S!")
    assert entry.entered_by is EnteredBy.SIGNAL
    assert entry.why == (
        "signal, score 0.65: massive long, alpha_vantage long, x_api short, sonar abstained (ERROR); "
        "simulated source"
    )
    assert "simulated" not in of_signal("M+ A+ X- S!", simulated=False).why


def test_an_alert_says_who_asked() -> None:
    entry = entry_of(leg(), ALERT)
    assert entry.why == "open market of ema-cross@3.2, asked by hook:tradingview"
    assert (entry.entered_by, entry.features, entry.signal) == (EnteredBy.ALERT, {"rsi": 31}, None)
    lost = entry_of(leg(), Origin(source=None, intent=None, checks=(), exits=()))
    assert lost.why == "unknown: no intent of it is stored"


def test_only_a_finished_trade_counts() -> None:
    made = entry_of(leg(), ALERT).finished()
    assert made is not None
    assert (made.net_pnl, made.costs, made.holding_s) == (Decimal("39.3"), Decimal("0.7"), 3600)
    assert (made.sides, made.simulated) == (None, None)
    assert entry_of(open_leg(), ALERT).finished() is None
    doubted = entry_of(leg(outcome=Outcome.IN_DOUBT), ALERT)
    assert doubted.finished() is None


def test_an_open_trade_has_no_exit_and_a_part_of_one_has() -> None:
    entry = entry_of(open_leg(), ALERT)
    assert (entry.exit_reason, entry.holding_s) == (None, None)
    assert entry_of(open_leg(exit_qty=Decimal(4)), ALERT).exit_reason is not None


def test_documents_have_the_promised_shape() -> None:
    for entry in (entry_of(leg(), ALERT), of_signal("M+ A+ X- S!"), entry_of(open_leg(), ALERT)):
        document = entry_document(entry)
        assert document.keys() == JournalItem.model_fields.keys()
        JournalItem.model_validate_json(orjson.dumps(document))
