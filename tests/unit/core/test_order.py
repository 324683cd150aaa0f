"""Status is a function of the set of facts, and TRANSITIONS is exactly the set of steps it can make."""

from decimal import Decimal
from functools import cache
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.core.order import (
    ALARMING,
    FINAL_STATUSES,
    TRANSITIONS,
    CommandKind,
    FactKind,
    OrderEvent,
    OrderFact,
    OrderStatus,
    event_of,
    filled_qty,
    is_legal,
    status,
)

QTY = Decimal(10)
Step = tuple[OrderStatus, OrderEvent, OrderStatus]

NAMESPACE = UUID("3f0a5f0e-52a5-5d8b-9a0e-9a64f1a7a002")
OWN_COMMANDS = (CommandKind.SUBMIT, CommandKind.CLOSE)
REQUESTS = (CommandKind.CANCEL, CommandKind.MODIFY)


def own(kind: FactKind) -> OrderFact:
    return OrderFact(kind=kind)


def fill(name: str, qty: int) -> OrderFact:
    return OrderFact(kind=FactKind.FILL, qty=Decimal(qty), venue_exec_id=name)


def request(command: CommandKind, kind: FactKind) -> OrderFact:
    return OrderFact(kind=kind, command_kind=command, command_id=uuid5(NAMESPACE, command.value))


LEASED = own(FactKind.LEASED)
ALPHABET: tuple[OrderFact, ...] = (
    LEASED,
    own(FactKind.UNSENT),
    own(FactKind.SEND_STARTED),
    own(FactKind.ACCEPTED),
    own(FactKind.REJECTED),
    own(FactKind.CANCELED),
    own(FactKind.EXPIRED),
    own(FactKind.IN_DOUBT),
    own(FactKind.NOT_FOUND),
    fill("part", 4),
    fill("rest", 6),
    fill("whole", 10),
    request(CommandKind.CANCEL, FactKind.SEND_STARTED),
    request(CommandKind.CANCEL, FactKind.REJECTED),
    request(CommandKind.MODIFY, FactKind.SEND_STARTED),
    request(CommandKind.MODIFY, FactKind.MODIFIED),
)
OURS = {OrderEvent.LEASED, OrderEvent.UNSENT, OrderEvent.REQUEST_SENT, OrderEvent.REQUEST_ANSWERED}
"""Events that need no lease before them: we write them ourselves, or they speak of a request."""


@cache
def reachable_steps() -> frozenset[Step]:
    """Every step that a legal history can make: all sets of the alphabet's facts, and one fact more.

    The fact may be in the set already, for a further attempt tells it again. Legal means: what a node says of
    the order comes after the lease.
    """
    events = [event_of(fact) for fact in ALPHABET]
    states = [
        status((fact for bit, fact in enumerate(ALPHABET) if known >> bit & 1), qty=QTY)
        for known in range(1 << len(ALPHABET))
    ]
    needs_lease = sum(1 << bit for bit, event in enumerate(events) if event not in OURS)
    steps: set[Step] = set()
    for known, before in enumerate(states):
        leased = known & 1
        if known & needs_lease and not leased:
            continue
        for bit, event in enumerate(events):
            if leased or event in OURS:
                steps.add((before, event, states[known | 1 << bit]))
    return frozenset(steps)


def table_steps() -> frozenset[Step]:
    return frozenset(
        (before, event, after)
        for before, row in TRANSITIONS.items()
        for event, afters in row.items()
        for after in afters
    )


def words(steps: frozenset[Step]) -> list[str]:
    return sorted(f"{before} + {event} -> {after}" for before, event, after in steps)


def test_every_step_that_facts_can_make_stands_in_the_table() -> None:
    assert words(reachable_steps() - table_steps()) == []


def test_every_step_of_the_table_is_made_by_some_facts() -> None:
    assert words(table_steps() - reachable_steps()) == []


@pytest.mark.parametrize("state", list(OrderStatus))
@pytest.mark.parametrize("event", list(OrderEvent))
def test_every_state_and_event_pair_is_decided(state: OrderStatus, event: OrderEvent) -> None:
    seen = {step[2] for step in reachable_steps() if step[:2] == (state, event)}
    assert set(TRANSITIONS[state].get(event, frozenset())) == seen
    for after in OrderStatus:
        assert is_legal(state, event, after) == (after in seen)


def test_the_table_has_a_row_for_every_state() -> None:
    assert set(TRANSITIONS) == set(OrderStatus)


def test_nothing_is_legal_after_a_denial() -> None:
    assert TRANSITIONS[OrderStatus.DENIED] == {}


def test_every_alarming_step_is_legal_and_starts_from_an_ended_order() -> None:
    for before, event in ALARMING:
        assert TRANSITIONS[before][event]
        assert before in FINAL_STATUSES


