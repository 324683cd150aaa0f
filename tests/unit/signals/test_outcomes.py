"""What came of votes and signals, by prices of one's own."""

from datetime import timedelta

import pytest

from argos.signals.outcomes import LeftOut, Opens, gather, outcome_of
from signal_stage import Stage, at, stage, vote, votes_for


def opens(*prices: float, every_s: int = 60) -> Opens:
    """Bars from the stage's first second on."""
    first = int(at(0).timestamp()) * 1_000_000_000
    return Opens([first + place * every_s * 1_000_000_000 for place in range(len(prices))], prices)


@pytest.mark.parametrize(
    ("seconds", "horizon_s", "rose"),
    [
        (0, 60, True),  # 10 to 11
        (1, 60, False),  # from the bar after it: 11 to 9
        (60, 60, False),  # 11 to 9
        (120, 60, None),  # 9 to 9
        (0, 240, True),  # 10 to 12
    ],
)
def test_an_outcome_is_from_the_next_open_to_that_after_the_horizon(
    seconds: float, horizon_s: int, rose: bool | None
) -> None:
    found = outcome_of(opens(10, 11, 9, 9, 12), at(seconds), horizon=timedelta(seconds=horizon_s))
    assert found is not None
    assert found.rose is rose
    assert found.known_at >= at(seconds + horizon_s)


@pytest.mark.parametrize(("seconds", "horizon_s"), [(240, 60), (-3600, 60), (250, 60)])
def test_without_both_prices_in_time_there_is_no_outcome(seconds: float, horizon_s: int) -> None:
    horizon = timedelta(seconds=horizon_s)
    assert outcome_of(opens(10, 11, 9, 9, 12), at(seconds), horizon=horizon) is None


def played() -> Stage:
    """A signal for a rise in AAPL at second 5, whose four votes came at second 0."""
    set_up = stage()
    set_up.publish(*votes_for("AAPL", now=at(0)))
    set_up.tick(0)
    set_up.tick(5)
    return set_up


def test_votes_and_the_signal_are_judged_by_what_came() -> None:
    set_up = played()
    with set_up.file.reading() as connection:
        found = gather(connection, {"AAPL": opens(10, 11, 12, 13)}, horizon=timedelta(seconds=60))
    assert {(claim.by, claim.p, claim.came_true) for claim in found.claims} == {
        ("massive", 0.8, True),
        ("alpha_vantage", 0.8, True),
        ("x_api", 0.8, True),
        ("sonar", 0.8, True),
        ("consensus", 1.0, True),
    }
    assert not found.left_out


def test_what_overlaps_has_no_price_or_is_simulated_is_left_out_and_counted() -> None:
    set_up = played()
    set_up.publish(
        vote("massive", "AAPL", "0.9", now=at(10)), vote("sonar", "IBM", "0.9", now=at(10))
    )
    set_up.tick(10)
    with set_up.file.reading() as connection:
        found = gather(connection, {"AAPL": opens(10, 11, 12)}, horizon=timedelta(seconds=60))
    assert len(found.claims) == 5
    assert found.left_out == {
        ("massive", LeftOut.OVERLAPS): 1,
        ("sonar", LeftOut.NO_PRICE): 1,
    }


def test_simulated_votes_say_nothing_of_real_prices() -> None:
    set_up = stage(simulated={"massive": True})
    set_up.publish(*votes_for("AAPL", now=at(0)))
    set_up.tick(0)
    set_up.tick(5)
    prices = {"AAPL": opens(10, 11, 12)}
    with set_up.file.reading() as connection:
        found = gather(connection, prices, horizon=timedelta(seconds=60))
        whole = gather(connection, prices, horizon=timedelta(seconds=60), with_simulated=True)
    assert found.left_out == {("consensus", LeftOut.SIMULATED): 1}
    assert len(whole.claims) == len(found.claims) + 1
