"""Settings survive a trip through JSON, to the bit."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.backtest.settings import Calendar, Settings
from argos.core.errors import InputError
from argos.studies.settings_text import settings_document, settings_from
from unit.backtest.random_markets import random_run


@given(seed=st.integers(0, 10_000))
@settings(max_examples=50, deadline=None)
def test_settings_come_back_as_they_were(seed: int) -> None:
    given_settings = replace(random_run(seed, bars=10, symbols=1).settings, calendar=Calendar())
    text = json.dumps(settings_document(given_settings), allow_nan=False)
    back = settings_from(json.loads(text), given_settings.calendar)
    assert back == given_settings


def test_a_value_of_another_type_is_refused_by_name() -> None:
    document = settings_document(Settings())
    document["exits"]["hold_bars_max"] = "soon"
    with pytest.raises(InputError, match="hold_bars_max") as refused:
        settings_from(document)
    assert refused.value.code == "BACKTEST_VALUE"
