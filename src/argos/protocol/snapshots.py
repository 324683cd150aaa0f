"""Account snapshots, positions, quotes and instrument terms on the wire."""

from collections.abc import Mapping
from typing import Any

from argos.core.account import AccountSnapshot
from argos.core.errors import InputError
from argos.core.instrument import Instrument, ProfitRule, Quote, VenueTerms, unit_value_of
from argos.core.intent import Side
from argos.core.position import Position
from argos.core.standing import MarketSession
from argos.protocol.values import (
    decimal_text,
    moment_text,
    optional_decimal,
    optional_decimal_text,
    optional_moment,
    optional_moment_text,
    parse_decimal,
    parse_moment,
)


def encode_quote(quote: Quote) -> dict[str, str]:
    return {
        "symbol": quote.symbol,
        "bid": decimal_text(quote.bid),
        "ask": decimal_text(quote.ask),
        "at": moment_text(quote.at),
    }


def decode_quote(body: Mapping[str, Any]) -> Quote:
    return Quote(
        symbol=body["symbol"],
        bid=parse_decimal(body["bid"], field="bid"),
        ask=parse_decimal(body["ask"], field="ask"),
        at=parse_moment(body["at"], field="at"),
    )


def encode_position(position: Position) -> dict[str, Any]:
    return {
        "symbol": position.symbol,
        "side": position.side.value,
        "qty": decimal_text(position.qty),
        "price_open": decimal_text(position.price_open),
        "position_id": position.position_id,
        "sl": optional_decimal_text(position.sl),
        "tp": optional_decimal_text(position.tp),
        "magic": str(position.magic),
        "client_order_id": position.client_order_id,
    }


def decode_position(body: Mapping[str, Any]) -> Position:
    return Position(
        symbol=body["symbol"],
        side=Side(body["side"]),
        qty=parse_decimal(body["qty"], field="qty"),
        price_open=parse_decimal(body["price_open"], field="price_open"),
        position_id=str(body["position_id"]),
        sl=optional_decimal(body["sl"], field="sl"),
        tp=optional_decimal(body["tp"], field="tp"),
        magic=int(body["magic"]),
        client_order_id=body["client_order_id"],
    )


_INSTRUMENT_DECIMALS = (
    "contract_size",
    "tick_size",
    "qty_min",
    "qty_max",
    "qty_step",
    "stops_distance_min",
    "unit_value",
)


def encode_instrument(instrument: Instrument) -> dict[str, Any]:
    amounts = {name: decimal_text(getattr(instrument, name)) for name in _INSTRUMENT_DECIMALS}
    terms = instrument.venue_terms
    return {
        "symbol": instrument.symbol,
        "quote_currency": instrument.quote_currency,
        "tradable": instrument.tradable,
        **amounts,
        "unit_value_profit": optional_decimal_text(instrument.unit_value_profit),
        "base_currency": instrument.base_currency,
        "profit_rule": instrument.profit_rule.value,
        "venue_terms": None if terms is None else encode_venue_terms(terms),
    }


def decode_instrument(body: Mapping[str, Any]) -> Instrument:
    """A node may leave out what the first nodes did not know: profit value, base currency, rule, venue terms.

    Where the venue's terms are told, the values of a unit are worked out from them here: a node that counts in binary
    floats would tell them in its own last digits.
    """
    amounts = {name: parse_decimal(body[name], field=name) for name in _INSTRUMENT_DECIMALS}
    told = body.get("venue_terms")
    terms = None if told is None else decode_venue_terms(told)
    value_profit = optional_decimal(body.get("unit_value_profit"), field="unit_value_profit")
    if terms is not None:
        sizes = {name: amounts[name] for name in ("tick_size", "contract_size")}
        amounts["unit_value"] = unit_value_of(terms.tick_value_loss, **sizes)
        value_profit = unit_value_of(terms.tick_value_profit, **sizes)
    return Instrument(
        symbol=body["symbol"],
        quote_currency=body["quote_currency"],
        tradable=bool(body["tradable"]),
        **amounts,
        unit_value_profit=value_profit,
        base_currency=str(body.get("base_currency", "")),
        profit_rule=ProfitRule(body.get("profit_rule", ProfitRule.LINEAR)),
        venue_terms=terms,
    )


_TERMS_DECIMALS = (
    "point",
    "tick_value_profit",
    "tick_value_loss",
    "volume_min",
    "volume_max",
    "volume_step",
    "volume_limit",
    "swap_long",
    "swap_short",
)
_TERMS_WHOLE = (
    "digits",
    "trade_mode",
    "calc_mode",
    "execution",
    "filling_flags",
    "expiration_flags",
    "stops_level",
    "freeze_level",
    "swap_mode",
    "swap_triple_day",
)


