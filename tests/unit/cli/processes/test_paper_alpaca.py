"""What `argos paper-alpaca` takes on its command line."""

from datetime import date

import pytest

from argos.cli.processes.paper_alpaca import read_faults, read_start
from argos.core.errors import InputError
from argos.paperbroker.settings import Fault


def test_faults_are_named_with_their_probability():
    assert read_faults(["slow=0.1", "stream_cut=1", "slow=.2"]) == {
        Fault.SLOW: 0.2,
        Fault.STREAM_CUT: 1.0,
    }


@pytest.mark.parametrize(
    "word", ["slow", "slow=", "slow=2", "slow=-0.1", "slow=x", "none=0.1", "="]
)
def test_other_faults_are_refused(word):
    with pytest.raises(InputError) as caught:
        read_faults([word])
    assert (caught.value.code, caught.value.field) == ("BROKER_FAULT_UNKNOWN", "--fault")


def test_a_replay_starts_within_the_prices():
    assert read_start("2008-09-15") == date(2008, 9, 15)
    for text in ("2004-08-18", "2013-03-02", "monday", ""):
        with pytest.raises(InputError) as caught:
            read_start(text)
        assert (caught.value.code, caught.value.field) == ("EXCHANGE_START_UNKNOWN", "--start")
