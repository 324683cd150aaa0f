"""The position monitor's loop: reads open trades, and leaves a row for each that is to be closed."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import structlog

from argos.core.intent import Side
from argos.core.texts import optional_decimal, optional_moment
from argos.signals.connections import Pools
from argos.signals.execution import SOURCE, close_body
from argos.signals.file import SignalFile
from argos.signals.monitor import ExitRules, Holding, Level, WantedClose, look
from argos.signals.outbox import Outbox, OutboxKind
from argos.store.signals import SignalReader

_log = structlog.get_logger("argos.signals")


def holding_of(row: Mapping[str, Any]) -> Holding:
    """A row of `SignalReader.open_trades`."""
    side = Side(row["side"])
    return Holding(
        trade_id=row["trade_id"],
        account=row["account"],
        route=row["route"],
        bot_version=row["bot_version"],
        symbol=row["symbol"],
        side=side,
        opened_at=row["opened_at"],
        stop=row["sl"],
        target=row["tp"],
        has_stop=row["venue_sl"] is not None,
        has_target=row["venue_tp"] is not None,
        exit_price=optional_decimal(row["bid" if side is Side.BUY else "ask"], field="quote"),
        quoted_at=optional_moment(row["quoted_at"], field="quote"),
        is_closing=row["is_closing"],
        ended_early=bool(row["ended_early"]),
    )


class Guard:
    """`step` is one look. A trade is told to close once, whatever is found later: the spine sees it through."""

    def __init__(
        self,
        file: SignalFile,
        pools: Pools,
        *,
        chain: str,
        rules: ExitRules,
        clock: Callable[[], datetime],
        on_close: Callable[[], None],
    ) -> None:
        self._file = file
        self._outbox = Outbox(file)
        self._pools = pools
        self._chain = chain
        self._rules = rules
        self._clock = clock
        self._on_close = on_close
        self._beyond: Mapping[Level, datetime] = {}

    async def step(self) -> bool:
        """Always False: the next look is due when its time has come. Raises StoreError when nothing can be seen."""
        reader = SignalReader(await self._pools.of("argos_reader"))
        rows = await reader.open_trades(source=SOURCE, chain=self._chain)
        now = self._clock()
        found = look([holding_of(row) for row in rows], self._rules, beyond=self._beyond, now=now)
        self._beyond = found.beyond
        for wanted in found.closes:
            if await asyncio.to_thread(self._order, wanted, now):
                _log.warning(
                    "close_ordered",
                    signal=wanted.holding.trade_id,
                    symbol=wanted.holding.symbol,
                    why=wanted.reason.value,
                )
                self._on_close()
        return False

    def _order(self, wanted: WantedClose, now: datetime) -> bool:
        holding = wanted.holding
        if self._outbox.holds(OutboxKind.CLOSE, holding.trade_id):
            return False
        body = close_body(
            signal_id=holding.trade_id,
            bot_version=holding.bot_version,
            route=holding.route,
            symbol=holding.symbol,
            reason=wanted.reason.value,
            at=now,
        )
        with self._file.transaction() as connection:
            return Outbox.add(
                connection,
                kind=OutboxKind.CLOSE,
                subject=holding.trade_id,
                payload=body,
                made_at=now,
            )
