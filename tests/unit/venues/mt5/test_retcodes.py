"""Each return code has its class; an unknown one is doubt."""

import pytest

from argos.core.errors import VenueRefused, VenueUnreachable
from argos.ports import POSITION_CLOSED
from argos.venues.mt5.retcodes import VERDICTS, require_done
from argos.venues.mt5.standin.constants import CONSTANTS

# Facts: MQL5 reference, "Trade Server Return Codes".
DONE = {10008, 10009, 10010}
FOR_NOW = {10004, 10020, 10021, 10024, 10029}
OPEN = {10011, 10012, 10023, 10028, 10031, 10039}
SETUP = {10017, 10026, 10027, 10032}
NAMED = {value for name, value in CONSTANTS.items() if name.startswith("TRADE_RETCODE_")}


def test_every_code_that_the_package_names_is_in_the_table_and_one_more():
    assert set(VERDICTS) == NAMED | {10046}


@pytest.mark.parametrize("code", sorted(DONE))
def test_a_success_is_no_error(code):
    require_done(code, "", change=False)


@pytest.mark.parametrize("code", sorted(OPEN | {0, 10005, 10037, 10047, 99999}))
def test_an_open_or_unknown_code_is_doubt(code):
    with pytest.raises(VenueUnreachable, match=str(code)):
        require_done(code, "words", change=True)


@pytest.mark.parametrize("code", sorted(set(VERDICTS) - DONE - OPEN))
def test_every_other_code_is_a_definite_no(code):
    with pytest.raises(VenueRefused, match="words") as refusal:
        require_done(code, "words", change=False)
    assert refusal.value.venue_code == str(code)
    assert refusal.value.retryable is (code in FOR_NOW)
    assert (refusal.value.code == "VENUE_TRADING_DISABLED") is (code in SETUP)
    assert (refusal.value.code == POSITION_CLOSED) is (code == 10036)


def test_nothing_to_change_is_as_good_as_changed():
    require_done(10025, "", change=True)
    with pytest.raises(VenueRefused):
        require_done(10025, "", change=False)
