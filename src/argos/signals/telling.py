"""Tells the database what the file holds of signals: in order, in batches, each row once however often it is told."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

import structlog

from argos.core.canonical import sha256_of
from argos.core.errors import InputError, StoreError
from argos.core.texts import parse_decimal, parse_moment
from argos.signals.connections import Pools
from argos.signals.file import SignalFile
from argos.signals.outbox import DELIVERED, TOLD, Outbox, OutboxKind, OutboxRow
from argos.store.signals import NewRow, SignalStore

BATCH_ROWS: Final = 100
SET_ASIDE: Final = ("SIGNAL_CONTRADICTS", "SIGNAL_ROW_UNUSABLE", "VALUE_UNSTORABLE")
"""Outcomes of rows that the database does not hold and never will: somebody must look at them."""
_log = structlog.get_logger("argos.signals")


def chain_name(file: SignalFile) -> str:
    """The name under which this file's chain is known elsewhere: made at the first call, and kept in the file.

    A new file begins a new chain. A copy of a file goes on under the old name, so that what it says otherwise shows.
    """
    with file.transaction() as connection:
        connection.execute("INSERT OR IGNORE INTO meta VALUES ('chain', ?)", (str(uuid4()),))
        (name,) = connection.execute("SELECT value FROM meta WHERE key = 'chain'").fetchone()
    return str(name)


def new_row(row: OutboxRow, *, chain: str) -> NewRow:
    """The row as the database takes it. Raises InputError SIGNAL_ROW_UNUSABLE for one that is not as it should be."""
    try:
        values = _VALUES[row.kind](row.payload, chain)
    except (KeyError, TypeError, ValueError, InputError) as error:
        raise _unusable(row, repr(error)) from None
    return NewRow(number=row.number, table=row.kind.value, values=values)


def _unusable(row: OutboxRow, why: str) -> InputError:
    return InputError(
        f"row {row.number} of the outbox, {row.kind} {row.subject}, cannot be told: {why}",
        code="SIGNAL_ROW_UNUSABLE",
        field="payload",
        fix="keep the file for whoever looks into it; later rows go on",
    )


def _signal(payload: Mapping[str, Any], chain: str) -> dict[str, Any]:
    record = payload["record"]
    signal = record["signal"]
    if sha256_of(record) != payload["record_hash"]:
        raise ValueError("the hash is not the record's")
    probability = signal["probability"]
    return {
        "signal_id": UUID(signal["signal_id"]),
        "chain": chain,
        "sequence": int(record["sequence"]),
        **{name: str(signal[name]) for name in _SIGNAL_TEXTS},
        "score": parse_decimal(signal["score"], field="score"),
        "probability": None
        if probability is None
        else parse_decimal(probability, field="probability"),
        "simulated": bool(signal["simulated"]),
        "at": parse_moment(record["at"], field="at"),
        "valid_until": parse_moment(signal["valid_until"], field="valid_until"),
        "record": record,
        "record_hash": payload["record_hash"],
    }


_SIGNAL_TEXTS: Final = (
    "symbol",
    "strategy",
    "version",
    "direction",
    "status",
    "environment",
    "config_digest",
)


def _configuration(payload: Mapping[str, Any], _: str) -> dict[str, Any]:
    return {"digest": str(payload["digest"]), "document": dict(payload["document"])}


def _end(payload: Mapping[str, Any], _: str) -> dict[str, Any]:
    return {
        "signal_id": UUID(payload["signal_id"]),
        "at": parse_moment(payload["at"], field="at"),
        "reason": str(payload["reason"]),
    }


def _head(payload: Mapping[str, Any], chain: str) -> dict[str, Any]:
    if sha256_of(payload["head"]) != payload["head_hash"]:
        raise ValueError("the hash is not the head's")
    return {
        "chain": chain,
        "day": str(payload["head"]["day"]),
        "head": payload["head"],
        "head_hash": payload["head_hash"],
    }


def _refusal(payload: Mapping[str, Any], _: str) -> dict[str, Any]:
    return {
        "signal_id": UUID(payload["signal_id"]),
        "kind": str(payload["kind"]),
        "code": str(payload["code"]),
        "text": str(payload["text"]),
        "at": parse_moment(payload["at"], field="at"),
    }


_VALUES: Final[Mapping[OutboxKind, Callable[[Mapping[str, Any], str], dict[str, Any]]]] = {
    OutboxKind.SIGNAL: _signal,
    OutboxKind.CONFIGURATION: _configuration,
    OutboxKind.END: _end,
    OutboxKind.HEAD: _head,
    OutboxKind.REFUSAL: _refusal,
}


class Teller:
    """`step` tells one batch. What the database already has is found there and told no second time."""

    def __init__(
        self, outbox: Outbox, pools: Pools, *, chain: str, clock: Callable[[], datetime]
    ) -> None:
        self._outbox = outbox
        self._pools = pools
        self._chain = chain
        self._clock = clock

    async def step(self) -> bool:
        """True when there was something to tell. Raises StoreError when it could not be told now."""
        rows = await asyncio.to_thread(self._outbox.waiting, BATCH_ROWS, kinds=TOLD)
        if not rows:
            return False
        aside: dict[int, InputError | StoreError] = {}
        new: list[NewRow] = []
        for row in rows:
            try:
                new.append(new_row(row, chain=self._chain))
            except InputError as error:
                aside[row.number] = error
        try:
            aside |= await self._add(new)
        except StoreError as error:
            await asyncio.to_thread(self._outbox.failed, {rows[0].number: str(error)})
            raise
        await self._done(rows, aside)
        return True

    async def _add(self, new: list[NewRow]) -> Mapping[int, InputError | StoreError]:
        store = SignalStore(await self._pools.of("argos_strategy"))
        try:
            return await store.add(new)
        except InputError:
            pass
        # one of them cannot be held: each by itself, so that the others are
        aside: dict[int, InputError | StoreError] = {}
        for row in new:
            try:
                aside |= await store.add([row])
            except InputError as error:
                aside[row.number] = error
        return aside

    async def _done(
        self, rows: Sequence[OutboxRow], aside: Mapping[int, InputError | StoreError]
    ) -> None:
        for number, error in aside.items():
            _log.error("row_set_aside", number=number, code=error.code, why=error.message)
        if aside:
            why = {number: str(error) for number, error in aside.items()}
            await asyncio.to_thread(self._outbox.failed, why)
        outcomes = {
            row.number: aside[row.number].code if row.number in aside else DELIVERED for row in rows
        }
        await asyncio.to_thread(self._outbox.done, outcomes, at=self._clock())
