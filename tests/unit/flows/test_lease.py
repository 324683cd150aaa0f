"""What leaves, what ends and what waits when a node asks for work: one head of a lane at a time."""

from collections.abc import Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.core.account import Halt, HaltScope, TradingMode
from argos.core.errors import InputError
from argos.core.ids import comment_of
from argos.flows.lease import (
    LEASE_MARGIN_MS,
    LEASE_MS,
    ROUNDS_MAX,
    Asker,
    LeasePlan,
    NodeSession,
    lease_together,
    mode_of,
    plan_lease,
)
from argos.protocol.commands import Command, decode_command, encode_command
from argos.protocol.values import moment_text

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
OWN_LOG, OTHER_LOG = UUID(int=100), UUID(int=101)
SESSION = NodeSession(node="n", account="a", epoch=3, log_id=OWN_LOG, asked_at=NOW)
HALTED = Halt(scope=HaltScope.GLOBAL, key="", mode=TradingMode.HALTED, reason="storm")
ELSEWHERE = Halt(scope=HaltScope.ACCOUNT, key="b", mode=TradingMode.HALTED, reason="other")
REDUCING = Halt(scope=HaltScope.ACCOUNT, key="a", mode=TradingMode.REDUCING, reason="limit")


def head(**changed: Any) -> dict[str, Any]:
    """An entry that waits in its lane; `changed` columns on top."""
    return {
        "command_id": UUID(int=1), "order_id": UUID(int=2), "seq": 7, "kind": "submit", "symbol": "EURUSD",
        "side": "buy", "order_type": "market", "qty": Decimal(10), "price": Decimal("1.1"),
        "stop_limit_price": None, "sl": Decimal("1.0"), "tp": None, "new_price": None, "new_sl": None,
        "new_tp": None, "deviation_points": 20, "position_id": None, "magic": 11, "client_order_id": "c",
        "target_magic": None, "target_client_order_id": None, "target_status": None,
        "target_filled": Decimal(0), "target_closed": Decimal(0), "close_fraction": None,
        "valid_until": NOW + timedelta(seconds=10), "is_exit": False, "attempt": 0, "state": "pending",
        "log_id": None, "leased_at": None, "was_heard_of": False, "waits_for": False,
        "failed_dependencies": False, "route": "r", "bot_version": "bot@1", "trade_id": "t",
        "alert_received_at": NOW,
    } | changed  # fmt: skip


def close(**changed: Any) -> dict[str, Any]:
    """A full close of an entry that has 10 units open."""
    fields = {
        "kind": "close", "is_exit": True, "valid_until": None, "side": "sell", "target_magic": 12,
        "target_client_order_id": "opened", "target_status": "filled", "target_filled": Decimal(10),
    }  # fmt: skip
    return head(**fields | changed)


def leased(**changed: Any) -> dict[str, Any]:
    """An entry that this node's log was handed before, and never spoke of."""
    before = NOW - timedelta(minutes=1)
    fields = {"state": "leased", "log_id": OWN_LOG, "leased_at": before, "attempt": 1}
    return head(**fields | changed)


def plan(*heads: Mapping[str, Any], halts: Sequence[Halt] = ()) -> LeasePlan:
    return plan_lease(heads, session=SESSION, halts=halts, now=NOW)


def outcome(planned: LeasePlan) -> str:
    """`sent`, `waits`, `recalled` (out again, to be looked for only), or the code under which it ended."""
    if planned.ended:
        assert not planned.commands
        return str(planned.facts[0]["body"]["code"])
    if not planned.commands:
        assert not planned.facts
        return "waits"
    return "recalled" if "recalled" in planned.facts[0]["body"] else "sent"


