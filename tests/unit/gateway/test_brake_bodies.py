"""Halt and resume as they come over the wire."""

import pytest
from pydantic import ValidationError

from argos.gateway.brakes import BrakeBody, HaltBody


@pytest.mark.parametrize("key", [{}, {"key": ""}, {"key": None}])
def test_the_global_brake_has_no_key_however_that_is_said(key: dict[str, object]) -> None:
    assert HaltBody.model_validate({"scope": "global", "reason": "news", **key}).key == ""
    assert BrakeBody.model_validate({"scope": "global", **key}).key == ""


@pytest.mark.parametrize("key", [{}, {"key": None}, {"key": 5}])
def test_the_brake_of_an_account_names_it(key: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        BrakeBody.model_validate({"scope": "account", **key})
