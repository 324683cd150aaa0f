"""Errors keep what they carry, in another process, too."""

import pickle

import pytest

from argos.core.errors import InputError, VenueRefused


@pytest.mark.parametrize(
    "error",
    [
        InputError("no", code="SPACE_INVALID", field="fast", fix="write 1..2"),
        InputError("no"),
        VenueRefused("no", code="VENUE_SAYS_NO", venue_code="10013", retryable=True),
    ],
)
def test_an_error_comes_out_of_another_process_as_it_went_in(error):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)
