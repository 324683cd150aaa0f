"""Settings: keys stay hidden and go to their provider alone; without a key the fixture server is asked."""

import json
from decimal import Decimal
from typing import Any

import pytest

from argos.core.errors import InputError
from argos.sources.budget import microdollars
from argos.sources.settings import FIXTURE_KEY, PROVIDERS, parse_sources

KEY = "Q7X2SECRET9KEY1Z"


def test_without_a_key_every_source_is_simulated() -> None:
    settings = parse_sources(None, {})
    for name in PROVIDERS:
        assert settings.url_of(name) == f"http://127.0.0.1:8090/{name}"
        assert settings.key_of(name) == FIXTURE_KEY
        assert settings.is_simulated(name)


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_key_goes_to_its_provider(name: str) -> None:
    settings = parse_sources(json.dumps({name: {"api_key": KEY}}), {})
    assert settings.url_of(name).startswith("https://")
    assert settings.key_of(name) == KEY
    assert not settings.is_simulated(name)
    assert KEY not in repr(settings)
    assert [settings.is_simulated(other) for other in PROVIDERS if other != name] == [True] * 3


def test_a_key_that_is_pointed_at_this_machine_is_still_simulated() -> None:
    section = {"api_key": KEY, "base_url": "http://127.0.0.1:9999/massive"}
    assert parse_sources(json.dumps({"massive": section}), {}).is_simulated("massive")


def test_the_environment_goes_before_the_file_and_other_sections_are_left_alone() -> None:
    text = json.dumps(
        {
            "massive": {"every_s": 15},
            "alpaca": {"anything": 1},
            "sources": {"symbols": ["IBM"]},
            "x_api": {"bearer_token": KEY},
        }
    )
    environ = {"ARGOS_MASSIVE_CALLS_PER_MINUTE": "5", "ARGOS_SOURCES_SYMBOLS": "AAPL,GOOG"}
    settings = parse_sources(text, environ)
    assert settings.massive.every_s == 15
    assert settings.massive.calls_per_minute == 5
    assert settings.symbols == ("AAPL", "GOOG")
    assert settings.key_of("x_api") == KEY


@pytest.mark.parametrize("in_file", ["api_key", "bearer_token"])
@pytest.mark.parametrize("variable", ["ARGOS_X_API_API_KEY", "ARGOS_X_API_BEARER_TOKEN"])
def test_a_key_of_the_environment_goes_before_the_file_by_either_name(
    in_file: str, variable: str
) -> None:
    settings = parse_sources(json.dumps({"x_api": {in_file: "of the file"}}), {variable: KEY})
    assert settings.key_of("x_api") == KEY


def test_null_in_the_environment_is_no_limit() -> None:
    assert parse_sources(None, {"ARGOS_X_API_USD_PER_DAY": "null"}).x_api.usd_per_day is None


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"massive": {"api_key": KEY, "base_url": "http://api.massive.com"}}, "massive.base_url"),
        ({"massive": {"base_url": f"https://user:{KEY}@host"}}, "massive.base_url"),
        ({"massive": {"every_s": 0}}, "massive.every_s"),
        ({"massive": {"speed": 1}}, "massive.speed"),
        ({"sonar": {"retries_max": 99}}, "sonar.retries_max"),
        ({"sources": {"fixture_url": "https://elsewhere.example"}}, "fixture_url"),
        ({"sources": {"symbols": ["AAPL", "AAPL"]}}, "symbols"),
        ({"sources": {"symbols": []}}, "symbols"),
        ({"sources": {"symbols": ["A,B"]}}, "symbols.0"),
        ({"massive": KEY}, "massive"),
        ([KEY], "config.json"),
    ],
)
def test_a_bad_setting_is_named_and_its_value_is_not(document: Any, field: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_sources(json.dumps(document), {})
    assert caught.value.code == "SOURCES_INVALID"
    assert caught.value.field == field
    assert KEY not in str(caught.value)


def test_an_amount_is_rounded_up_to_a_millionth() -> None:
    amounts = ("0.005", "0.0000001", "0", "1")
    assert [microdollars(Decimal(text)) for text in amounts] == [5000, 1, 0, 1_000_000]
