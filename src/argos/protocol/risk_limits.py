"""Risk limits as they are stored with an account and as an operator states them: names and plain values."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from argos.core.errors import InputError
from argos.core.risk_limits import (
    MEANINGS,
    NO_RISK_LIMITS,
    TRUTHS,
    WHOLE,
    RiskLimits,
    checked_risk_limits,
)
from argos.protocol.values import decimal_text, parse_decimal

OFF: Final = "none"
_TRUTHS: Final = {"true": True, "yes": True, "false": False, "no": False}
_PLAIN: Final = WHOLE | TRUTHS | {"day_timezone"}
"""Stored as JSON's own numbers, truths and texts; all others are texts that hold decimals."""


def decode_risk_limits(body: Mapping[str, Any] | None) -> RiskLimits:
    if not body:
        return NO_RISK_LIMITS
    values: dict[str, Any] = {
        name: value if value is None or name in _PLAIN else parse_decimal(value, field=name)
        for name, value in body.items()
        if name in MEANINGS
    }
    return RiskLimits(**values)


def encode_risk_limits(limits: RiskLimits) -> dict[str, Any]:
    """Only what differs from the start; null for a rule that held from the start and was turned off."""
    values = {name: getattr(limits, name) for name in MEANINGS}
    return {
        name: value if value is None or name in _PLAIN else decimal_text(value)
        for name, value in values.items()
        if value != getattr(NO_RISK_LIMITS, name)
    }


def change_risk_limits(held: RiskLimits, stated: Mapping[str, str]) -> RiskLimits:
    """`held` with what an operator stated; `none` turns a rule off.

    Raises InputError: RISK_LIMIT_UNKNOWN for a name that is no rule, RISK_LIMIT_INVALID for what no rule can hold by.
    """
    changed: dict[str, Any] = {name: _value(name, text) for name, text in stated.items()}
    return checked_risk_limits(replace(held, **changed))


def _value(name: str, text: str) -> Any:
    if name not in MEANINGS:
        raise InputError(
            f"there is no rule {name}; there are: {', '.join(MEANINGS)}",
            code="RISK_LIMIT_UNKNOWN",
            field=name,
            fix="see `argos risk rules`",
        )
    if text.lower() == OFF:
        return None
    try:
        if name in TRUTHS:
            return _TRUTHS[text.lower()]
        if name in WHOLE:
            return int(text)
    except (KeyError, ValueError):
        wanted = "true or false" if name in TRUTHS else "a whole number"
        raise InputError(
            f"{name} is {text!r}; it must be {wanted}",
            code="RISK_LIMIT_INVALID",
            field=name,
            fix=f"{name}: {MEANINGS[name]}; {OFF} turns the rule off",
        ) from None
    return text if name == "day_timezone" else parse_decimal(text, field=name)
