"""Parameters are assigned by name, and nothing is assigned that does not exist."""

from decimal import Decimal

import pytest

from argos.backtest.assignments import setting_of, settings_with, split, value_like
from argos.backtest.layout import SizeMode
from argos.backtest.settings import Settings
from argos.core.errors import InputError


def test_a_dot_parts_settings_from_the_strategys_own() -> None:
    assert split({"fast": 1, "exits.stop_fraction": 0.1}) == (
        {"fast": 1},
        {"exits.stop_fraction": 0.1},
    )


def test_only_what_is_named_changes() -> None:
    changed = settings_with(
        Settings(), {"exits.stop_fraction": 0.02, "costs.spread_bps": Decimal(3)}
    )
    assert setting_of(changed, "exits.stop_fraction") == 0.02
    assert setting_of(changed, "costs.spread_bps") == Decimal(3)
    assert changed.sizing == Settings().sizing


@pytest.mark.parametrize(
    ("name", "fix"),
    [("exits.stop", "stop_fraction"), ("exit.stop_fraction", "exits"), ("fast", "groups are")],
)
def test_an_unknown_setting_names_the_known(name: str, fix: str) -> None:
    with pytest.raises(InputError, match="BACKTEST_SETTING") as refused:
        settings_with(Settings(), {name: 1})
    assert refused.value.field == name
    assert fix in refused.value.fix


def test_a_value_out_of_bounds_is_refused() -> None:
    with pytest.raises(InputError, match="stop_fraction"):
        settings_with(Settings(), {"exits.stop_fraction": 2.0})


@pytest.mark.parametrize(
    ("example", "text", "value"),
    [
        (3, "7", 7),
        (0.5, "7", 7.0),
        (Decimal(1), "0.10", Decimal("0.10")),
        (True, "no", False),
        ("a", "7", "7"),
        (SizeMode.UNITS, "risk_fraction", SizeMode.RISK_FRACTION),
        (None, "7", 7),
        (None, "0.5", 0.5),
        (None, "true", True),
        (None, "close", "close"),
    ],
)
def test_a_text_takes_the_type_of_what_it_replaces(
    example: object, text: str, value: object
) -> None:
    found = value_like(example, text, name="x")
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("example", "text"), [(3, "7.5"), (0.5, "much"), (True, "maybe"), (SizeMode.UNITS, "big"), (Decimal(1), "x")]
)  # fmt: skip
def test_a_text_of_another_type_is_refused_by_name(example: object, text: str) -> None:
    with pytest.raises(InputError, match="BACKTEST_VALUE") as refused:
        value_like(example, text, name="fast")
    assert refused.value.field == "fast"
    assert refused.value.fix
