"""What PostgreSQL knows of the route that signals go by, for the look ahead in `precheck`."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from argos.core.texts import optional_decimal
from argos.dsn import Access
from argos.signals.connections import Pools
from argos.signals.precheck import AccountStanding, RouteStanding
from argos.signals.settings import SignalSettings
from argos.store.signals import SignalReader


class StandingSource:
    """Reads the settings' route whenever asked, by a connection that is opened when first used."""

    def __init__(
        self, access: Access, settings: SignalSettings, *, clock: Callable[[], datetime]
    ) -> None:
        self._pools = Pools(access)
        self._settings = settings
        self._clock = clock

    async def read(self) -> RouteStanding:
        """Raises StoreError while it cannot be read."""
        reader = SignalReader(await self._pools.of("argos_reader"))
        return await route_standing(reader, self._settings, now=self._clock())

    def terminate(self) -> None:
        self._pools.terminate()


async def route_standing(
    reader: SignalReader, settings: SignalSettings, *, now: datetime
) -> RouteStanding:
    """The settings' route as of `now`. Raises StoreError when it cannot be read."""
    found = await reader.route_standing(settings.route, settings.bot_version)
    return RouteStanding(
        route=settings.route,
        exists=found["exists"],
        enabled=found["enabled"],
        brakes=tuple(found["brakes"]),
        accounts=tuple(_account(account) for account in found["accounts"]),
        read_at=now,
    )


def _account(body: Mapping[str, Any]) -> AccountStanding:
    return AccountStanding(
        account=body["account"],
        enabled=body["enabled"],
        brake=body["brake"] or "",
        equity=optional_decimal(body["equity"], field="equity"),
        peak_equity=optional_decimal(body["peak_equity"], field="peak_equity"),
        held=frozenset(body["held"]),
    )
