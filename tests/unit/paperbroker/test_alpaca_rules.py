"""What Alpaca refuses, each rule by itself, and the forms that it cannot read."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from argos.core.costs import CostModel
from argos.core.instrument import Instrument, Quote
from argos.core.intent import Side
from argos.exchange.book import AccountTerms, Book, Character, FillModel, Market, new_book
from argos.exchange.orders import BrokerOrder, OrderState
from argos.exchange.turn import Turn
from argos.paperbroker.alpaca_checks import Rules
from argos.paperbroker.alpaca_protocol import AlpacaRefusal, parse_order
from argos.paperbroker.alpaca_refusals import buying_power
from argos.paperbroker.alpaca_replacing import replace_order
from argos.paperbroker.alpaca_requests import cancel_order, place
from argos.paperbroker.alpaca_shapes import order_row
from argos.paperbroker.hours import Phase

NOON = datetime(2012, 3, 9, 17, tzinfo=UTC)
FULL = Rules(full=True)
MARKET = {"symbol": "IBM", "side": "buy", "type": "market", "qty": "10", "time_in_force": "day"}
LIMIT = {**MARKET, "type": "limit", "limit_price": "95"}
SELL = {"side": "sell"}


class Account:
    """A book at 99.90 / 100.10, moved on by one request after the other."""

    def __init__(self) -> None:
        terms = AccountTerms(
            account="a",
            character=Character.ALPACA,
            currency="USD",
            hedging=False,
            deposit=Decimal(10_000),
            leverage=Decimal(2),
            shorting=True,
            ticket_first=1,
        )
        self.book: Book = new_book(terms)
        instrument = Instrument(
            symbol="IBM",
            contract_size=Decimal(1),
            tick_size=Decimal("0.01"),
            qty_min=Decimal("0.000000001"),
            qty_max=Decimal(1000),
            qty_step=Decimal("0.000000001"),
            stops_distance_min=Decimal(0),
            unit_value=Decimal(1),
            quote_currency="USD",
        )
        quote = Quote(symbol="IBM", bid=Decimal("99.90"), ask=Decimal("100.10"), at=NOON)
        self.market = Market(
            instruments={"IBM": instrument},
            costs={"IBM": CostModel(spread_bps=Decimal(20))},
            quotes={"IBM": quote},
            closed=frozenset(),
            fills=FillModel(seed=1),
        )
        self.at = NOON

    def turn(self) -> Turn:
        return Turn(self.book, market=self.market, at=self.at)

    def send(self, body: dict, *, rules: Rules = FULL):
        turn = self.turn()
        order = place(
            turn, parse_order(body), received_at=NOON, is_known=lambda _: False, rules=rules
        )
        self.book = turn.next_book()
        return order

    def fill(self, body: dict) -> None:
        order = self.send(body)
        turn = self.turn()
        turn.execute(order, qty=order.qty)
        self.book = turn.next_book()

    def change(self, order, body: dict):
        turn = self.turn()
        fresh = replace_order(
            turn, order, body, received_at=NOON, is_known=lambda name: name == "used"
        )
        self.book = turn.next_book()
        return fresh

    def refusal(self, body: dict, *, rules: Rules = FULL) -> AlpacaRefusal:
        with pytest.raises(AlpacaRefusal) as caught:
            self.send(body, rules=rules)
        return caught.value


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"qty": None}, "qty or notional is required"),
        ({"notional": "5"}, "only one of qty or notional is accepted"),
        ({"qty": "0"}, "qty must be > 0"),
        ({"type": "limit"}, "limit orders require a limit price"),
        ({"type": "limit", "limit_price": "-1"}, "limit price must be > 0"),
        ({"type": "stop"}, "stop orders require a stop price"),
        (
            {"type": "stop_limit", "stop_price": "9"},
            "stop limit orders require both stop and limit price",
        ),
        (
            {"type": "trailing_stop"},
            "trailing stop orders must specify one of trail_price or trail_percent",
        ),
        (
            {"type": "trailing_stop", "trail_percent": "0.05"},
            "trail_percent must be greater than or equal to 0.1",
        ),
        ({"client_order_id": "x" * 129}, "client_order_id must be no more than 128 characters"),
        ({"side": "up"}, "'up' is not a valid Side"),
        ({"qty": "1e400"}, "qty is too large"),
        ({"type": "limit", "limit_price": "1e16"}, "limit_price is too large"),
        ({"take_profit": {"limit_price": "1e16"}}, "take_profit.limit_price is too large"),
        ({"take_profit": 5}, "take_profit is invalid"),
        ({"extended_hours": "true"}, "extended_hours is invalid"),
        ({"position_intent": "buy_to_win"}, "position_intent is invalid"),
    ],
)
def test_what_cannot_be_read_is_40010001(change, message):
    with pytest.raises(AlpacaRefusal) as caught:
        parse_order({**MARKET, **change})
    assert (caught.value.status, caught.value.alpaca_code) == (422, 40010001)
    assert caught.value.message == message


def test_a_lifetime_must_be_said_where_all_rules_hold():
    body = {name: value for name, value in MARKET.items() if name != "time_in_force"}
    assert parse_order(body).tif.value == "gtc"
    with pytest.raises(AlpacaRefusal, match="time_in_force is required"):
        parse_order(body, tif_required=True)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({**MARKET, "qty": "0.5", "time_in_force": "gtc"}, "fractional orders must be DAY orders"),
        (
            {**MARKET, "type": "trailing_stop", "qty": "0.5", "trail_price": "1"},
            "fractional orders cannot be trailing stop orders",
        ),
        (
            {**LIMIT, "qty": None, "notional": "50"},
            "notional orders must be market orders",
        ),
        ({**LIMIT, "limit_price": "95.001"}, "invalid limit_price 95.001. sub-penny"),
        ({**LIMIT, "limit_price": "0.95001"}, "invalid limit_price 0.95001. sub-penny"),
        (
            {**MARKET, "type": "stop", "stop_price": "101", "time_in_force": "ioc"},
            "ioc orders must be market or limit orders",
        ),
        (
            {
                **LIMIT,
                "order_class": "oto",
                "stop_loss": {"stop_price": "90"},
                "time_in_force": "fok",
            },
            "oto orders must be DAY or GTC orders",
        ),
        ({**LIMIT, "order_class": "mleg"}, "mleg orders with these legs are not possible"),
        (
            {**MARKET, "extended_hours": True},
            "extended hours order must be DAY or GTC limit orders",
        ),
        (
            {**MARKET, "position_intent": "buy_to_close"},
            "position intent mismatch, inferred: buy_to_open, specified: buy_to_close",
        ),
        (
            {**MARKET, "position_intent": "sell_to_open"},
            "position intent mismatch, inferred: buy_to_open, specified: sell_to_open",
        ),
        (
            {**MARKET, "qty": None, "notional": "50.123"},
            "notional value must be limited to 2 decimal places",
        ),
        (
            {**MARKET, "type": "stop", "stop_price": "99"},
            "stop price must be greater than current price",
        ),
    ],
)
def test_what_is_not_possible_is_42210000(account, body, message):
    refusal = account.refusal(body)
    assert (refusal.status, refusal.alpaca_code) == (422, 42210000)
    assert refusal.message.startswith(message)
    assert not account.book.orders


def test_below_a_dollar_prices_have_four_places(account):
    assert account.send({**LIMIT, "limit_price": "0.9501"}).price == Decimal("0.9501")


@pytest.mark.parametrize(
    ("tif", "hour", "minute", "taken"),
    [
        ("opg", 9, 27, True),
        ("opg", 9, 28, False),
        ("opg", 18, 59, False),
        ("opg", 19, 0, True),
        ("cls", 15, 49, True),
        ("cls", 15, 50, False),
        ("cls", 19, 0, True),
    ],
)
def test_auction_orders_have_their_hours(account, tif, hour, minute, taken):
    """New York is five hours behind on that day."""
    account.at = datetime(2012, 3, 9, tzinfo=UTC) + timedelta(hours=hour + 5, minutes=minute)
    body = {**MARKET, "time_in_force": tif}
    if taken:
        account.send(body)
        return
    refusal = account.refusal(body)
    assert (refusal.status, refusal.alpaca_code) == (403, 40310000)
    assert refusal.message.startswith(f"{tif} orders must be submitted after 7:00pm and before")


@pytest.mark.parametrize(
    ("resting", "order", "reason"),
    [
        (LIMIT, {**MARKET, **SELL}, "opposite side limit order exists"),
        (LIMIT, {**LIMIT, **SELL, "limit_price": "94"}, "buy order exists"),
        (LIMIT, {**LIMIT, **SELL, "limit_price": "95"}, "buy order exists"),
        (LIMIT, {**LIMIT, **SELL, "limit_price": "95.01"}, None),
        ({**LIMIT, **SELL, "limit_price": "105"}, {**LIMIT, "limit_price": "106"}, "sell order"),
        ({**LIMIT, **SELL, "limit_price": "105"}, LIMIT, None),
        (
            {**MARKET, **SELL, "type": "stop", "stop_price": "90"},
            LIMIT,
            "opposite side market/stop order exists",
        ),
        (
            {**MARKET, **SELL, "type": "trailing_stop", "trail_price": "5"},
            LIMIT,
            "opposite side market/stop order exists",
        ),
        (LIMIT, LIMIT, None),
    ],
)
def test_orders_that_could_trade_with_each_other(account, resting, order, reason):
    if resting["side"] == "sell" or order["side"] == "sell":
        account.fill({**MARKET, "qty": "30"})
    first = account.send(resting)
    if reason is None:
        account.send(order)
        return
    refusal = account.refusal(order)
    assert (refusal.status, refusal.alpaca_code) == (403, 40310000)
    assert refusal.details["reject_reason"].startswith(reason)
    assert refusal.details["existing_order_id"] == order_row(first)["id"]
    account.send(order, rules=Rules())  # who has no full rules is not held to this one


def test_the_legs_of_a_bracket_stand_in_nobodys_way(account):
    body = {**MARKET, "order_class": "bracket", "take_profit": {"limit_price": "110"}}
    account.fill({**body, "stop_loss": {"stop_price": "90"}})
    assert {leg.state for leg in account.book.orders.values()} == {OrderState.WORKING}
    account.send(LIMIT)


def test_open_orders_reserve_buying_power_and_exits_do_not(account):
    assert buying_power(account.book, account.market) == 20_000
    account.send({**LIMIT, "qty": "100", "limit_price": "95"})
    assert buying_power(account.book, account.market) == 10_500
    refusal = account.refusal({**LIMIT, "qty": "111", "limit_price": "95"})
    assert refusal.message == "insufficient buying power"
    assert refusal.details == {"buying_power": "10500", "cost_basis": "10545"}
    account = Account()
    account.fill({**MARKET, "qty": "100"})
    before = buying_power(account.book, account.market)
    account.send({**LIMIT, **SELL, "qty": "100", "limit_price": "110"})
    assert buying_power(account.book, account.market) == before


def test_a_short_sale_is_valued_above_the_ask(account):
    """20,000 of buying power, 103.103 a share: 193 go, 194 do not, though 199 would at the bid."""
    refusal = account.refusal({**MARKET, **SELL, "qty": "194"})
    assert refusal.message == "insufficient buying power"
    account.send({**MARKET, **SELL, "qty": "193"})


def test_what_is_held_for_orders_is_told(account):
    account.fill(MARKET)
    resting = account.send({**LIMIT, **SELL, "qty": "6", "limit_price": "110"})
    refusal = account.refusal({**LIMIT, **SELL, "qty": "5", "limit_price": "111"})
    assert refusal.message == "insufficient qty available for order (requested: 5, available: 4)"
    assert refusal.details == {
        "available": "4",
        "existing_qty": "10",
        "held_for_orders": "6",
        "related_orders": [order_row(resting)["id"]],
        "symbol": "IBM",
    }


@pytest.mark.parametrize(
    ("rules", "body", "status"),
    [
        (replace(FULL, suspended=True), MARKET, "new orders are rejected by user request"),
        (replace(FULL, long_only=True), {**MARKET, **SELL}, "account is not allowed to short"),
        (
            replace(FULL, fractions=False),
            {**MARKET, "qty": "0.5"},
            "fractional trading is disabled for this account",
        ),
        (
            replace(FULL, multiplier_max=Decimal(1)),
            {**MARKET, "qty": "100"},
            "insufficient buying power",
        ),
    ],
)
def test_an_owners_own_settings_hold(account, rules, body, status):
    refusal = account.refusal(body, rules=rules)
    assert (refusal.status, refusal.message) == (403, status)


@pytest.mark.parametrize(
    ("phase", "extended_hours", "status"),
    [
        (Phase.REGULAR, False, "new"),
        (Phase.EXTENDED, False, "accepted"),
        (Phase.EXTENDED, True, "new"),
        (Phase.SHUT, True, "accepted"),
    ],
)
def test_what_comes_while_the_exchange_is_shut_is_only_accepted(
    account, phase, extended_hours, status
):
    rules = replace(FULL, phase=phase)
    order = account.send({**LIMIT, "extended_hours": extended_hours}, rules=rules)
    assert order_row(order)["status"] == status
    if status == "accepted":
        with pytest.raises(AlpacaRefusal, match="isn't sent to exchange yet"):
            account.change(order, {"qty": "5"})


def test_money_is_turned_into_shares_at_the_far_side(account):
    order = account.send({**MARKET, "qty": None, "notional": "100.10"})
    assert order.qty == 1
    row = order_row(order)
    assert (row["qty"], row["notional"]) == (None, "100.1")
    with pytest.raises(AlpacaRefusal, match="notional orders cannot be replaced"):
        account.change(order, {"qty": "5"})


def test_a_trailing_stop_is_told_as_one(account):
    account.fill(MARKET)
    body = {**MARKET, **SELL, "type": "trailing_stop", "trail_percent": "10"}
    order = account.send(body)
    row = order_row(order)
    assert (row["type"], row["trail_percent"], row["hwm"]) == ("trailing_stop", "10", "99.9")
    assert row["stop_price"] == "89.91"
    fresh = account.change(order, {"trail": "5"})
    assert (fresh.trail_percent, fresh.price) == (5, Decimal("94.9"))
    with pytest.raises(AlpacaRefusal, match="trail is for trailing stop orders"):
        account.change(account.send(LIMIT, rules=Rules()), {"trail": "5"})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"client_order_id": "used"}, "client_order_id must be unique"),
        ({"limit_price": "0"}, "qty, prices and trail must be > 0"),
        ({"time_in_force": "opg"}, "unable to replace order, opg orders"),
        ({"qty": "1000"}, "insufficient buying power"),
    ],
)
def test_a_replacement_is_checked_as_a_new_order(account, body, message):
    order = account.send(LIMIT)
    with pytest.raises(AlpacaRefusal, match=message):
        account.change(order, body)
    assert list(account.book.orders) == [order.ticket]


def test_an_ended_order_is_neither_replaced_nor_canceled(account):
    order = account.send(LIMIT)
    turn = account.turn()
    cancel_order(turn, order)
    (change,) = turn.changes
    with pytest.raises(AlpacaRefusal, match='order is already in "canceled" state'):
        cancel_order(turn, change.order)
    with pytest.raises(AlpacaRefusal, match="order is not open"):
        account.change(change.order, {"qty": "5"})


def test_oco_is_for_exits(account):
    body = {
        **LIMIT,
        **SELL,
        "limit_price": None,
        "order_class": "oco",
        "take_profit": {"limit_price": "110"},
        "stop_loss": {"stop_price": "90", "limit_price": "89.5"},
    }
    assert account.refusal(body).message == "oco orders must be exit orders"
    account.fill(MARKET)
    target = account.send(body)
    stop = next(item for item in account.book.orders.values() if item.ticket != target.ticket)
    assert (target.price, stop.price, stop.stop_limit_price) == (110, 90, Decimal("89.5"))
    assert stop.side is target.side is Side.SELL


BRACKET = {
    **LIMIT,
    "order_class": "bracket",
    "take_profit": {"limit_price": "110"},
    "stop_loss": {"stop_price": "90"},
}
OCO = {
    **MARKET,
    **SELL,
    "type": "limit",
    "order_class": "oco",
    "take_profit": {"limit_price": "110"},
    "stop_loss": {"stop_price": "90"},
}
ONE_STOP = {**MARKET, "order_class": "oto", "stop_loss": {"stop_price": "90"}}


def exits_of(account: Account) -> dict[str, BrokerOrder]:
    return {order.reason.value: order for order in account.book.orders.values()}


def end_by(account: Account, order: BrokerOrder) -> None:
    turn = account.turn()
    turn.execute(turn.orders[order.ticket], qty=order.qty)
    account.book = turn.next_book()


def test_waiting_legs_follow_the_quantity_of_their_order(account):
    """Else the stop of 7 shares would sell 10 and leave a short position of 3."""
    order = account.change(account.send(BRACKET), {"qty": "7"})
    end_by(account, order)
    assert [leg.qty for leg in exits_of(account).values()] == [7, 7]
    end_by(account, exits_of(account)["sl"])
    assert not account.book.positions
    assert not account.book.orders


def test_a_waiting_leg_is_no_larger_than_its_order(account):
    account.send(BRACKET)
    with pytest.raises(AlpacaRefusal, match="qty must be <= 10"):
        account.change(exits_of(account)["tp"], {"qty": "11"})
    assert account.change(exits_of(account)["tp"], {"qty": "9"}).qty == 9


@pytest.mark.parametrize("reason", ["tp", "sl"])
@pytest.mark.parametrize("begin", [[BRACKET], [MARKET, OCO]])
def test_an_exit_of_a_pair_sells_no_more_than_is_held(account, begin, reason):
    for body in begin:
        order = account.send(body)
        if body is not OCO:
            end_by(account, order)
    with pytest.raises(AlpacaRefusal, match=r"requested: 20, available: 10"):
        account.change(exits_of(account)[reason], {"qty": "20"})


@pytest.mark.parametrize("first", ["tp", "sl"])
def test_a_pair_stays_one_whichever_side_is_replaced(account, first):
    """Else the stop would fill and the target rest on, to sell shares that are gone."""
    account.fill(MARKET)
    account.send(OCO)
    second = "sl" if first == "tp" else "tp"
    for reason in (first, second, first):
        price = {"limit_price": "111"} if reason == "tp" else {"stop_price": "91"}
        account.change(exits_of(account)[reason], price)
    assert {order_row(order)["order_class"] for order in exits_of(account).values()} == {"oco"}
    end_by(account, exits_of(account)[first])
    assert not account.book.orders


@pytest.mark.parametrize(
    ("target", "stop", "message"),
    [
        ("110", "99.95", "stop price must be less than current price"),
        ("80", "90", "take_profit.limit_price must be >= stop_loss.stop_price"),
    ],
)
def test_a_pair_lies_around_the_market(account, target, stop, message):
    account.fill(MARKET)
    body = {**OCO, "take_profit": {"limit_price": target}, "stop_loss": {"stop_price": stop}}
    assert account.refusal(body).message == message
    assert not account.book.orders


def test_a_leg_says_the_class_of_its_order(account):
    """And a stop alone waits behind no target: it is new once its order is filled."""
    account.fill(BRACKET)
    assert [(row["order_class"], row["status"]) for row in told(account)] == [
        ("bracket", "new"),
        ("bracket", "held"),
    ]
    account = Account()
    account.fill(ONE_STOP)
    assert [(row["order_class"], row["status"]) for row in told(account)] == [("oto", "new")]


def told(account: Account) -> list[dict]:
    return [order_row(order) for order in account.book.orders.values()]
