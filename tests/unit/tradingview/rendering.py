"""What TradingView does to a message box, and the deliveries that tradingview/samples/ shows."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from unit.tradingview.pine import NA, Chart, pine_functions

FOLDER: Final = Path(__file__).parents[3] / "tradingview"
LIBRARY: Final = FOLDER / "ArgosIntent.pine"
SECRET: Final = "3f7c0a9d5e6b48a1"
HOUR_MS: Final = 3_600_000

PLACEHOLDERS: Final = {
    "ticker": "AAPL",
    "exchange": "NASDAQ",
    "interval": "60",
    "open": "188.97",
    "high": "189.8",
    "low": "188.61",
    "close": "189.55",
    "volume": "1204311",
    "time": "2025-11-21T14:50:00Z",
    "timenow": "2025-11-21T15:50:00Z",
}
STRATEGY_PLACEHOLDERS: Final = {
    "strategy.order.action": "buy",
    "strategy.order.contracts": "20",
    "strategy.order.price": "189.56",
    "strategy.order.id": "long",
    "strategy.market_position": "long",
    "strategy.market_position_size": "10",
}


def render(message: str, values: Mapping[str, str]) -> str:
    """The message with its placeholders filled in; an unknown one stays as it is, as at TradingView."""
    return re.sub(r"\{\{([\w.]+)\}\}", lambda match: values.get(match[1], match[0]), message)


def samples() -> dict[str, str]:
    """Deliveries by file name: one trade's life as the library writes it, and alerts by placeholders."""
    entered = Chart()
    later = Chart(time=entered.time + 3 * HOUR_MS, timenow=entered.timenow + 3 * HOUR_MS)
    pine, after = pine_functions(LIBRARY, entered), pine_functions(LIBRARY, later)
    bot = pine["newBot"]("ema-cross", "1.0", "paper", SECRET)
    trade = pine["tradeId"](bot, entered.time)
    research = pine["feature"]("ema_fast", 189.31257) + pine["feature"]("rsi", 61.2)
    placeholder = (FOLDER / "messages" / "placeholder_only.json").read_text("utf-8")
    placeholder = placeholder.replace("PASTE-THE-HOOK-SECRET", SECRET)
    return {
        "open_market.json": pine["openIntent"](
            bot, trade, "buy", 6, "buy", 189.55,
            sl=187.104, tp=193.2, sizeMode="risk_fraction", sizeValue=0.005, features=research,
        ),
        "open_limit.json": pine["openIntent"](
            bot, trade, "dip", 6, "buy", 188.0,
            orderType="limit", sl=186.5, expirySeconds=14_400, confidence=0.8,
        ),
        "modify.json": after["modifyIntent"](bot, trade, "trail", 7, 189.0, NA),
        "close_half.json": after["closeIntent"](bot, trade, "half", 7, 191.4, closeFraction=0.5),
        "reverse.json": after["reverseIntent"](
            bot, after["tradeId"](bot, later.time), "sell", 7, "sell", 190.2, sl=192.0
        ),
        "cancel.json": after["cancelIntent"](bot, trade, "too-late", 6),
        "placeholder_only.json": render(placeholder, PLACEHOLDERS),
        "refused_unresolved.json": render(
            placeholder.replace("{{close}}", "{{strategy.order.price}}"), PLACEHOLDERS
        ),
        "refused_delayed.json": render(
            placeholder.replace('"{{ticker}}"', '"{{exchange}}:{{ticker}}"'),
            {**PLACEHOLDERS, "exchange": "NASDAQ_DLY"},
        ),
    }  # fmt: skip