UNFILLED = {"target_filled": Decimal(0)}
LATE = {"valid_until": NOW - timedelta(microseconds=1)}
CASES = [
    ("an entry in time", head(), (), "sent"),
    ("an entry at its last moment", head(valid_until=NOW), (), "sent"),
    ("an entry without an end", head(valid_until=None), (), "sent"),
    ("an entry too late", head(**LATE), (), "EXPIRED_UNSENT"),
    ("an entry under a halt", head(), (HALTED,), "HALTED"),
    ("an entry while reducing", head(), (REDUCING,), "REDUCING"),
    ("an entry under another account's halt", head(), (ELSEWHERE,), "sent"),
    ("an entry that waits for another command", head(waits_for=True, **LATE), (HALTED,), "waits"),
    ("an entry whose close failed", head(failed_dependencies=True), (), "REVERSE_CLOSE_FAILED"),
    ("a full close", close(), (), "sent"),
    ("a close, long after its alert", close(**LATE), (), "sent"),
    ("a close while reducing", close(), (REDUCING,), "sent"),
    ("a close under a halt", close(), (HALTED,), "waits"),
    ("a close of nothing", close(target_closed=Decimal(10)), (), "CLOSE_NOTHING_OPEN"),
    ("a close of more than was opened", close(target_closed=Decimal(11)), (), "CLOSE_NOTHING_OPEN"),
    ("a close of an entry not filled yet", close(target_status="accepted", **UNFILLED), (), "waits"),
    ("a close of an entry that never filled", close(target_status="rejected", **UNFILLED), (), "CLOSE_NOTHING_OPEN"),
    ("a cancel", head(kind="cancel", is_exit=True, valid_until=None), (REDUCING,), "sent"),
    ("a cancel under a halt", head(kind="cancel", is_exit=True, valid_until=None), (HALTED,), "waits"),
    ("an entry whose answer was lost", leased(), (), "sent"),
    ("the same, too late now", leased(**LATE), (), "EXPIRED_UNSENT"),
    ("the same, under a halt now", leased(), (HALTED,), "HALTED"),
    ("an entry that was heard of, too late now", leased(was_heard_of=True, **LATE), (), "recalled"),
    ("an entry that another log had, too late now", leased(log_id=OTHER_LOG, **LATE), (), "recalled"),
    ("an entry that another log had, halted now", leased(log_id=OTHER_LOG), (HALTED,), "recalled"),
    ("an entry that left after the node asked", leased(leased_at=NOW, **LATE), (), "recalled"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "halts", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_what_becomes_of_the_head_of_a_lane(
    row: dict[str, Any], halts: Sequence[Halt], expected: str
) -> None:
    assert outcome(plan(row, halts=halts)) == expected


def test_what_leaves_is_written_as_leased_with_its_fact_and_state() -> None:
    planned = plan(head())
    (command,) = planned.commands
    assert (command.attempt, command.qty, command.comment) == (1, 10, comment_of(UUID(int=2)))
    assert (command.target_magic, command.lease_ms) == (11, LEASE_MS)
    assert planned.leased == [
        {"command_id": UUID(int=1), "node": "n", "epoch": 3, "log_id": OWN_LOG, "attempt": 1}
    ]
    assert [fact["kind"] for fact in planned.facts] == ["leased"]
    assert planned.states == [{"order_id": UUID(int=2), "status": "leased", "effective_qty": "10"}]


def test_what_ends_is_written_with_its_reason_and_its_leg_is_reconciled() -> None:
    planned = plan(head(**LATE))
    assert planned.ended == [{"command_id": UUID(int=1)}]
    assert planned.states[0]["status"] == "expired_unsent"
    assert planned.reconcile == [{"trade_id": "t", "account": "a"}]
    assert [fact["kind"] for fact in planned.facts] == ["unsent"]


def test_an_ended_modify_leaves_the_state_of_its_order_alone() -> None:
    planned = plan(head(kind="modify", is_exit=True, valid_until=None, failed_dependencies=True))
    assert planned.ended
    assert planned.states == []


@pytest.mark.parametrize(
    ("row", "attempt"),
    [(head(), 1), (leased(), 1), (leased(log_id=OTHER_LOG), 2), (leased(log_id=OTHER_LOG, attempt=4), 5)],
)  # fmt: skip
def test_an_attempt_counts_the_logs_that_may_have_sent(row: dict[str, Any], attempt: int) -> None:
    assert plan(row).commands[0].attempt == attempt


def test_an_entry_that_goes_to_be_looked_for_comes_long_expired() -> None:
    (command,) = plan(leased(log_id=OTHER_LOG), halts=(HALTED,)).commands
    assert command.valid_until is not None
    assert command.valid_until < NOW


@pytest.mark.parametrize(
    ("fraction", "planned", "closed", "qty"),
    [
        (None, "10", "0", "10"),
        ("1", "10", "4", "6"),
        ("0.5", "5", "0", "5"),
        ("0.5", "5", "8", "2"),
        (None, "3", "0", "10"),
    ],
)
def test_a_close_takes_what_is_left_and_a_part_never_more(
    fraction: str | None, planned: str, closed: str, qty: str
) -> None:
    row = close(
        close_fraction=Decimal(fraction) if fraction else None,
        qty=Decimal(planned),
        target_closed=Decimal(closed),
    )
    (command,) = plan(row).commands
    assert command.qty == Decimal(qty)
    assert (command.target_magic, command.target_client_order_id) == (12, "opened")


def test_a_modify_carries_the_new_levels() -> None:
    row = head(kind="modify", is_exit=True, valid_until=None, new_sl=Decimal("1.05"), new_tp=None)
    (command,) = plan(row).commands
    assert (command.price, command.sl, command.tp) == (None, Decimal("1.05"), None)


@given(
    lateness_s=st.integers(-20, 20),
    halts=st.lists(st.sampled_from([HALTED, REDUCING]), max_size=2),
    is_exit=st.booleans(),
    state=st.sampled_from(["pending", "leased"]),
    log_id=st.sampled_from([OWN_LOG, OTHER_LOG]),
    was_heard_of=st.booleans(),
    failed=st.booleans(),
)
def test_no_late_or_held_entry_can_be_sent_and_nothing_both_leaves_and_ends(
    lateness_s: int,
    halts: list[Halt],
    is_exit: bool,
    state: str,
    log_id: UUID,
    was_heard_of: bool,
    failed: bool,
) -> None:
    make = close if is_exit else head
    row = make(
        valid_until=None if is_exit else NOW - timedelta(seconds=lateness_s),
        state=state,
        log_id=log_id if state == "leased" else None,
        leased_at=NOW - timedelta(minutes=1) if state == "leased" else None,
        was_heard_of=was_heard_of and state == "leased",
        failed_dependencies=failed,
    )
    planned = plan(row, halts=halts)
    assert len(planned.commands) + len(planned.ended) <= 1
    for command in planned.commands:
        if not is_exit and (halts or failed or lateness_s > 0):
            assert command.valid_until is not None
            assert command.valid_until < NOW, "only to be looked for"
        if is_exit:
            assert HALTED not in halts


@pytest.mark.parametrize(
    ("halts", "mode"),
    [
        ([], TradingMode.ACTIVE),
        ([REDUCING], TradingMode.REDUCING),
        ([REDUCING, HALTED], TradingMode.HALTED),
        ([Halt(scope=HaltScope.ROUTE, key="r", mode=TradingMode.HALTED, reason="")], TradingMode.HALTED),
        ([Halt(scope=HaltScope.STRATEGY, key="bot@1", mode=TradingMode.REDUCING, reason="")], TradingMode.REDUCING),
        ([Halt(scope=HaltScope.ROUTE, key="a", mode=TradingMode.HALTED, reason="")], TradingMode.ACTIVE),
    ],
)  # fmt: skip
def test_the_strictest_brake_holds(halts: list[Halt], mode: TradingMode) -> None:
    assert mode_of(halts, account="a", route="r", bot_version="bot@1")[0] is mode


class FakeLanes:
    """Lanes in memory: `rounds` holds the heads that each look shows, by account."""

    def __init__(
        self, rounds: Sequence[Mapping[str, Sequence[Mapping[str, Any]]]], *, epoch: int = 3
    ) -> None:
        self._rounds = list(rounds)
        self._epoch = epoch
        self.saved: list[Mapping[str, Any]] = []
        self.asked: list[list[str]] = []

    @asynccontextmanager
    async def leasing(self, *, patient: bool) -> Any:
        assert patient
        yield None

    async def lease(self, *sessions: NodeSession) -> list[list[Command] | InputError]:
        askers = [Asker(session=session) for session in sessions or (SESSION,)]
        return await lease_together(self, askers, clock=lambda: NOW)

    async def head_of_lanes(
        self, _: Any, askers: Sequence[Asker], *, lease_s: float
    ) -> Mapping[str, Mapping[str, Any]]:
        assert lease_s * 1000 == LEASE_MS + LEASE_MARGIN_MS
        self.asked.append([asker.session.account for asker in askers])
        shown = self._rounds.pop(0) if self._rounds else {}
        return {
            account: {"epoch": self._epoch, "halts": (), "commands": heads}
            for account, heads in shown.items()
        }

    async def save_lease(self, _: Any, rows: Mapping[str, Any]) -> None:
        self.saved.append(rows)


async def test_a_node_of_an_older_epoch_gets_nothing_and_its_neighbour_what_is_due() -> None:
    lanes = FakeLanes([{"a": [head()], "b": [head(command_id=UUID(int=9))]}], epoch=4)
    newer = replace(SESSION, node="m", account="b", epoch=4)
    fenced, commands = await lanes.lease(SESSION, newer)
    assert isinstance(fenced, InputError)
    assert fenced.code == "NODE_EPOCH_FENCED"
    assert isinstance(commands, list)
    assert [command.command_id for command in commands] == [UUID(int=9)]
    assert [row["command_id"] for saved in lanes.saved for row in saved["leased"]] == [UUID(int=9)]


async def test_what_several_accounts_are_given_is_written_at_once() -> None:
    lanes = FakeLanes([{"a": [head()], "b": [head(command_id=UUID(int=9))]}])
    await lanes.lease(replace(SESSION, account="b"), SESSION)
    (saved,) = lanes.saved
    assert {row["command_id"] for row in saved["leased"]} == {UUID(int=1), UUID(int=9)}
    assert lanes.asked == [["a", "b"]]


async def test_what_only_ends_makes_room_for_the_next_at_once() -> None:
    rounds = [[head(**LATE)], [head(**LATE)], [head(command_id=UUID(int=9))]]
    lanes = FakeLanes([{"a": rounds[0], "b": [head()]}, {"a": rounds[1]}, {"a": rounds[2]}])
    commands, others = await lanes.lease(SESSION, replace(SESSION, account="b"))
    assert isinstance(commands, list)
    assert isinstance(others, list)
    assert [command.command_id for command in commands] == [UUID(int=9)]
    assert len(others) == 1
    assert len(lanes.saved) == 3
    assert lanes.asked == [["a", "b"], ["a"], ["a"]]


async def test_an_endless_row_of_dead_commands_does_not_hold_the_node() -> None:
    lanes = FakeLanes([{"a": [head(**LATE)]} for _ in range(ROUNDS_MAX * 2)])
    assert await lanes.lease() == [[]]
    assert len(lanes.asked) == ROUNDS_MAX


async def test_nothing_is_written_when_all_waits() -> None:
    lanes = FakeLanes([{"a": [head(waits_for=True)]}])
    assert await lanes.lease() == [[]]
    assert lanes.saved == []


@pytest.mark.parametrize(
    ("changed", "ends"),
    [
        ({"order_type": "limit"}, True),
        ({"order_type": "stop"}, True),
        ({}, False),
        ({"order_type": "limit", "intent_expires_at": None}, False),
        ({"order_type": "limit", "kind": "cancel", "is_exit": True}, False),
    ],
    ids=["a limit", "a stop", "a market order", "the route's expiry alone", "its cancel"],
)
def test_an_expiry_that_the_intent_states_is_a_pending_orders_end(
    changed: Mapping[str, Any], ends: bool
) -> None:
    until = NOW + timedelta(hours=1)
    (command,) = plan(head(**{"intent_expires_at": moment_text(until)} | changed)).commands
    assert command.working_until == (until if ends else None)
    assert decode_command(encode_command(command)) == command
