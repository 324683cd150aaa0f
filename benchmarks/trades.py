"""Alerts that open and close trades at a fixed rate: positions come and go and do not pile up.

Every other alert closes the trade that was opened some alerts before.
"""

from collections.abc import Callable
from typing import Any, Final

from alert_bodies import alert_body
from argos.doors import HOOK_KEY, HOOK_SECRET
from argos.paperbroker.presets import SYMBOLS
from argos.plans import PAPER_ROUTE
from argos.stack.home import Home
from open_loop import CONNECTIONS, HttpClient, send_at_rate
from street import Street

WARM_UP: Final = "warm-up@1"
RUN: Final = "run@1"
"""The strategy's version, by which the alerts that are measured are told from those before."""
WARM_UP_S: Final = 3.0
HELD_ALERTS: Final = 10
"""A trade is closed by the alert that comes this many after its own, and one more."""


async def trade_at_rate(street: Street, *, rate_per_s: int, seconds: float) -> dict[str, float]:
    """A warm-up, and the alerts that count. Returns when the last one is answered.

    What it returns is the processor time, in ms, that each kind of process took while those that count were sent.
    """
    client = HttpClient(
        f"{street.running.gateway_url}/hooks/tradingview/{street.home.secret(HOOK_KEY)}"
    )
    await client.open(CONNECTIONS)
    warm_up = round(WARM_UP_S * rate_per_s)

    async def send(version: str, *, first: int, duration_s: float) -> None:
        await send_at_rate(
            client,
            rate_per_s=rate_per_s,
            seconds=duration_s,
            make_body=_body_maker(street.home, version, first=first),
        )

    try:
        await send(WARM_UP, first=0, duration_s=WARM_UP_S)
        before = street.processor_ms()
        await send(RUN, first=warm_up, duration_s=seconds)
        after = street.processor_ms()
    finally:
        await client.aclose()
    return {kind: ms - before.get(kind, 0.0) for kind, ms in after.items()}


def _body_maker(home: Home, version: str, *, first: int) -> Callable[[int], bytes]:
    """Alerts of one strategy; `first` is the place of its first one among all alerts of the run."""
    secret = home.secret(HOOK_SECRET)

    def make_body(number: int) -> bytes:
        place = first + number
        closes = place % 2 == 1 and place > HELD_ALERTS
        trade = place - 1 - HELD_ALERTS if closes else place
        wish: dict[str, Any] = (
            {"action": "close", "side": None}
            if closes
            else {"size": {"mode": "units", "value": "1"}}
        )
        return alert_body(
            event_id=f"trade|{place}",
            trade_id=f"trade.{trade}",
            route=PAPER_ROUTE,
            secret=secret,
            **{"symbol": SYMBOLS[trade // 2 % len(SYMBOLS)], "bot_version": version, **wish},
        )

    return make_body
