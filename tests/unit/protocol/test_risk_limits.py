"""Risk limits as an operator states them, and as they are stored."""

from decimal import Decimal

import pytest

from argos.core.errors import InputError
from argos.core.risk_limits import MEANINGS, NO_RISK_LIMITS, WHOLE, RiskLimits
from argos.protocol.risk_limits import change_risk_limits, decode_risk_limits, encode_risk_limits

D = Decimal


def test_what_is_stated_is_set_none_turns_off_and_the_rest_stays() -> None:
    held = RiskLimits(cooldown_s=60, gross_fraction_max=D(2))
    stated = {"cooldown_s": "none", "daily_loss_fraction_max": "0.03", "flat_only": "Yes"}
    assert change_risk_limits(held, stated) == RiskLimits(
        gross_fraction_max=D(2), daily_loss_fraction_max=D("0.03"), flat_only=True
    )


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        ({"daily_loss": "0.03"}, "RISK_LIMIT_UNKNOWN"),
        ({"cooldown_s": "1.5"}, "RISK_LIMIT_INVALID"),
        ({"cooldown_s": "0"}, "RISK_LIMIT_INVALID"),
        ({"flat_only": "perhaps"}, "RISK_LIMIT_INVALID"),
        ({"quote_required": "1"}, "RISK_LIMIT_INVALID"),
        ({"price_apart_fraction_max": "5"}, "RISK_LIMIT_INVALID"),
        ({"daily_loss_fraction_max": "5"}, "RISK_LIMIT_INVALID"),
        ({"gross_fraction_max": "-1"}, "RISK_LIMIT_INVALID"),
        ({"day_timezone": "Mars/Olympus"}, "RISK_LIMIT_INVALID"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_name(stated: dict[str, str], code: str) -> None:
    with pytest.raises(InputError) as refused:
        change_risk_limits(NO_RISK_LIMITS, stated)
    assert (refused.value.code, refused.value.field) == (code, next(iter(stated)))


def test_five_is_not_taken_for_five_percent() -> None:
    with pytest.raises(InputError, match=r"0\.05 is 5 %"):
        change_risk_limits(NO_RISK_LIMITS, {"drawdown_fraction_max": "5"})


def test_only_what_is_set_is_stored_and_it_comes_back() -> None:
    assert encode_risk_limits(NO_RISK_LIMITS) == {}
    assert decode_risk_limits({}) is decode_risk_limits(None) is NO_RISK_LIMITS
    plain = {"flat_only": "false", "quote_required": "true", "day_timezone": "Europe/Prague"}
    stated = {
        name: "0.5" if name == "level_apart_fraction_max" else "1"
        for name in MEANINGS
        if name not in plain
    } | plain
    limits = change_risk_limits(NO_RISK_LIMITS, stated)
    stored = encode_risk_limits(limits)
    assert stored.keys() == MEANINGS.keys()
    assert all(isinstance(stored[name], int) for name in WHOLE)
    assert decode_risk_limits(stored) == limits


def test_a_rule_that_holds_from_the_start_is_stored_where_it_was_changed_or_turned_off() -> None:
    off = change_risk_limits(NO_RISK_LIMITS, {"price_apart_fraction_max": "none"})
    assert encode_risk_limits(off) == {"price_apart_fraction_max": None}
    assert decode_risk_limits(encode_risk_limits(off)) == off
    tight = change_risk_limits(off, {"price_apart_fraction_max": "0.02", "cooldown_s": "60"})
    assert encode_risk_limits(tight) == {"price_apart_fraction_max": "0.02", "cooldown_s": 60}
    again = change_risk_limits(tight, {"price_apart_fraction_max": "0.2", "cooldown_s": "none"})
    assert encode_risk_limits(again) == {}
    assert decode_risk_limits({"cooldown_s": 60}).price_apart_fraction_max == D("0.2")
