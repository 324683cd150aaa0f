"""Changes to the file: one value, or back to an earlier file with the secrets of today."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.config.document import secrets_in, without_secrets
from argos.config.editing import (
    restored,
    starting_file,
    value_of,
    with_value,
    without_value,
    written,
)
from argos.config.read import parse_config
from argos.core.errors import InputError


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        ("trading.min_confidence", "80", 80),
        ("trading.min_confidence", "80%", "80%"),
        ("trading.max_drawdown_pct", "null", None),
        ("trading.auto_execute", "true", True),
        ("trading.auto_execute", "yes", "yes"),
        ("strategy.version", "2", "2"),
        ("strategy.version", "true", "true"),
        ("massive.api_key", "12345", "12345"),
        ("x_api.bearer_token", "12345", "12345"),
        ("alpaca.dev.secret_key", '{"a": 1}', '{"a": 1}'),
        ("sources.symbols", "AAPL,MSFT", ["AAPL", "MSFT"]),
        ("sources.symbols", '["IBM"]', ["IBM"]),
        ("strategy.required", "", []),
        ("strategy.weights", '{"massive": 100}', {"massive": 100}),
        ("strategy.weights.massive", "40", 40),
        ("backtest.since", "2010-01-04", "2010-01-04"),
        ("backtest.data", "demo", ["demo"]),
        ("environment", "dev", "dev"),
        ("nothing.known", "1", 1),
    ],
)
def test_a_value_is_read_as_its_setting_holds_it(path: str, text: str, value: Any) -> None:
    found = value_of(path, text)
    assert found == value
    assert type(found) is type(value)


def test_one_value_is_set_and_the_others_stay_in_their_order() -> None:
    text = written({"trading": {"cycle_s": 10, "session": "auto"}, "massive": {"api_key": "K"}})
    changed = json.loads(with_value(text, "trading.min_confidence", 80))
    assert [*changed] == ["trading", "massive"]
    assert changed["trading"] == {"cycle_s": 10, "session": "auto", "min_confidence": 80}
    assert json.loads(with_value(None, "alpaca.dev.api_key", "K")) == {
        "alpaca": {"dev": {"api_key": "K"}}
    }


@pytest.mark.parametrize(
    ("held", "given"), [("api_key", "bearer_token"), ("bearer_token", "api_key")]
)
def test_a_key_stands_in_the_file_under_one_name(held: str, given: str) -> None:
    text = written({"x_api": {held: "", "every_s": 60}})
    changed = json.loads(with_value(text, f"x_api.{given}", "T"))
    assert changed == {"x_api": {"every_s": 60, given: "T"}}


def test_a_value_is_taken_out() -> None:
    text = written({"trading": {"cycle_s": 10}, "environment": "dev"})
    assert json.loads(without_value(text, "trading.cycle_s")) == {
        "trading": {},
        "environment": "dev",
    }
    assert "environment" not in json.loads(without_value(text, "environment"))
    for path in ("trading.session", "massive.api_key", "environment.x", ""):
        with pytest.raises(InputError) as caught:
            without_value(text, path)
        assert caught.value.code == "CONFIG_NOT_SET"


def test_an_earlier_file_comes_back_with_the_secrets_of_now() -> None:
    old = {"trading": {"cycle_s": 10}, "alpaca": {"dev": {}}}
    now = {
        "trading": {"cycle_s": 5},
        "x_api": {"bearer_token": "X", "every_s": 60},
        "alpaca": {"dev": {"api_key": "K", "secret_key": "S", "base_url": "https://h.example"}},
        "massive": {"api_key": ""},
    }
    assert json.loads(restored(old, json.dumps(now))) == {
        "trading": {"cycle_s": 10},
        "alpaca": {"dev": {"api_key": "K", "secret_key": "S"}},
        "x_api": {"bearer_token": "X"},
    }
    assert old == {"trading": {"cycle_s": 10}, "alpaca": {"dev": {}}}, "the history stays as it is"


def test_secrets_of_a_file_that_is_no_json_are_not_lost_on_the_way() -> None:
    with pytest.raises(InputError) as caught:
        restored({}, '{"massive": {"api_key": "K"}')
    assert caught.value.code == "CONFIG_NOT_JSON"


FILES = st.fixed_dictionaries(
    {},
    optional={
        "massive": st.fixed_dictionaries({}, optional={"api_key": st.text("ab1", min_size=1)}),
        "sonar": st.fixed_dictionaries({"every_s": st.integers(1, 100)}),
        "x_api": st.fixed_dictionaries({"bearer_token": st.text("ab1", min_size=1)}),
        "trading": st.fixed_dictionaries({"cycle_s": st.integers(1, 300)}),
    },
)


@given(FILES, FILES)
def test_a_rollback_takes_all_but_secrets_from_then_and_secrets_from_now(
    then: dict[str, Any], now: dict[str, Any]
) -> None:
    after = json.loads(restored(without_secrets(then), json.dumps(now)))
    assert secrets_in(after) == secrets_in(now)
    given_then = {name: part for name, part in without_secrets(then).items() if part}
    assert {name: part for name, part in without_secrets(after).items() if part} == given_then
    parse_config(json.dumps(after), {})


def test_the_file_to_begin_with_changes_nothing() -> None:
    begun, shipped = parse_config(starting_file(), {}), parse_config(None, {})
    assert begun.digest == shipped.digest
    assert secrets_in(json.loads(starting_file())) == {}
