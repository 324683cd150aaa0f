"""What `argos nodes add-alpaca` makes of its options, and where keys come from."""

import pytest

from argos.cli.nodes.alpaca import account_of, addresses_of, keys_of
from argos.config.read import parse_config
from argos.core.errors import InputError
from argos.venues.alpaca.settings import DATA_API, LIVE_API, PAPER_API

LOCAL = "http://127.0.0.1:8210"


@pytest.mark.parametrize(
    ("live", "api_url", "data_url", "expected"),
    [
        (False, None, None, (PAPER_API, DATA_API)),
        (True, None, None, (LIVE_API, DATA_API)),
        (False, LOCAL, None, (LOCAL, LOCAL)),
        (False, LOCAL, DATA_API, (LOCAL, DATA_API)),
        (False, LOCAL, "", (LOCAL, "")),
    ],
)
def test_addresses_are_alpacas_or_those_of_an_exchange_of_ones_own(
    live, api_url, data_url, expected
):
    found = addresses_of(live=live, api_url=api_url, data_url=data_url)
    assert (found["api_url"], found["data_url"]) == expected


def test_real_money_and_another_exchange_are_not_asked_for_together():
    with pytest.raises(InputError) as refusal:
        addresses_of(live=True, api_url=LOCAL, data_url=None)
    assert refusal.value.code == "ALPACA_ADDRESS_TWICE"


def test_keys_are_those_of_the_environment():
    environ = {"APCA_API_KEY_ID": "PK1", "APCA_API_SECRET_KEY": "secret"}
    assert keys_of(environ, asks=False) == {"key_id": "PK1", "secret_key": "secret"}


@pytest.mark.parametrize("environ", [{}, {"APCA_API_KEY_ID": "PK1"}, {"APCA_API_SECRET_KEY": "s"}])
def test_without_a_person_to_ask_missing_keys_are_told(environ):
    with pytest.raises(InputError) as refusal:
        keys_of(environ, asks=False)
    assert refusal.value.code == "ALPACA_KEYS_MISSING"


CONFIG = """{"alpaca": {
    "dev": {"api_key": "PK1", "secret_key": "s1", "base_url": "http://127.0.0.1:8210"},
    "production": {"api_key": "AK2", "secret_key": "s2"}
}}"""


@pytest.mark.parametrize(
    ("environment", "key_id", "api_url"), [("dev", "PK1", LOCAL), ("production", "AK2", LIVE_API)]
)
def test_the_configured_account_is_the_one_in_force(environment, key_id, api_url):
    config = parse_config(CONFIG, {"ARGOS_ENVIRONMENT": environment})
    found = account_of(config.alpaca)
    assert (found["key_id"], found["api_url"]) == (key_id, api_url)


def test_a_configuration_without_keys_makes_no_node():
    with pytest.raises(InputError) as refusal:
        account_of(parse_config("{}", {}).alpaca)
    assert refusal.value.code == "ALPACA_KEYS_MISSING"
