"""The journal as it is read: entries page by page, and finished trades for figures, as of one moment each."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import asyncpg

from argos.consensus.vote import Direction
from argos.core.errors import InputError
from argos.core.execution import FillReason
from argos.core.intent import Action, Side
from argos.performance.capital import Capital, capital_before
from argos.performance.entry import Entry, Origin, entry_of
from argos.performance.exits import ExitPart, exit_part
from argos.performance.finished import FinishedTrade
from argos.protocol.values import parse_moment
from argos.reconcile.revision import decode_leg
from argos.store.database import queries
from argos.store.decoding import decode_account_state
from argos.store.reading import Place, snapshot

FINISHED_MAX: Final = 20_000
"""Trades that figures are made of at most: more would hold up whoever asks, and say little more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which trades: those left None do not restrict. [since, until) is of the opening for entries, of the closing for
    finished trades. `symbol` is the account's own name for it; `strategy` has no version, `bot_version` has.
    """

    since: datetime | None = None
    until: datetime | None = None
    account: str | None = None
    symbol: str | None = None
    strategy: str | None = None
    bot_version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPage:
    """Newest opening first; `end` is None when nothing comes after."""

    entries: Sequence[Entry]
    end: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What came to no finished trade: `what` is legs or signals, `outcome` and `code` why, `n` how many."""

    what: str
    outcome: str
    code: str
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """Finished trades, what each of their accounts had at the start, and what stands beside them."""

    trades: Sequence[FinishedTrade]
    capitals: Mapping[str, Capital]
    beside: Sequence[Beside]


class JournalStore:
    """Reads as role argos_reader."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._sql = queries("journal")

    async def entries(
        self,
        choice: Choice,
        *,
        limit: int,
        after: Place | None = None,
        trade_id: str | None = None,
        is_open: bool | None = None,
    ) -> EntryPage:
        """One page. `is_open`: only those not finished, or only finished ones."""
        begin = [after.moment, list(after.ids)] if after else [None, None]
        async with snapshot(self._pool) as connection:
            rows = await connection.fetch(
                self._sql["entries"], limit + 1, *begin, choice.since, choice.until, trade_id,
                choice.account, choice.symbol, choice.strategy, choice.bot_version, is_open,
            )  # fmt: skip
        shown = rows[:limit]
        last = shown[-1] if len(rows) > limit else None
        return EntryPage(
            entries=[_entry(row) for row in shown],
            end=Place(moment=last["moment"], ids=(last["trade_id"], last["account"]))
            if last
            else None,
        )

    async def finished(self, choice: Choice) -> Finished:
        """All finished trades of the choice. Raises InputError PERFORMANCE_TOO_MANY for more than 20,000."""
        kinds = (choice.account, choice.symbol, choice.strategy, choice.bot_version)
        async with snapshot(self._pool) as connection:
            rows = await connection.fetch(
                self._sql["finished"], FINISHED_MAX + 1, choice.since, choice.until, *kinds
            )
            if len(rows) > FINISHED_MAX:
                raise InputError(
                    f"there are more than {FINISHED_MAX:,} finished trades in this time",
                    code="PERFORMANCE_TOO_MANY",
                    field="since",
                    fix="ask for less: a later since, one account, one strategy",
                )
            accounts = sorted({row["account"] for row in rows})
            held = await connection.fetch(self._sql["capital"], accounts, choice.since)
            legs = await connection.fetch(
                self._sql["legs_beside"], choice.since, choice.until, *kinds
            )
            signals = []
            if choice.account is None:
                signals = await connection.fetch(
                    self._sql["signals_beside"], choice.since, choice.until, choice.symbol,
                    choice.strategy, choice.bot_version,
                )  # fmt: skip
        return Finished(
            trades=await asyncio.to_thread(lambda: [_finished(row) for row in rows]),
            capitals={row["account"]: _capital(row) for row in held},
            beside=[*_beside("legs", legs), *_beside("signals", signals)],
        )


def _entry(row: Mapping[str, Any]) -> Entry:
    return entry_of(
        decode_leg(row["leg"]),
        Origin(
            source=row["source"],
            intent=row["intent"],
            checks=row["checks"] or (),
            exits=[_exit(item, trade_id=row["trade_id"]) for item in row["exits"] or ()],
            record=row["record"],
            environment=row["environment"] or "",
            simulated=bool(row["simulated"]),
            signal_end=row["signal_end"],
        ),
    )


def _exit(item: Mapping[str, Any], *, trade_id: str) -> ExitPart:
    return exit_part(
        FillReason(item["reason"]),
        qty=Decimal(item["qty"]),
        price=Decimal(item["price"]),
        at=parse_moment(item["at"], field="at"),
        action=Action(item["action"]) if item["action"] else None,
        asked_by=item["source"] or "",
        features=item["features"],
        own_order=item["order_trade_id"] == trade_id,
    )


def _finished(row: Mapping[str, Any]) -> FinishedTrade:
    sides = row["sides"]
    return FinishedTrade(
        trade_id=row["trade_id"],
        account=row["account"],
        currency=row["currency"],
        symbol=row["symbol"],
        bot_version=row["bot_version"],
        side=Side(row["side"]),
        opened_at=row["opened_at"],
        closed_at=row["closed_at"],
        gross_pnl=Decimal(row["gross_pnl"]),
        net_pnl=Decimal(row["net_pnl"]),
        r_multiple=None if row["r_multiple"] is None else Decimal(row["r_multiple"]),
        sides=None
        if sides is None
        else {source: Direction(side) for source, side in sides.items()},
        simulated=row["simulated"],
    )


def _capital(row: Mapping[str, Any]) -> Capital:
    return capital_before(
        decode_account_state(row),
        account=row["account"],
        currency=row["currency"],
        made=row["net_pnl"],
    )


def _beside(what: str, rows: Sequence[Mapping[str, Any]]) -> list[Beside]:
    return [
        Beside(what=what, outcome=row["outcome"], code=row["code"] or "", n=row["n"])
        for row in rows
    ]
