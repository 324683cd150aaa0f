"""When nothing is worth sending: after which answers, for how long, and what ends it."""

from typing import Any

import pytest

from argos.venues.mt5.circuit import EXIT_PAUSE_S, OPENING, PAUSE_S, TradingCircuit, flags_of
from argos.venues.mt5.standin.shapes import AccountInfo, TerminalInfo

ABLE = flags_of(TerminalInfo(connected=True, trade_allowed=True), AccountInfo())


class Clock:
    now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def circuit(clock: Clock) -> TradingCircuit:
    return TradingCircuit(now_s=clock)


def standing(circuit: TradingCircuit, **flags: Any) -> Any:
    return circuit.standing(flags={**ABLE, **flags}, offline=False)


@pytest.mark.parametrize("code", sorted(OPENING))
def test_an_answer_that_every_request_would_get_stops_entries_for_a_while(
    circuit: TradingCircuit, clock: Clock, code: int
) -> None:
    circuit.note(code, flags=ABLE)
    assert (standing(circuit).code, standing(circuit).exits_wait) == (str(code), True)
    clock.now_s += EXIT_PAUSE_S
    assert standing(circuit).forbidden != ""
    assert standing(circuit).exits_wait is False
    clock.now_s += PAUSE_S - EXIT_PAUSE_S
    assert standing(circuit).forbidden == ""


@pytest.mark.parametrize("code", [10004, 10006, 10009, 10018, 10019])
def test_other_answers_forbid_nothing_and_end_it(circuit: TradingCircuit, code: int) -> None:
    circuit.note(10017, flags=ABLE)
    circuit.note(code, flags=ABLE)
    assert standing(circuit).forbidden == ""


def test_a_flag_that_changes_ends_it_also_when_it_changes_back(circuit: TradingCircuit) -> None:
    circuit.note(10031, flags=ABLE)
    standing(circuit, connected=False)
    assert standing(circuit).forbidden == ""


@pytest.mark.parametrize(
    ("flag", "code"),
    [
        ("account_may_trade", "10017"),
        ("account_takes_experts", "10026"),
        ("algo_trading", "10027"),
        ("expert_may_trade", "10027"),
    ],
)
def test_a_flag_forbids_as_long_as_it_stands(
    circuit: TradingCircuit, clock: Clock, flag: str, code: str
) -> None:
    for _ in range(2):
        forbidden = standing(circuit, **{flag: False})
        assert (forbidden.code, forbidden.exits_wait) == (code, True)
        assert forbidden.flags["not_permitted"] == code
        clock.now_s += PAUSE_S
    assert standing(circuit).flags["not_permitted"] == ""


def test_before_anything_was_told_nothing_is_forbidden(circuit: TradingCircuit) -> None:
    assert circuit.standing(flags=flags_of(None, None), offline=False).forbidden == ""