def test_a_final_state_is_left_only_for_evidence() -> None:
    evidence = {
        OrderEvent.FILL, OrderEvent.ACCEPTED, OrderEvent.CANCELED, OrderEvent.EXPIRED,
        OrderEvent.REJECTED, OrderEvent.IN_DOUBT,
    }  # fmt: skip
    left = {
        event
        for before, event, after in table_steps()
        if before in FINAL_STATUSES and before is not after
    }
    assert left <= evidence


def test_a_filled_order_stays_filled_whatever_comes() -> None:
    assert all(
        set(after) == {OrderStatus.FILLED} for after in TRANSITIONS[OrderStatus.FILLED].values()
    )


@pytest.mark.parametrize("kind", list(FactKind))
@pytest.mark.parametrize("command", list(CommandKind))
def test_every_fact_has_an_event(kind: FactKind, command: CommandKind) -> None:
    event = event_of(OrderFact(kind=kind, command_kind=command))
    of_order = command in OWN_COMMANDS or kind in {
        FactKind.FILL, FactKind.CANCELED, FactKind.EXPIRED,
    }  # fmt: skip
    is_request = event in {OrderEvent.REQUEST_SENT, OrderEvent.REQUEST_ANSWERED}
    assert is_request == (not of_order or kind is FactKind.MODIFIED)


def facts_of_requests() -> st.SearchStrategy[OrderFact]:
    return st.builds(
        OrderFact,
        kind=st.sampled_from([kind for kind in FactKind if kind is not FactKind.FILL]),
        command_kind=st.sampled_from(REQUESTS),
        command_id=st.sampled_from([uuid5(NAMESPACE, f"request-{n}") for n in range(3)]),
    )


def facts_of_order() -> st.SearchStrategy[OrderFact]:
    return st.builds(
        OrderFact,
        kind=st.sampled_from([kind for kind in FactKind if kind is not FactKind.FILL]),
        command_kind=st.sampled_from(OWN_COMMANDS),
    )


def fills(*, qty_max: int = 12) -> st.SearchStrategy[OrderFact]:
    return st.builds(
        OrderFact,
        kind=st.just(FactKind.FILL),
        command_kind=st.sampled_from(list(CommandKind)),
        qty=st.integers(1, qty_max).map(Decimal),
        venue_exec_id=st.sampled_from(["a", "b", "c", "d"]),
    )


histories = st.lists(st.one_of(facts_of_order(), facts_of_requests(), fills()), max_size=12)


@given(facts=histories, data=st.data(), denied=st.booleans())
def test_any_order_and_any_repetition_of_facts_gives_one_status(
    facts: list[OrderFact], data: st.DataObject, denied: bool
) -> None:
    repeated = facts + (data.draw(st.lists(st.sampled_from(facts), max_size=6)) if facts else [])
    shuffled = data.draw(st.permutations(repeated))
    assert status(shuffled, qty=QTY, denied=denied) is status(facts, qty=QTY, denied=denied)
    assert filled_qty(shuffled) == filled_qty(facts)


@given(facts=histories)
def test_every_prefix_of_a_legal_history_steps_as_the_table_allows(facts: list[OrderFact]) -> None:
    history = [LEASED, *facts]
    before = status([], qty=QTY)
    for count, fact in enumerate(history, start=1):
        after = status(history[:count], qty=QTY)
        assert is_legal(before, event_of(fact), after), (before, fact, after)
        before = after


@given(facts=histories, late=fills())
def test_a_fill_never_takes_filled_quantity_away(facts: list[OrderFact], late: OrderFact) -> None:
    assert filled_qty([*facts, late]) >= filled_qty(facts)


@given(facts=histories)
def test_an_order_is_filled_exactly_when_its_fills_reach_its_quantity(
    facts: list[OrderFact],
) -> None:
    is_filled = status(facts, qty=QTY) is OrderStatus.FILLED
    assert is_filled == (filled_qty(facts) >= QTY)


@given(facts=histories)
def test_doubt_ends_only_by_evidence(facts: list[OrderFact]) -> None:
    evidence = {
        FactKind.ACCEPTED, FactKind.REJECTED, FactKind.FILL, FactKind.CANCELED, FactKind.EXPIRED,
        FactKind.NOT_FOUND,
    }  # fmt: skip
    telling = [
        fact
        for fact in facts
        if fact.about_order or fact.kind in {FactKind.FILL, FactKind.CANCELED, FactKind.EXPIRED}
    ]
    in_doubt = status([*facts, own(FactKind.IN_DOUBT)], qty=QTY) is OrderStatus.IN_DOUBT
    assert in_doubt == (not any(fact.kind in evidence for fact in telling))
