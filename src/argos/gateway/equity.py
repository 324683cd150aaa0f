"""Keeps what accounts are worth: gathers a minute's snapshots in memory, and appends each minute once, off every path.

What a crash takes is the minute under way. A minute in which nothing changed is left out, but for the first one of each
quarter of an hour: a day begins and ends at one in every time zone.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from argos.core.account import AccountSnapshot
from argos.core.errors import StoreError
from argos.core.texts import decimal_text, moment_text, optional_decimal_text

SPAN_S: Final = 60
QUARTER_S: Final = 900
WAITING_MAX: Final = 20_000
"""Minutes that wait for a database that is away; the oldest go first."""


class EquityStore(Protocol):
    async def append(self, rows: Sequence[dict[str, Any]]) -> None: ...


@dataclass(slots=True)
class _Open:
    """The span under way."""

    number: int
    first: AccountSnapshot
    last: AccountSnapshot
    low: AccountSnapshot
    high: AccountSnapshot
    seen: int = 1


@dataclass(slots=True)
class EquityKeeper:
    """`see` is called with every snapshot and only compares numbers; `run` appends what is finished."""

    store: EquityStore
    clock: Callable[[], datetime]
    span_s: int = SPAN_S
    _open: dict[str, _Open] = field(default_factory=dict)
    _last: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    _quarter: dict[str, int] = field(default_factory=dict)
    _finished: list[dict[str, Any]] = field(default_factory=list)

    def see(self, snapshot: AccountSnapshot) -> None:
        """A snapshot that is older than the last one says nothing."""
        number = int(snapshot.taken_at.timestamp()) // self.span_s
        span = self._open.get(snapshot.account)
        if span is not None and snapshot.taken_at <= span.last.taken_at:
            return
        if span is None or span.number != number:
            if span is not None:
                self._finish(span)
            self._open[snapshot.account] = _Open(number, snapshot, snapshot, snapshot, snapshot)
            return
        span.last = snapshot
        span.seen += 1
        if snapshot.equity < span.low.equity:
            span.low = snapshot
        if snapshot.equity > span.high.equity:
            span.high = snapshot

    def finish(self, *, before: datetime | None = None) -> None:
        """Finish the spans that end before that moment; all of them without one."""
        limit = None if before is None else int(before.timestamp()) // self.span_s
        for account, span in list(self._open.items()):
            if limit is None or span.number < limit:
                del self._open[account]
                self._finish(span)

    def _finish(self, span: _Open) -> None:
        account = span.first.account
        quarter = span.number * self.span_s // QUARTER_S
        state = (span.last.balance, span.last.equity, span.last.credit, span.last.margin)
        is_still = (
            self._last.get(account) == state
            and span.low.equity == span.high.equity == span.last.equity
            and self._quarter.get(account) == quarter
        )
        if is_still:
            return
        self._last[account], self._quarter[account] = state, quarter
        self._finished.append(_row(span))
        del self._finished[:-WAITING_MAX]

    async def flush(self) -> None:
        """Append what is finished. Raises StoreError, and keeps it for the next time."""
        rows, self._finished = self._finished, []
        try:
            if rows:
                await self.store.append(rows)
        except BaseException:
            self._finished = [*rows, *self._finished][-WAITING_MAX:]
            raise

    async def run(self) -> None:
        """For ever; when cancelled, the spans under way are appended as they are."""
        try:
            while True:
                await asyncio.sleep(self.span_s)
                self.finish(before=self.clock())
                with contextlib.suppress(StoreError):
                    await self.flush()
        finally:
            self.finish()
            with contextlib.suppress(StoreError):
                await self.flush()


def _row(span: _Open) -> dict[str, Any]:
    first, last, low, high = span.first, span.last, span.low, span.high
    return {
        "account": last.account,
        "began_at": moment_text(first.taken_at),
        "ended_at": moment_text(last.taken_at),
        "first_balance": decimal_text(first.balance),
        "first_equity": decimal_text(first.equity),
        "low_equity": decimal_text(low.equity),
        "low_at": moment_text(low.taken_at),
        "high_equity": decimal_text(high.equity),
        "high_at": moment_text(high.taken_at),
        "balance": decimal_text(last.balance),
        "equity": decimal_text(last.equity),
        "credit": optional_decimal_text(last.credit),
        "margin": optional_decimal_text(last.margin),
        "currency": last.currency,
        "snapshots": span.seen,
    }
