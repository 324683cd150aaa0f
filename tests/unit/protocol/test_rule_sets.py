"""A firm's rules as an operator states them and as they are stored: every field both ways, and what is refused."""

from dataclasses import fields, replace
from datetime import UTC, datetime, time
from decimal import Decimal

import orjson
import pytest

from argos.core.errors import InputError
from argos.core.rule_set import DayBase, LimitOf, NewsBlock, RuleAccount, RuleSet, Trail
from argos.protocol.rule_sets import (
    CAN_BE_OFF,
    change_rule_set,
    decode_rule_account,
    decode_rule_set,
    encode_rule_account,
    encode_rule_set,
)
from argos.risk.rule_presets import FTMO_2_STEP, RULE_SETS, TOLD_BY

D = Decimal
STATED = {
    "timezone": ("America/New_York", "America/New_York"),
    "reset_at": ("17:00", time(17)),
    "daily_fraction": ("0.04", D("0.04")),
    "daily_limit_of": ("day_base", LimitOf.DAY_BASE),
    "daily_base": ("HIGHER", DayBase.HIGHER),
    "first_day_initial": ("no", False),
    "max_fraction": ("0.06", D("0.06")),
    "trail": ("equity", Trail.EQUITY),
    "locks_at_initial": ("true", True),
    "best_day_fraction_max": ("0.4", D("0.4")),
    "news_window_s": ("300", 300),
    "news_blocks": ("open, fill", frozenset({NewsBlock.OPEN, NewsBlock.FILL})),
    "lots_per_fx_order_max": ("12.5", D("12.5")),
    "open_orders_max": ("7", 7),
    "requests_per_day_max": ("500", 500),
    "buffer_fraction": ("0.5", D("0.5")),
}
"""Each field as it is stated, and what it becomes."""


def test_every_field_of_a_rule_set_but_its_name_can_be_stated():
    assert STATED.keys() == {item.name for item in fields(RuleSet)} - {"name"}
    changed = change_rule_set(FTMO_2_STEP, {name: text for name, (text, _) in STATED.items()})
    assert changed == RuleSet(
        name="ftmo-2-step", **{name: value for name, (_, value) in STATED.items()}
    )


@pytest.mark.parametrize("name", sorted(CAN_BE_OFF))
def test_a_rule_that_a_plan_may_do_without_is_turned_off(name):
    full = change_rule_set(FTMO_2_STEP, {name: text for name, (text, _) in STATED.items()})
    off = change_rule_set(full, {name: "none"})
    assert off == replace(full, **{name: None})
    assert decode_rule_set(encode_rule_set(off)) == off


@pytest.mark.parametrize("rules", RULE_SETS.values(), ids=lambda rules: rules.name)
def test_a_plan_is_stored_whole(rules):
    stored = orjson.loads(orjson.dumps(encode_rule_set(rules)))
    assert decode_rule_set(stored) == rules
    assert TOLD_BY[rules.name]


def test_an_account_under_rules_is_stored_with_what_the_firm_counts_from():
    account = RuleAccount(
        rules=FTMO_2_STEP,
        initial_balance=D("100000.50"),
        started_at=datetime(2026, 11, 2, 8, tzinfo=UTC),
        peak=D(104_000),
    )
    assert decode_rule_account(encode_rule_account(account)) == account
    assert decode_rule_account(None) is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("daily_fraction", "5"),
        ("daily_fraction", "0"),
        ("daily_fraction", "much"),
        ("buffer_fraction", "none"),
        ("timezone", "Mars/Olympus"),
        ("timezone", "none"),
        ("reset_at", "25:00"),
        ("trail", "up"),
        ("news_blocks", "open,never"),
        ("open_orders_max", "0"),
        ("open_orders_max", "1.5"),
        ("lots_per_fx_order_max", "-1"),
        ("first_day_initial", "perhaps"),
    ],
)
def test_a_value_that_a_rule_cannot_have_is_refused_by_name(name, text):
    with pytest.raises(InputError) as refused:
        change_rule_set(FTMO_2_STEP, {name: text})
    assert (refused.value.code, refused.value.field) == ("RULE_SET_INVALID", name)


@pytest.mark.parametrize("name", ["name", "daily", ""])
def test_a_name_that_is_no_field_is_refused(name):
    with pytest.raises(InputError) as refused:
        change_rule_set(FTMO_2_STEP, {name: "0.05"})
    assert refused.value.code == "RULE_SET_FIELD_UNKNOWN"