def encode_venue_terms(terms: VenueTerms) -> dict[str, Any]:
    return {
        **{name: decimal_text(getattr(terms, name)) for name in _TERMS_DECIMALS},
        **{name: getattr(terms, name) for name in _TERMS_WHOLE},
        "margin_currency": terms.margin_currency,
    }


def decode_venue_terms(body: Mapping[str, Any]) -> VenueTerms:
    values: dict[str, Any] = {
        **{name: parse_decimal(body[name], field=name) for name in _TERMS_DECIMALS},
        **{name: int(body[name]) for name in _TERMS_WHOLE},
    }
    return VenueTerms(**values, margin_currency=str(body["margin_currency"]))


def _encode_market(market: MarketSession | None) -> dict[str, Any] | None:
    if market is None:
        return None
    return {
        "is_open": market.is_open,
        "seen_at": moment_text(market.seen_at),
        "changes_at": optional_moment_text(market.changes_at),
    }


def _decode_market(body: Mapping[str, Any] | None) -> MarketSession | None:
    if body is None:
        return None
    return MarketSession(
        is_open=bool(body["is_open"]),
        seen_at=parse_moment(body["seen_at"], field="seen_at"),
        changes_at=optional_moment(body.get("changes_at"), field="changes_at"),
    )


def _decode_blocks(told: Any) -> tuple[str, ...] | None:
    if told is None:
        return None
    if not isinstance(told, list):  # a text is a sequence as well, of letters
        raise TypeError("blocks is no list")
    return tuple(str(item) for item in told)


def _optional_whole(value: Any) -> int | None:
    return None if value is None else int(value)


def encode_snapshot(snapshot: AccountSnapshot) -> dict[str, Any]:
    return {
        "account": snapshot.account,
        "currency": snapshot.currency,
        "balance": decimal_text(snapshot.balance),
        "equity": decimal_text(snapshot.equity),
        "margin_free": decimal_text(snapshot.margin_free),
        "hedging": snapshot.hedging,
        "fifo": snapshot.fifo,
        "taken_at": moment_text(snapshot.taken_at),
        "terms_at": optional_moment_text(snapshot.terms_at),
        "open_orders": snapshot.open_orders,
        "positions": [encode_position(position) for position in snapshot.positions],
        "quotes": [encode_quote(quote) for quote in snapshot.quotes.values()],
        "instruments": [encode_instrument(item) for item in snapshot.instruments.values()],
        "margin": optional_decimal_text(snapshot.margin),
        "credit": optional_decimal_text(snapshot.credit),
        "leverage": snapshot.leverage,
        "blocks": None if snapshot.blocks is None else list(snapshot.blocks),
        "buying_power": optional_decimal_text(snapshot.buying_power),
        "market": _encode_market(snapshot.market),
        "node": dict(snapshot.node),
    }


def decode_snapshot(body: Mapping[str, Any]) -> AccountSnapshot:
    """The snapshot in `body`; InputError (SNAPSHOT_MALFORMED, VALUE_...) when it cannot be read."""
    try:
        return AccountSnapshot(
            account=body["account"],
            currency=body["currency"],
            balance=parse_decimal(body["balance"], field="balance"),
            equity=parse_decimal(body["equity"], field="equity"),
            margin_free=parse_decimal(body["margin_free"], field="margin_free"),
            hedging=bool(body["hedging"]),
            fifo=bool(body.get("fifo", False)),
            taken_at=parse_moment(body["taken_at"], field="taken_at"),
            terms_at=optional_moment(body.get("terms_at"), field="terms_at"),
            open_orders=int(body["open_orders"]),
            positions=tuple(decode_position(item) for item in body["positions"]),
            quotes={item["symbol"]: decode_quote(item) for item in body["quotes"]},
            instruments={item["symbol"]: decode_instrument(item) for item in body["instruments"]},
            margin=optional_decimal(body.get("margin"), field="margin"),
            credit=optional_decimal(body.get("credit"), field="credit"),
            leverage=_optional_whole(body.get("leverage")),
            blocks=_decode_blocks(body.get("blocks")),
            buying_power=optional_decimal(body.get("buying_power"), field="buying_power"),
            market=_decode_market(body.get("market")),
            node=dict(body.get("node") or {}),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"not a snapshot: {error!r}", code="SNAPSHOT_MALFORMED") from error
