from hypothesis import given
from hypothesis import strategies as st

from argos.gateway.rate import BUCKETS_MAX, RateLimit


def test_a_burst_of_a_minute_s_worth_passes_and_no_more() -> None:
    limit = RateLimit()
    taken = [limit.allows("h", rate_per_minute=5, now_s=100.0) for _ in range(7)]
    assert taken == [True] * 5 + [False] * 2


def test_tokens_come_back_at_the_rate() -> None:
    limit = RateLimit()
    for _ in range(6):
        limit.allows("h", rate_per_minute=6, now_s=0.0)
    assert not limit.allows("h", rate_per_minute=6, now_s=9.0)
    assert limit.allows("h", rate_per_minute=6, now_s=10.0)
    assert not limit.allows("h", rate_per_minute=6, now_s=10.0)


def test_a_long_pause_saves_up_one_burst_only() -> None:
    limit = RateLimit()
    limit.allows("h", rate_per_minute=3, now_s=0.0)
    taken = [limit.allows("h", rate_per_minute=3, now_s=1e6) for _ in range(5)]
    assert taken == [True] * 3 + [False] * 2


def test_hooks_do_not_take_each_other_s_tokens() -> None:
    limit = RateLimit()
    assert limit.allows("a", rate_per_minute=1, now_s=0.0)
    assert limit.allows("b", rate_per_minute=1, now_s=0.0)
    assert not limit.allows("a", rate_per_minute=1, now_s=0.0)


def test_a_lower_rate_holds_at_once() -> None:
    limit = RateLimit()
    assert limit.allows("h", rate_per_minute=100, now_s=0.0)
    taken = [limit.allows("h", rate_per_minute=2, now_s=0.0) for _ in range(3)]
    assert taken == [True, True, False]


def test_the_number_of_buckets_is_bounded() -> None:
    limit = RateLimit()
    for n in range(2 * BUCKETS_MAX + 10):
        limit.allows(str(n), rate_per_minute=1, now_s=0.0)
    assert len(limit._buckets) <= BUCKETS_MAX


@given(
    waits_s=st.lists(st.floats(0, 30), max_size=200),
    rate_per_minute=st.integers(1, 120),
)
def test_never_more_than_a_burst_and_the_rate_pass(
    waits_s: list[float], rate_per_minute: int
) -> None:
    limit = RateLimit()
    now_s, passed = 0.0, 0
    for wait_s in waits_s:
        now_s += wait_s
        passed += limit.allows("h", rate_per_minute=rate_per_minute, now_s=now_s)
    assert passed <= rate_per_minute + now_s * rate_per_minute / 60 + 1e-6
