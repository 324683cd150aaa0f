"""Whatever happens in whatever order, the books balance: cash, positions, orders, legs."""

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from argos.core.execution import Entry, FillReason
from argos.core.intent import OrderType, Side
from argos.exchange.admission import check_close, check_net_exit
from argos.exchange.book import Character, FillModel, OrderEvent
from argos.exchange.orders import OrderState
from argos.exchange.ticking import fill_some, on_rollover

sides = st.sampled_from(list(Side))
qtys = st.integers(min_value=1, max_value=30)
mids = st.integers(min_value=80, max_value=120)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("deal"), sides, qtys, mids),
        st.tuples(st.just("rest"), sides, qtys, mids),
        st.tuples(st.just("bracket"), sides, qtys, mids),
        st.tuples(st.just("close"), sides, qtys, mids),
        st.tuples(st.just("cancel"), sides, qtys, mids),
        st.tuples(st.just("late"), sides, qtys, mids),
        st.tuples(st.just("tick"), sides, qtys, mids),
        st.tuples(st.just("night"), sides, qtys, mids),
    ),
    max_size=25,
)
books = st.sampled_from([(Character.MT5, True), (Character.MT5, False), (Character.ALPACA, False)])


class Story:
    """Plays steps on a pit, and keeps every order as it was last told."""

    def __init__(self, pit, character, hedging, seed):
        fills = FillModel(seed=seed, partial_probability=0.5)
        self.pit = pit(character, hedging=hedging, fills=fills)
        self.orders = {}

    def play(self, step):
        name, side, qty, mid = step
        getattr(self, f"_{name}")(side, qty, mid)

    def _do(self, work):
        self._note(self.pit.do(work))

    def _note(self, turn):
        for change in turn.changes:
            if isinstance(change, OrderEvent):
                self.orders[change.order.ticket] = change.order

    def _market(self, side, qty, **more):
        order = self.pit.order(side, qty, **more)
        if self.pit.book.terms.character is Character.ALPACA and check_net_exit(
            self.pit.book, order
        ):
            return
        if more.get("position_id") and check_close(self.pit.book, order):
            return

        def work(turn):
            fill_some(turn, turn.place(replace(order, ticket=turn.take_ticket())))

        self._do(work)

    def _deal(self, side, qty, mid):
        stops = {"sl": Decimal(mid - 5), "tp": Decimal(mid + 5)} if mid % 2 else {}
        self._market(side, qty, **stops)

    def _rest(self, side, qty, mid):
        kind = OrderType.LIMIT if mid % 2 else OrderType.STOP
        order = self.pit.order(side, qty, order_type=kind, price=Decimal(mid))
        if not check_net_exit(self.pit.book, order):
            self._do(lambda turn: turn.place(replace(order, ticket=turn.take_ticket())))

    def _bracket(self, side, qty, mid):
        if self.pit.book.terms.character is not Character.ALPACA or self.pit.book.positions:
            return

        def work(turn):
            parent = turn.place(replace(self.pit.order(side, qty), ticket=turn.take_ticket()))
            for reason, kind, away in (
                (FillReason.TP, OrderType.LIMIT, 6),
                (FillReason.SL, OrderType.STOP, -6),
            ):
                leg = self.pit.order(
                    side.opposite,
                    qty,
                    order_type=kind,
                    price=Decimal(mid + away * side.sign),
                    reason=reason,
                    state=OrderState.HELD,
                    parent=parent.ticket,
                    oco=parent.ticket,
                )
                turn.place(replace(leg, ticket=turn.take_ticket()))
            fill_some(turn, parent)

        self._do(work)

    def _close(self, side, qty, mid):
        for position in list(self.pit.book.positions.values())[:1]:
            self._market(position.side.opposite, qty, position_id=position.position_id)

    def _cancel(self, side, qty, mid):
        live = list(self.pit.book.orders.values())
        if live:
            chosen = live[qty % len(live)]
            self._do(lambda turn: turn.end(chosen, state=OrderState.CANCELED))

    def _late(self, side, qty, mid):
        """A fill that crossed a cancel."""
        for order in self.orders.values():
            if order.state is OrderState.CANCELED and not order.is_close and not order.parent:
                self._do(lambda turn, order=order: turn.execute(order, qty=order.leaves_qty))
                return

    def _tick(self, side, qty, mid):
        self._note(self.pit.quote(f"{mid}.00", f"{mid}.10"))

    def _night(self, side, qty, mid):
        self._do(on_rollover)


@settings(max_examples=150, deadline=None)
@given(book=books, told=steps, seed=st.integers(min_value=0, max_value=5))
def test_cash_and_positions_are_the_sum_of_the_deals(pit_class, book, told, seed):
    story = Story(pit_class, *book, seed)
    for step in told:
        story.play(step)
    deals, after = story.pit.deals, story.pit.book
    assert after.cash == after.terms.deposit + sum(deal.cash_delta for deal in deals)
    held = defaultdict(Decimal)
    for deal in deals:
        before = held[deal.position_id]
        held[deal.position_id] += deal.qty * deal.side.sign
        assert deal.position_qty == held[deal.position_id]
        if deal.entry is Entry.OUT:
            assert abs(held[deal.position_id]) == abs(before) - deal.qty >= 0
        if deal.entry is Entry.INOUT:
            assert not after.terms.hedging
    open_now = {key: qty for key, qty in held.items() if qty}
    assert open_now == {p.position_id: p.signed_qty for p in after.positions.values()}


@settings(max_examples=150, deadline=None)
@given(book=books, told=steps, seed=st.integers(min_value=0, max_value=5))
def test_orders_are_never_overfilled_and_only_live_ones_rest(pit_class, book, told, seed):
    story = Story(pit_class, *book, seed)
    for step in told:
        story.play(step)
    filled = defaultdict(Decimal)
    for deal in story.pit.deals:
        filled[deal.order] += deal.qty
        assert deal.cum_qty == filled[deal.order]
        assert deal.leaves_qty >= 0
    resting = story.pit.book.orders
    assert all(order.is_live and order.leaves_qty > 0 for order in resting.values())
    assert all(order.filled_qty == filled[ticket] for ticket, order in resting.items())
    # A pair of which one has filled is gone.
    complete = {o.oco for o in story.orders.values() if o.oco and o.state is OrderState.FILLED}
    assert not any(order.oco in complete for order in resting.values())
