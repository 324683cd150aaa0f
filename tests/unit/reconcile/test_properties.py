"""What holds for every story: order and repeats do not matter, and no cash is made or lost."""

import random
from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from argos.core.intent import Side
from argos.core.money import ZERO
from argos.reconcile.leg import reconcile_leg
from argos.reconcile.result import ReconciledLeg
from argos.reconcile.revision import content_digest, decode_leg, encode_leg, same_result
from argos.reconcile.story import LegStory
from unit.reconcile.stories import NOW, Teller

prices = st.integers(1, 500_000).map(lambda ticks: str(Decimal(ticks) / 100))
quantities = st.integers(1, 5_000).map(lambda steps: str(Decimal(steps) / 100))
costs = st.integers(-500, 500).map(lambda cents: str(Decimal(cents) / 100))


@st.composite
def tellers(draw: st.DrawFn, *, to_the_end: bool = False) -> Teller:
    """A trade of one to three entries that is closed in several ways, with all that may come in between."""
    ways = ["close", "sl", "tp", "manual", *([] if to_the_end else ["hold"])]
    teller = Teller(unit_value=draw(st.sampled_from([Decimal(1), Decimal("0.01"), Decimal(100)])))
    side = draw(st.sampled_from(["buy", "sell"]))
    entries = draw(st.integers(1, 3))
    for _ in range(entries):
        _enter(draw, teller, side)
    for index in range(entries):
        for part in _parts(draw, _held(teller, index)):
            _leave(draw, teller, how=draw(st.sampled_from(ways)), part=part, of=str(index + 1))
    return teller


def _enter(draw: st.DrawFn, teller: Teller, side: str) -> None:
    qty = draw(quantities)
    more = {name: draw(prices) for name in draw(st.sets(st.sampled_from(["ref", "sl", "limit"])))}
    teller.open(side, qty, **more)
    if draw(st.booleans()):
        teller.lease()
    if draw(st.booleans()):
        teller.send(draw(prices), draw(prices), arrival=f"{draw(prices)}/{draw(prices)}")
    if draw(st.booleans()):
        teller.doubt()
    if draw(st.booleans()):
        teller.accept(draw(st.sampled_from(["v1", "v2"])))
    for part in _parts(draw, Decimal(qty)):
        if draw(st.integers(0, 9)):
            teller.fill(str(part), draw(prices), cost=draw(costs), swap=draw(costs))
    ending = draw(st.sampled_from(["", "", "cancel", "expire", "reject"]))
    if ending:
        getattr(teller, ending)(*(("NO",) if ending == "reject" else ()))


def _leave(draw: st.DrawFn, teller: Teller, *, how: str, part: Decimal, of: str) -> None:
    if how == "close":
        teller.close(str(part), of=of, **({"ref": draw(prices)} if draw(st.booleans()) else {}))
        teller.fill(str(part), draw(prices), cost=draw(costs), fee=draw(costs))
    elif how != "hold":
        teller.stop(str(part), draw(prices), reason=how, of=of, cost=draw(costs), swap=draw(costs))


def _parts(draw: st.DrawFn, qty: Decimal) -> list[Decimal]:
    if qty <= Decimal("0.02") or not draw(st.booleans()):
        return [qty] if qty else []
    first = (qty * draw(st.integers(1, 9)) / 10).quantize(Decimal("0.01"))
    return [part for part in (first, qty - first) if part]


def _held(teller: Teller, index: int) -> Decimal:
    order_id = teller.orders[index].order_id
    own = (item.execution for item in teller.executions if item.order_id == order_id)
    return sum((execution.qty for execution in own), ZERO)


def shuffled(story: LegStory, chance: random.Random) -> LegStory:
    """The same story with everything in another order and some of it twice."""

    def mixed(items: tuple) -> tuple:
        again = [item for item in items if chance.random() < 0.4]
        return tuple(chance.sample([*items, *again], len(items) + len(again)))

    return replace(
        story,
        intents=mixed(story.intents),
        orders=mixed(tuple(replace(item, facts=mixed(item.facts)) for item in story.orders)),
        executions=mixed(
            tuple(
                replace(item, received_at=item.received_at.replace(year=2027))
                if chance.random() < 0.2
                else item
                for item in story.executions
            )
        ),
        denials=mixed(story.denials),
    )


def cash(story: LegStory) -> Decimal:
    """What the executions did to the account, in its currency."""
    flow = ZERO
    for item in story.executions:
        execution = item.execution
        flow -= execution.side.sign * execution.qty * execution.price * story.unit_value
        flow -= execution.commission + execution.swap + execution.fee
    return flow


@given(tellers(), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_any_order_and_repetition_of_a_story_makes_the_same_leg(teller, chance):
    story = teller.story()
    leg = reconcile_leg(story, now=NOW)
    again = reconcile_leg(shuffled(story, chance), now=NOW)
    assert again == leg
    assert content_digest(again) == content_digest(leg)


@given(tellers(to_the_end=True))
@settings(max_examples=150, deadline=None)
def test_a_flat_legs_net_result_is_exactly_the_cash_its_executions_moved(teller):
    leg = teller.leg()
    assert leg.is_flat == bool(teller.executions)
    assert leg.net_pnl == cash(teller.story())
    assert leg.exit_qty == leg.filled_qty


@given(tellers())
@settings(max_examples=100, deadline=None)
def test_an_open_legs_result_is_its_cash_plus_what_it_holds_at_cost(teller):
    """Closing what is left at average cost would earn nothing: that completes the cash identity."""
    leg = teller.leg()
    held = leg.filled_qty - leg.exit_qty
    steps = sorted(teller.executions, key=lambda item: item.execution.occurred_at)
    qty = basis = ZERO
    for item in steps:
        signed = item.execution.qty * item.execution.side.sign
        if qty * signed >= 0:
            basis += signed * item.execution.price
        else:
            basis += basis / qty * signed
        qty += signed
    assert abs(qty) == held
    expected = cash(teller.story()) + basis * teller.unit_value
    assert abs(leg.net_pnl - expected) <= Decimal("1E-7")


@given(tellers())
@settings(max_examples=100, deadline=None)
def test_the_money_of_a_leg_adds_up(teller):
    leg = teller.leg()
    costs_paid = leg.commission + leg.swap + leg.fee
    assert leg.net_pnl == leg.gross_pnl - costs_paid
    assert leg.net_cost == costs_paid + (leg.slippage_cost or ZERO)


@given(tellers())
@settings(max_examples=100, deadline=None)
def test_a_leg_survives_the_way_through_json(teller):
    leg = teller.leg()
    back: ReconciledLeg = decode_leg(encode_leg(leg))
    assert back == leg
    assert same_result(back, leg)
    assert content_digest(back) == content_digest(leg)


@given(st.sampled_from(list(Side)), prices, prices, quantities)
def test_slippage_is_positive_exactly_when_the_fill_was_worse(side, reference, fill_price, qty):
    teller = Teller()
    teller.open(side.value, qty, ref=reference)
    teller.fill(qty, fill_price)
    leg = teller.leg()
    worse = (Decimal(fill_price) - Decimal(reference)) * side.sign
    assert (leg.slippage_price > 0, leg.slippage_price < 0) == (worse > 0, worse < 0)
    assert leg.slippage_cost == worse * Decimal(qty)
