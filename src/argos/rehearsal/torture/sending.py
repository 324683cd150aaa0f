"""Delivers the planned alerts: all copies, each until somebody answers it. The deliveries are the evidence."""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from argos.rehearsal.alerts import Alert
from argos.rehearsal.sender import AlertSender, Delivery
from argos.rehearsal.torture.alerts import AlertTerms, PlannedAlert, write_alert
from argos.rehearsal.torture.prices import mid_price

RETRY_S: Final = 0.4
ROUNDS_MAX: Final = 60


async def send_all(
    alerts: Sequence[PlannedAlert],
    *,
    sender: AlertSender,
    terms: AlertTerms,
    seed: int,
    on_delivery: Callable[[Delivery], None],
) -> None:
    """Every copy of every alert at its moment. Returns when each has an answer, or none came in bounded time."""
    started_at, started_s = datetime.now(UTC), time.time()
    deliveries = sorted(
        ((at_s, number) for number, alert in enumerate(alerts) for at_s in alert.copies_s),
    )
    written = [
        write_alert(
            alert,
            terms=terms,
            mid=mid_price(alert.symbol, seed=seed, unix_s=started_s + alert.at_s),
            started_at=started_at,
        )
        for alert in alerts
    ]
    async with asyncio.TaskGroup() as group:
        for at_s, number in deliveries:
            await asyncio.sleep(max(0.0, started_s + at_s - time.time()))
            group.create_task(_deliver(written[number], sender=sender, on_delivery=on_delivery))


async def _deliver(
    alert: Alert, *, sender: AlertSender, on_delivery: Callable[[Delivery], None]
) -> None:
    """More stubborn than TradingView, which never repeats after a cut: the more 2xx, the more there is to hold."""
    for _ in range(ROUNDS_MAX):
        attempts = await sender.send(alert)
        for attempt in attempts:
            on_delivery(attempt)
        status = attempts[-1].status
        if status is not None and status < 500:
            return
        await asyncio.sleep(RETRY_S)
