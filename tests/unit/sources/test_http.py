"""What an HTTP answer asks us to wait for."""

from datetime import UTC, datetime

import pytest

from argos.sources.http import Reply, failure_of, retry_after_s
from argos.sources.reasons import SourceReason

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
NOON_S = int(NOON.timestamp())


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "30"}, 30),
        ({"retry-after": "99999999999999"}, 86_400),
        ({"retry-after": "Tue, 24 Nov 2026 12:01:00 GMT"}, 60),
        ({"retry-after": "Tue, 24 Nov 2026 11:00:00 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"x-rate-limit-reset": str(NOON_S + 90)}, 90),
        ({"x-rate-limit-reset": "x"}, None),
        ({}, None),
    ],
)
def test_a_wait_is_read_however_it_is_told(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers, now=NOON) == seconds


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, SourceReason.REQUEST_REFUSED),
        (401, SourceReason.KEY_REFUSED),
        (402, SourceReason.DAY_LIMIT_REACHED),
        (403, SourceReason.NOT_ENTITLED),
        (404, SourceReason.SYMBOL_UNKNOWN),
        (429, SourceReason.RATE_LIMITED),
        (500, SourceReason.PROVIDER_FAILED),
        (504, SourceReason.PROVIDER_FAILED),
    ],
)
def test_a_status_is_told_as_what_it_means(status: int, reason: SourceReason) -> None:
    failure = failure_of(Reply(status=status, headers={}, body=b""), now=NOON)
    assert failure is not None
    assert failure.reason is reason


def test_success_is_no_failure() -> None:
    assert failure_of(Reply(status=200, headers={}, body=b""), now=NOON) is None
