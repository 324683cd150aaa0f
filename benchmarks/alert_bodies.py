"""Alerts as the generators in Python send them: the same shape and size as those of `alerts.lua`."""

import time
from typing import Any, Final

import orjson

FEATURES: Final[dict[str, Any]] = {
    "sequence": "1",
    "exchange": "NASDAQ",
    "timeframe": "5",
    "bar_at": "1763736600000",
    "ema_fast": "189.31257",
    "ema_slow": "188.90411",
    "rsi": "61.2",
    "atr": "1.42",
    "volume": 1048211,
    "spread": 0.01,
    "session": "regular",
    "trend": 1,
    "gap": -0.12,
    "beta": 1.24,
    "news": False,
    "hour": 14,
}


def alert_body(*, event_id: str, trade_id: str, route: str, secret: str, **fields: Any) -> bytes:
    """An entry of AAPL at market unless `fields` say otherwise, fired now."""
    return orjson.dumps(
        {
            "event_id": event_id,
            "trade_id": trade_id,
            "bot_version": "ema-cross@3.2",
            "account_route": route,
            "action": "open",
            "symbol": "AAPL",
            "side": "buy",
            "timestamp_tv": int(time.time() * 1000),
            "features": FEATURES,
            "secret": secret,
            **fields,
        }
    )
