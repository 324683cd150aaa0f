"""What a look ahead finds, account by account."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from argos.signals.precheck import AccountStanding, RouteStanding, verdict_of

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
GOOD = AccountStanding(
    account="demo-1", enabled=True, equity=Decimal(99_000), peak_equity=Decimal(100_000)
)
ROUTE = RouteStanding(
    route="paper", exists=True, enabled=True, brakes=(), accounts=(GOOD,), read_at=NOW
)


def found(standing: RouteStanding | None, *, limit: str | None = "0.10") -> tuple[str, str]:
    verdict = verdict_of(
        standing,
        symbol="AAPL",
        max_drawdown_fraction=None if limit is None else Decimal(limit),
        now=NOW,
    )
    return verdict.result.value, verdict.code


def of(*accounts: AccountStanding) -> RouteStanding:
    return replace(ROUTE, accounts=accounts)


BRAKED = replace(GOOD, brake="reducing")
HOLDS = replace(GOOD, held=frozenset({"AAPL"}))
FALLEN = replace(GOOD, equity=Decimal(90_000))
UNSEEN = replace(GOOD, equity=None)


@pytest.mark.parametrize(
    ("standing", "result", "code"),
    [
        (None, "unknown", "PRECHECK_NOT_READ"),
        (replace(ROUTE, read_at=NOW - timedelta(seconds=31)), "unknown", "PRECHECK_TOO_OLD"),
        (replace(ROUTE, exists=False), "refused", "ROUTE_UNKNOWN"),
        (replace(ROUTE, enabled=False), "refused", "ROUTE_DISABLED"),
        (replace(ROUTE, brakes=("global halted",)), "refused", "BRAKE_SET"),
        (of(), "refused", "ROUTE_WITHOUT_ACCOUNTS"),
        (of(replace(GOOD, enabled=False)), "refused", "ACCOUNT_DISABLED"),
        (of(BRAKED), "refused", "BRAKE_SET"),
        (of(HOLDS), "refused", "ALREADY_HELD"),
        (of(FALLEN), "refused", "DRAWDOWN_REACHED"),
        (of(UNSEEN), "unknown", "EQUITY_UNKNOWN"),
        (of(replace(GOOD, peak_equity=Decimal(0))), "unknown", "EQUITY_UNKNOWN"),
        (ROUTE, "passed", ""),
        (of(BRAKED, HOLDS, FALLEN, GOOD), "passed", ""),
        (of(BRAKED, UNSEEN), "unknown", "EQUITY_UNKNOWN"),
        (of(HOLDS, BRAKED), "refused", "ALREADY_HELD"),
    ],
)
def test_what_is_found(standing: RouteStanding | None, result: str, code: str) -> None:
    assert found(standing) == (result, code)


def test_without_a_limit_nobody_asks_for_equity() -> None:
    assert found(of(UNSEEN), limit=None) == ("passed", "")


def test_another_symbol_that_is_held_does_not_matter() -> None:
    assert found(of(replace(GOOD, held=frozenset({"IBM"})))) == ("passed", "")
