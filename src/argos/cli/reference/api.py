"""openapi.json, api.md and intent.md."""

import json
from collections.abc import Mapping
from typing import Any, Final

from argos.cli.reference.markdown import code, page, section, table
from argos.core.intent import Action, OrderType, Side, SizeMode
from argos.gateway.app import build_app
from argos.protocol.intent_body import (
    BODY_BYTES_MAX,
    FEATURES_BYTES_MAX,
    IntentBody,
    renamed_fields,
)

EXAMPLE: Final = {
    "event_id": "3f6f1d1e-6b0c-4a63-9a53-0f6f0b3f8a11",
    "trade_id": "ema-AAPL-20261120-1",
    "bot_version": "ema-cross@3.2",
    "account_route": "paper",
    "action": "open",
    "symbol": "NASDAQ:AAPL",
    "side": "buy",
    "order_type": "market",
    "entry_price": "12.34",
    "sl": "11.90",
    "tp": "13.20",
    "size": {"mode": "risk_fraction", "value": "0.01"},
    "features": {"ema_fast": 12.31, "ema_slow": 12.20},
    "timestamp_tv": "2026-11-20T14:30:00Z",
    "secret": "the hook's secret",
}
RULES: Final[Mapping[str, tuple[str, str]]] = {
    "event_id": (
        "UUID or text, 1 to 128",
        "Identity of this event. Absent: made of the content, and marked `weak_id`.",
    ),
    "trade_id": ("text, 1 to 128", "Ties the events of one trade together."),
    "bot_version": ("text, 1 to 64", "Who is asking, such as `ema-cross@3.2`."),
    "account_route": ("text, 1 to 64", "Where it goes; must exist."),
    "action": ("one of {action}", "What to do."),
    "symbol": (
        "text, 1 to 64",
        "The chart's symbol; each leg may map it. `_DL` and `_DLY` are refused.",
    ),
    "side": ("{side}; long, short, any case", "Required to open and to reverse."),
    "order_type": ("one of {order_type}", "Limit and stop need `entry_price`."),
    "entry_price": (
        "decimal > 0",
        "What the strategy saw, the reference of slippage; the order's price for limit and stop.",
    ),
    "stop_limit_price": ("decimal > 0", "For stop_limit only, and needed there."),
    "sl": ("decimal > 0 or null", "Stop; below `entry_price` for a buy, above it for a sell."),
    "tp": ("decimal > 0 or null", "Target; on the other side."),
    "size": (
        "object or null",
        "`mode`: {size}; `value`: decimal, a fraction at most 1. Null: the leg's size, else the route's.",
    ),
    "close_fraction": ("decimal in (0, 1]", "With close only: how much of it."),
    "confidence": (
        "decimal in [0, 1] or null",
        "Of the signal's direction. A size of mode consensus is measured by it, and denied without; else for research.",
    ),
    "expiry": (
        "moment, whole seconds, or null",
        "When an entry is too late, and when a limit or stop order of it ends. Seconds count from `timestamp_tv`. "
        "Null: too late by the route's expiry, and no end.",
    ),
    "features": ("object or null", "Kept verbatim for research."),
    "timestamp_tv": (
        "moment",
        "When the strategy fired: RFC 3339 with an offset, or Unix milliseconds.",
    ),
    "secret": ("text", "For hooks that ask for one. Never stored in the clear, never logged."),
}


def intent_page() -> str:
    words = {
        "action": _choices(Action),
        "side": _choices(Side),
        "order_type": _choices(OrderType),
        "size": _choices(SizeMode),
    }
    rows = []
    for name, info in IntentBody.model_fields.items():
        kind, rule = RULES[name]
        default = "" if info.default is None else code(getattr(info.default, "value", info.default))
        shown = "required" if info.is_required() else default
        rows.append((code(name), kind.format(**words), shown, rule.format(**words)))
    lookalikes = ((code(theirs), code(ours)) for theirs, ours in sorted(renamed_fields().items()))
    return page(
        "Intent",
        "What a strategy wants: the JSON body of `POST /hooks/tradingview/{key}` (any content type) and of "
        "`POST /api/intents` (`Authorization: Bearer`). Decimals may be strings or numbers; they are never read "
        "through a float. NaN, Infinity and duplicate keys are refused. "
        f"{BODY_BYTES_MAX // 1024} KiB at most, `features` {FEATURES_BYTES_MAX // 1024} KiB.",
        section("Fields", table(("field", "what", "default", "rule"), rows), _OTHERS),
        section("Names of other tools", _LOOKALIKES, table(("instead of", "write"), lookalikes)),
        section("Example", f"```json\n{json.dumps(EXAMPLE, indent=2)}\n```"),
        section("Answers", table(("status", "when"), _ANSWERS.items())),
    )


_OTHERS: Final = (
    "Fields of other names are kept out of the intent, and named in the alert's checks."
)
_LOOKALIKES: Final = "Ignoring a stop that was meant would cost money, so these are refused (`INTENT_FIELD_UNKNOWN`)."
_ANSWERS: Final = {
    "202": "stored now: `status` accepted, `intent_id`, `event_id`, `trade_id`, `received_at`, `alert_id`",
    "200": "same id, same content, seen before: the same ids, `status` duplicate",
    "409": "same id, other content: both are kept, nothing is done",
    "422": "cannot be an intent: the error names the field; the body is kept",
    "401": "unknown hook, wrong secret or key: one answer for all",
    "413, 429": "body too large; over the hook's rate",
    "503": "could not be stored: send it again",
}


def _choices(kind: Any) -> str:
    return ", ".join(item.value for item in kind)


def openapi_document() -> dict[str, Any]:
    """The gateway's own document. Nothing is opened for it."""
    return build_app(None).openapi()


def openapi_json() -> str:
    return json.dumps(openapi_document(), indent=1, ensure_ascii=False) + "\n"


def api_page() -> str:
    document = openapi_document()
    described = {tag["name"]: tag["description"] for tag in document.get("tags", ())}
    by_tag: dict[str, list[tuple[str, str, str]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            tag = operation.get("tags", ["other"])[0]
            row = (
                code(f"{method.upper()} {path}"),
                operation.get("summary", ""),
                _parameters(operation),
            )
            by_tag.setdefault(tag, []).append(row)
    return page(
        "HTTP API",
        document["info"]["description"],
        "The whole document is [openapi.json](openapi.json); a running gateway shows it at `/docs`, with an example "
        "for every operation.",
        *(
            section(tag, described.get(tag, ""), table(("operation", "what", "parameters"), rows))
            for tag, rows in by_tag.items()
        ),
    )


def _parameters(operation: Mapping[str, Any]) -> str:
    return ", ".join(
        code(item["name"]) for item in operation.get("parameters", ()) if item["in"] == "query"
    )
