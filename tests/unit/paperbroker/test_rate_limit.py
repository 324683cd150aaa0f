"""So many requests a minute, for each account by itself."""

from datetime import UTC, datetime, timedelta

from argos.paperbroker.rate_limit import RateLimit

MINUTE = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = MINUTE

    def __call__(self) -> datetime:
        return self.now


def test_what_is_too_much_waits_for_the_next_minute():
    clock = Clock()
    limit = RateLimit(2, clock)
    clock.now += timedelta(seconds=40)
    told = [limit.take("a") for _ in range(3)]
    assert [item.granted for item in told] == [True, True, False]
    assert [item.remaining for item in told] == [1, 0, 0]
    assert told[2].headers(clock.now) == {
        "X-RateLimit-Limit": "2",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(int(MINUTE.timestamp()) + 60),
        "Retry-After": "20",
    }
    assert "Retry-After" not in told[0].headers(clock.now)
    assert limit.take("b").granted, "another account has its own"
    clock.now = MINUTE + timedelta(seconds=60)
    assert limit.take("a").remaining == 1


def test_no_limit_is_none():
    assert RateLimit(0, Clock()).take("a") is None
