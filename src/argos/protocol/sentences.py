"""What happened to a trade, said to a person: one sentence per entry, with the numbers. Input is what the API shows."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

Item = Mapping[str, Any]
_BPS: Final = Decimal("0.1")
_REASONS: Final = {
    "sl": "stop hit: ",
    "tp": "target hit: ",
    "manual": "by hand: ",
    "stop_out": "margin call: ",
}


def _or_none(text: Any) -> Decimal | None:
    try:
        return Decimal(text) if text is not None else None
    except (InvalidOperation, TypeError, ValueError):
        return None


def _listed(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _named(name: str, value: Any) -> str:
    return f"{name} {value}" if value is not None else ""


def _terms(item: Item, *, price_name: str) -> str:
    """`at market` or `limit @ 12.34`; limits and stops name their price."""
    if item["order_type"] == "market":
        return "at market"
    return f"{item['order_type'].replace('_', '-')} @ {item[price_name]}"


def intent_sentence(intent: Item) -> str:
    words = [intent["action"], intent["side"], intent["symbol"]]
    if intent["action"] in {"open", "reverse"}:
        words.append(_terms(intent, price_name="entry_price"))
    wanted = _listed(
        " ".join(word for word in words if word),
        _named("price seen", intent["entry_price"]) if intent["order_type"] == "market" else "",
        _named("stop", intent["sl"]),
        _named("target", intent["tp"]),
    )
    return f"alert from {intent['source']}: {wanted} ({intent['bot_version']})"


def repeat_sentence(alert: Item) -> str:
    if alert["outcome"] == "duplicate":
        return "the same alert came again and changed nothing"
    return "an alert with the same event id and other content came; it was kept and not acted upon"


def order_sentence(order: Item) -> str:
    what = f"{order['side']} {order['qty']} {order['symbol']} {_terms(order, price_name='price')}"
    if order["denial_code"] is not None:
        return f"denied {order['denial_code']}: {order['denial_text']} ({what})"
    passed = sum(1 for check in order["checks"] if check.get("ok"))
    more = _listed(_named("stop", order["sl"]), _named("target", order["tp"]))
    return f"planned the {order['role']}: {_listed(what, more)}; {passed} checks passed"


def change_sentence(command: Item) -> str:
    """A cancel or modify: it has no order of its own."""
    if command["kind"] == "cancel":
        return f"planned to cancel the order in {command['symbol']}"
    wanted = _listed(
        _named("price", command["price"]),
        _named("stop", command["sl"]),
        _named("target", command["tp"]),
    )
    return f"planned to change {command['symbol']}: {wanted or 'nothing given'}"


def refusal_sentence(refusal: Item) -> str:
    return f"refused {refusal['code']}: {refusal['text']}"


def _leased(fact: Item, _: Item) -> str:
    return f"handed to node {fact['node']}"


def _send_started(_: Item, body: Item) -> str:
    bid, ask = body.get("bid"), body.get("ask")
    return f"sending to the venue, quote {bid} / {ask}" if bid and ask else "sending to the venue"


def _accepted(_: Item, body: Item) -> str:
    ticket = body.get("venue_order_id")
    less = f", for {body['qty']} only" if body.get("qty") else ""
    return f"the venue took it{f' as {ticket}' if ticket else ''}{less}"


def _with_words(beginning: str) -> Callable[[Item, Item], str]:
    def sentence(_: Item, body: Item) -> str:
        words = ": ".join(str(body[name]) for name in ("code", "text") if body.get(name))
        return f"{beginning}: {words}" if words else beginning

    return sentence


def _modified(_: Item, body: Item) -> str:
    terms = _listed(
        _named("price", body.get("price")),
        _named("stop", body.get("sl")),
        _named("target", body.get("tp")),
    )
    return f"changed at the venue: {terms or 'no price, no stop, no target'}"


def _not_found(_: Item, body: Item) -> str:
    looks = f"{body['looks']} looks in {body.get('seconds', 0)} s" if "looks" in body else "looking"
    return f"the venue does not have it, by {looks}: it never arrived"


_FACTS: Final[Mapping[str, Callable[[Item, Item], str]]] = {
    "leased": _leased,
    "unsent": _with_words("not sent"),
    "send_started": _send_started,
    "accepted": _accepted,
    "rejected": _with_words("the venue refused"),
    "canceled": _with_words("canceled at the venue"),
    "expired": _with_words("expired at the venue"),
    "modified": _modified,
    "in_doubt": _with_words("no usable answer, the outcome is open"),
    "not_found": _not_found,
}


def fact_sentence(fact: Item) -> str:
    """Of any fact about an order but a fill. A fact about a cancel or modify says so."""
    told = _FACTS[fact["kind"]](fact, fact["body"])
    about = fact["command_kind"]
    return f"{about}: {told}" if about in {"cancel", "modify"} else told


def fill_sentence(fill: Item) -> str:
    what = f"filled {fill['fill_qty']} {fill['symbol']} @ {fill['fill_price']} ({fill['account']})"
    return f"{_REASONS.get(fill['reason'], '')}{what}{_against_quote(fill)}"


def _against_quote(fill: Item) -> str:
    """How the fill stands to the side of the quote that it would have met when it was sent."""
    buying = fill["side"] == "buy"
    price = _or_none(fill["fill_price"])
    reference = _or_none(fill["ask_at_send" if buying else "bid_at_send"])
    if price is None or reference is None or reference <= 0:
        return ""
    bps = (price - reference) / reference * (10_000 if buying else -10_000)
    if bps == 0:
        return ", at the quote"
    return f", {abs(bps).quantize(_BPS)} bps {'worse' if bps > 0 else 'better'} than the quote"


def leg_sentence(leg: Item) -> str:
    result = _listed(
        f"{leg['outcome']}",
        f"filled {leg['filled_qty']} of {leg['intended_qty']}",
        _slippage(leg),
        f"net {leg['net_pnl']} {leg['currency']}" if leg["closed_at"] is not None else "",
        f"differs: {' '.join(leg['divergence'])}" if leg["divergence"] else "",
    )
    return f"reconciled, revision {leg['revision']}: {result}"


def _slippage(leg: Item) -> str:
    bps = _or_none(leg["slippage_bps"])
    return "" if bps is None else f"slippage {bps.quantize(_BPS)} bps ({leg['slippage_reference']})"


def discrepancy_sentence(discrepancy: Item) -> str:
    return (
        f"found {discrepancy['code']}: expected {_pairs(discrepancy['expected'])}, "
        f"observed {_pairs(discrepancy['observed'])}"
    )


def resolution_sentence(discrepancy: Item) -> str:
    return f"{discrepancy['code']} was resolved: {discrepancy['how']}"


def alarm_sentence(alarm: Item) -> str:
    return f"alarm {alarm['code']}: {alarm['text']}"


def _pairs(values: Any) -> str:
    if not isinstance(values, Mapping):
        return str(values)
    return " ".join(f"{name}={value}" for name, value in values.items()) or "nothing"
