"""Alpaca's words for what an account holds and can trade: positions, the account itself, assets."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from argos.core.instrument import Instrument, Quote
from argos.core.intent import Side
from argos.core.money import ONE, ZERO
from argos.exchange.book import AccountTerms, Funds
from argos.exchange.positions import BrokerPosition
from argos.paperbroker.alpaca_shapes import asset_id
from argos.protocol.values import decimal_text, moment_text

SHARE_STEP: Final = Decimal("0.0000000001")
ACCOUNTS_SINCE: Final = datetime(2000, 1, 3, tzinfo=UTC)


def position_row(
    position: BrokerPosition,
    *,
    quote: Quote | None,
    available_qty: Decimal,
    day_close: Decimal | None = None,
    opened_today: bool = True,
    listed_on: str = "NASDAQ",
) -> dict[str, Any]:
    """`day_close` is the share's price at the last day's close; a position of today has earned nothing before."""
    current = position.mark(quote) if quote else position.price_open
    cost = position.price_open * position.signed_qty
    value = current * position.signed_qty
    before = day_close or current
    began = position.price_open if opened_today else before
    today = (current - began) * position.signed_qty
    return {
        "asset_id": asset_id(position.symbol),
        "symbol": position.symbol,
        "exchange": listed_on,
        "asset_class": "us_equity",
        "asset_marginable": True,
        "avg_entry_price": decimal_text(position.price_open),
        "qty": decimal_text(position.signed_qty),
        "qty_available": decimal_text(available_qty),
        "side": "long" if position.side is Side.BUY else "short",
        "market_value": decimal_text(value),
        "cost_basis": decimal_text(cost),
        "unrealized_pl": decimal_text(value - cost),
        "unrealized_plpc": _share_text(value - cost, cost),
        "unrealized_intraday_pl": decimal_text(today),
        "unrealized_intraday_plpc": _share_text(today, began * position.signed_qty),
        "current_price": decimal_text(current),
        "lastday_price": decimal_text(before),
        "change_today": _share_text(current - before, before),
    }


def _share_text(part: Decimal, whole: Decimal) -> str:
    return decimal_text((part / abs(whole)).quantize(SHARE_STEP) if whole else ZERO)


def account_row(
    state: Funds,
    *,
    terms: AccountTerms,
    power: Decimal,
    last_equity: Decimal | None,
    suspended: bool,
    long_only: bool,
    now: datetime,
) -> dict[str, Any]:
    """`power` is the buying power, `last_equity` what the account was worth at the last close, if there was one."""
    account, currency, leverage = terms.account, terms.currency, terms.leverage
    equity = decimal_text(state.equity)
    long_value = (state.exposure + state.market_value) / 2
    return {
        "id": asset_id(f"account:{account}"),
        "account_number": account,
        "status": "ACTIVE",
        "currency": currency,
        "cash": decimal_text(state.cash),
        "equity": equity,
        "last_equity": equity if last_equity is None else decimal_text(last_equity),
        "portfolio_value": equity,
        "buying_power": decimal_text(power),
        "regt_buying_power": decimal_text(power),
        "effective_buying_power": decimal_text(power),
        "non_marginable_buying_power": decimal_text(max(ZERO, state.margin_free)),
        "multiplier": decimal_text(leverage),
        "initial_margin": decimal_text(state.margin),
        "maintenance_margin": decimal_text(state.margin),
        "last_maintenance_margin": "0",
        "position_market_value": decimal_text(state.exposure),
        "sma": "0",
        "accrued_fees": "0",
        "pending_transfer_in": "0",
        "pending_transfer_out": "0",
        "pending_reg_taf_fees": "0",
        "intraday_adjustments": "0",
        "balance_asof": f"{now:%Y-%m-%d}",
        "created_at": moment_text(ACCOUNTS_SINCE),
        "long_market_value": decimal_text(long_value),
        "short_market_value": decimal_text(state.market_value - long_value),
        "trading_blocked": False,
        "account_blocked": False,
        "transfers_blocked": False,
        "trade_suspended_by_user": suspended,
        "shorting_enabled": terms.shorting and not long_only,
    }


def asset_row(
    instrument: Instrument, *, title: str = "", listed_on: str = "NASDAQ"
) -> dict[str, Any]:
    return {
        "id": asset_id(instrument.symbol),
        "class": "us_equity",
        "exchange": listed_on,
        "symbol": instrument.symbol,
        "name": title or instrument.symbol,
        "status": "active",
        "tradable": instrument.tradable,
        "marginable": True,
        "shortable": True,
        "easy_to_borrow": True,
        "borrow_status": "easy_to_borrow",
        "fractionable": instrument.qty_step < ONE,
        "margin_requirement_long": "30",
        "margin_requirement_short": "30",
        "attributes": ["fractional_eh_enabled"] if instrument.qty_step < ONE else [],
        "min_order_size": decimal_text(instrument.qty_min),
        "min_trade_increment": decimal_text(instrument.qty_step),
        "price_increment": decimal_text(instrument.tick_size),
    }
