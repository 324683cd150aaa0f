"""A firm's rules as they are stored with an account, and as an operator states what differs from a preset."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from datetime import time
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from argos.core.errors import InputError
from argos.core.money import ONE, ZERO
from argos.core.rule_set import DayBase, LimitOf, NewsBlock, RuleAccount, RuleSet, Trail
from argos.protocol.values import (
    decimal_text,
    moment_text,
    optional_decimal,
    optional_decimal_text,
    parse_decimal,
    parse_moment,
)

OFF: Final = "none"
_TRUTHS: Final = {"true": True, "yes": True, "false": False, "no": False}


def _fraction(text: str) -> Decimal:
    value = parse_decimal(text, field="value")
    if not ZERO < value <= ONE:
        raise ValueError
    return value


def _above_zero(text: str) -> Decimal:
    value = parse_decimal(text, field="value")
    if value <= 0:
        raise ValueError
    return value


def _count(text: str) -> int:
    if int(text) < 1:
        raise ValueError
    return int(text)


def _zone(text: str) -> str:
    ZoneInfo(text)
    return text


def _blocks(text: str) -> frozenset[NewsBlock]:
    return frozenset(NewsBlock(name.strip().lower()) for name in text.split(","))


_FRACTION: Final = (_fraction, "a fraction above 0 and 1 at most: 0.05 is 5 %")
_TRUTH: Final = (lambda text: _TRUTHS[text.lower()], "true or false")
_COUNT: Final = (_count, "a whole number of 1 or more")
_Reading = tuple[Callable[[str], Any], str]
_READ: Final[Mapping[str, _Reading]] = MappingProxyType(
    {
        "timezone": (_zone, "a time zone such as Europe/Prague"),
        "reset_at": (time.fromisoformat, "a time of day such as 00:30"),
        "daily_fraction": _FRACTION,
        "daily_limit_of": (lambda text: LimitOf(text.lower()), " or ".join(LimitOf)),
        "daily_base": (lambda text: DayBase(text.lower()), ", ".join(DayBase)),
        "first_day_initial": _TRUTH,
        "max_fraction": _FRACTION,
        "trail": (lambda text: Trail(text.lower()), ", ".join(Trail)),
        "locks_at_initial": _TRUTH,
        "best_day_fraction_max": _FRACTION,
        "news_window_s": _COUNT,
        "news_blocks": (_blocks, f"some of {','.join(NewsBlock)}, with commas"),
        "lots_per_fx_order_max": (_above_zero, "a number above 0"),
        "open_orders_max": _COUNT,
        "requests_per_day_max": _COUNT,
        "buffer_fraction": _FRACTION,
    }
)
"""What an operator may state otherwise, how it is read, and what it must be. A test holds the names to RuleSet's."""
_DEFAULTS: Final = RuleSet(name="", timezone="UTC")
CAN_BE_OFF: Final = frozenset(
    {item.name for item in fields(RuleSet) if getattr(_DEFAULTS, item.name) is None}
)
"""Rules that a plan may do without."""


def change_rule_set(rules: RuleSet, stated: Mapping[str, str]) -> RuleSet:
    """`rules` with what an operator stated; `none` turns a rule off that a plan may do without.

    Raises InputError: RULE_SET_FIELD_UNKNOWN for a name that is no field, RULE_SET_INVALID for a value it cannot have.
    """
    return replace(rules, **{name: _value(name, text) for name, text in stated.items()})


def _value(name: str, text: str) -> Any:
    if name not in _READ:
        raise InputError(
            f"a rule set has no {name}; it has: {', '.join(_READ)}",
            code="RULE_SET_FIELD_UNKNOWN",
            field=name,
            fix="see `argos risk firms`",
        )
    if name in CAN_BE_OFF and text.lower() == OFF:
        return None
    read, wanted = _READ[name]
    try:
        return read(text)
    except (KeyError, ValueError, OSError, ZoneInfoNotFoundError, InputError):
        raise InputError(
            f"{name} is {text!r}; it must be {wanted}",
            code="RULE_SET_INVALID",
            field=name,
            fix="see `argos risk firms` for the figures of each plan",
        ) from None


def encode_rule_set(rules: RuleSet) -> dict[str, Any]:
    """Plain values; only what differs from a set without rules. Whole figures: a preset may change, this does not."""
    return {
        item.name: _plain(getattr(rules, item.name))
        for item in fields(RuleSet)
        if getattr(rules, item.name) != getattr(_DEFAULTS, item.name) or item.name == "timezone"
    }


def decode_rule_set(body: Mapping[str, Any]) -> RuleSet:
    stated = {name: str(value) for name, value in body.items() if name in _READ}
    stated |= {name: ",".join(value) for name, value in body.items() if isinstance(value, list)}
    return change_rule_set(replace(_DEFAULTS, name=str(body["name"])), stated)


def encode_rule_account(account: RuleAccount) -> dict[str, Any]:
    """Without the news, which is kept for all accounts together."""
    return {
        "rules": encode_rule_set(account.rules),
        "initial_balance": decimal_text(account.initial_balance),
        "started_at": moment_text(account.started_at),
        "peak": optional_decimal_text(account.peak),
    }


def decode_rule_account(body: Mapping[str, Any] | None) -> RuleAccount | None:
    if body is None:
        return None
    return RuleAccount(
        rules=decode_rule_set(body["rules"]),
        initial_balance=parse_decimal(body["initial_balance"], field="initial_balance"),
        started_at=parse_moment(body["started_at"], field="started_at"),
        peak=optional_decimal(body.get("peak"), field="peak"),
    )


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return decimal_text(value)
        case time():
            return value.isoformat("minutes")
        case frozenset():
            return _names(value)
        case _:
            return value


def _names(blocks: Iterable[NewsBlock]) -> list[str]:
    return sorted(block.value for block in blocks)
