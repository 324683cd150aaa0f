"""What a node file may say of an Alpaca account, and to whom keys are never sent."""

import pytest

from argos.core.errors import InputError
from argos.venues.alpaca.settings import DATA_API, PAPER_API, alpaca_settings

KEYS = {"key_id": "PKTEST", "secret_key": "verysecret"}


def test_with_keys_alone_it_is_alpacas_paper_trading():
    settings = alpaca_settings(KEYS)
    assert (settings.api_url, settings.data_url) == (PAPER_API, DATA_API)
    assert settings.stream_url == "wss://paper-api.alpaca.markets/stream"
    assert "verysecret" not in repr(settings)


def test_an_exchange_on_this_machine_needs_no_encryption():
    local = alpaca_settings({**KEYS, "api_url": "http://127.0.0.1:8210/", "data_url": ""})
    assert (local.api_url, local.data_url) == ("http://127.0.0.1:8210", "")
    assert local.stream_url == "ws://127.0.0.1:8210/stream"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"api_url": "http://paper-api.alpaca.markets"}, "api_url"),
        ({"stream_url": "ws://paper-api.alpaca.markets/stream"}, "stream_url"),
        ({"data_url": "http://127.0.0.1.example.com"}, "data_url"),
        ({"data_url": "ftp://127.0.0.1"}, "data_url"),
        ({"api_url": "https://"}, "api_url"),
        ({"key_id": ""}, "key_id"),
        ({"secret_key": "two\nlines"}, "secret_key"),
        ({"secret_key": None}, "secret_key"),
        ({"requests_per_minute": -1}, "requests_per_minute"),
        ({"requests_per_minute": "many"}, None),
        ({"symbols": 5}, None),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(change, field):
    with pytest.raises(InputError) as refusal:
        alpaca_settings({**KEYS, **change})
    assert (refusal.value.code, refusal.value.field) == ("ALPACA_SETTINGS_INVALID", field)
    assert "verysecret" not in str(refusal.value)
