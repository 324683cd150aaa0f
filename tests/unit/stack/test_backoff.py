from hypothesis import given
from hypothesis import strategies as st

from argos.stack.backoff import Backoff


def test_the_wait_doubles_until_its_bound() -> None:
    backoff = Backoff(first_s=0.2, longest_s=10.0, calm_s=30.0)
    waits = [backoff.next_delay_s(lived_s=0.0) for _ in range(8)]
    assert waits == [min(10.0, 0.2 * 2**death) for death in range(8)]
    assert waits[-1] == 10.0


def test_a_long_life_starts_the_waits_over() -> None:
    backoff = Backoff(first_s=0.2, longest_s=10.0, calm_s=30.0)
    for _ in range(5):
        backoff.next_delay_s(lived_s=29.9)
    assert backoff.next_delay_s(lived_s=30.0) == 0.2
    assert backoff.next_delay_s(lived_s=0.0) == 0.4


@given(lives=st.lists(st.floats(min_value=0, max_value=1e6), max_size=200))
def test_no_history_of_deaths_leaves_the_bounds(lives: list[float]) -> None:
    backoff = Backoff()
    for lived_s in lives:
        assert backoff.first_s <= backoff.next_delay_s(lived_s=lived_s) <= backoff.longest_s
