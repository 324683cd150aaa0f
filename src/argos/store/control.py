"""Configuration in the database, as role argos_control. Every change is audited by trigger."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from argos.core.account import Account, AccountLimits, Route, RouteLeg, TradingHours
from argos.core.intent import Size
from argos.protocol.risk_limits import encode_risk_limits
from argos.protocol.rule_sets import encode_rule_account
from argos.protocol.values import decimal_text, optional_decimal_text
from argos.store.database import queries
from argos.store.lanes import transaction


def encode_size(size: Size | None) -> dict[str, str] | None:
    return {"mode": size.mode.value, "value": decimal_text(size.value)} if size else None


def encode_limits(limits: AccountLimits) -> dict[str, Any]:
    risk = encode_risk_limits(limits.risk)
    return {
        "qty_max": optional_decimal_text(limits.qty_max),
        "notional_max": optional_decimal_text(limits.notional_max),
        "positions_max": limits.positions_max,
        "snapshot_age_s_max": limits.snapshot_age_s_max,
        "terms_age_s_max": limits.terms_age_s_max,
        "commission_per_lot": optional_decimal_text(limits.commission_per_lot),
        **({"risk": risk} if risk else {}),
        **({"firm": encode_rule_account(limits.firm)} if limits.firm else {}),
    }


def encode_hours(hours: Sequence[TradingHours]) -> list[dict[str, Any]]:
    return [
        {
            "days": sorted(window.days),
            "from": window.start.isoformat("minutes"),
            "to": window.end.isoformat("minutes"),
            "timezone": window.timezone,
        }
        for window in hours
    ]


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


class ControlStore:
    """Adds, edits and lists what the operator configures. `put_...` adds or replaces."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._sql = queries("control")

    def transaction(self) -> Any:
        return transaction(self._pool)

    async def _value(self, name: str, *arguments: Any) -> Any:
        async with transaction(self._pool) as connection:
            return await connection.fetchval(self._sql[name], *arguments)

    async def _rows(self, name: str) -> list[dict[str, Any]]:
        async with transaction(self._pool) as connection:
            return [dict(row) for row in await connection.fetch(self._sql[name])]

    async def put_account(self, account: Account) -> bool:
        """True when it was added, False when it was replaced."""
        added: bool = await self._value(
            "put_account",
            account.account,
            account.venue,
            account.currency,
            account.hedging,
            account.enabled,
            encode_limits(account.limits),
        )
        return added

    async def reset_peaks(self, account: str, *, by: str) -> bool:
        """Set the account's stored peaks to what was seen last; False where none are kept. The audit log keeps who."""
        async with transaction(self._pool) as connection:
            await connection.execute("SELECT set_config('argos.by', $1, true)", by)
            return await connection.fetchval(self._sql["reset_peaks"], account) is not None

    async def anchors(self) -> list[dict[str, Any]]:
        return await self._rows("anchors")

    async def accounts(self) -> list[dict[str, Any]]:
        return await self._rows("accounts")

    async def put_route(self, route: Route) -> bool:
        """The route with exactly these legs: a leg that is not named goes away."""
        async with transaction(self._pool) as connection:
            added: bool = await connection.fetchval(
                self._sql["put_route"],
                route.route,
                route.enabled,
                encode_size(route.size),
                route.expiry_s,
                route.alert_age_s_max,
            )
            held = await connection.fetch(
                "SELECT account FROM route_legs WHERE route = $1", route.route
            )
            for account in {row["account"] for row in held} - {leg.account for leg in route.legs}:
                await connection.execute(self._sql["remove_leg"], route.route, account)
            for leg in route.legs:
                await connection.execute(self._sql["put_leg"], *_leg_row(route.route, leg))
        return added

    async def routes(self) -> list[dict[str, Any]]:
        return await self._rows("routes")

    async def put_hook(
        self,
        hook: str,
        *,
        key: str | None,
        needs_secret: bool = True,
        networks: Sequence[str] = (),
        rate_per_minute: int = 600,
        routes: Sequence[str] = (),
        enabled: bool = True,
    ) -> bool:
        """Add a hook, or edit one: without `key` its address stays as it is."""
        added: bool = await self._value(
            "put_hook",
            hook,
            _hash(key) if key else None,
            needs_secret,
            list(networks),
            rate_per_minute,
            list(routes),
            enabled,
        )
        return added

    async def hooks(self) -> list[dict[str, Any]]:
        return await self._rows("hooks")

    async def put_secret(self, hook: str, secret: str) -> int:
        """Make a secret live; with two live already it takes the place of the older. Returns its slot."""
        slot: int = await self._value("put_secret", hook, _hash(secret))
        return slot

    async def drop_older_secret(self, hook: str) -> bool:
        """End a rotation: only the newest secret stays. False when there was just one."""
        return await self._value("drop_secret", hook) is not None

    async def put_api_key(self, name: str, *, key: str, scopes: Sequence[str]) -> None:
        await self._value("put_api_key", name, _hash(key), list(scopes))

    async def api_keys(self) -> list[dict[str, Any]]:
        return await self._rows("api_keys")

    async def revoke_api_key(self, name: str) -> bool:
        """The key opens nothing from now on. False when there is no such live key."""
        return await self._value("revoke_api_key", name) is not None

    async def put_node(self, node: str, *, account: str, venue: str, enabled: bool = True) -> bool:
        added: bool = await self._value("put_node", node, account, venue, enabled)
        return added

    async def nodes(self) -> list[dict[str, Any]]:
        return await self._rows("nodes")

    async def make_enrolment_code(self, node: str) -> tuple[str, datetime]:
        """A code that gives the node a key once, within ten minutes; and when it ends."""
        code = secrets.token_urlsafe(24)
        expires_at: datetime = await self._value("put_code", _hash(code), node)
        return code, expires_at

    async def want_new_key(self, node: str) -> datetime:
        """From now on the gateway offers the node a new key; the one in use ends with the first use of it."""
        wanted_at: datetime = await self._value("want_rekey", node)
        return wanted_at

    async def node_keys(self, node: str) -> list[dict[str, Any]]:
        """The live keys of a node by id, newest first: when made, which one it replaces, whether it is in use."""
        async with transaction(self._pool) as connection:
            return [dict(row) for row in await connection.fetch(self._sql["node_keys"], node)]

    async def revoke_keys(self, node: str) -> None:
        """All keys of a node end now: it must be enrolled again."""
        await self._value("drop_keys", node)

    async def given_up(self) -> list[dict[str, Any]]:
        """The oldest 1,000 steps that were tried often enough.

        Each with outbox_id, step, key, attempts, last_error and created_at.
        """
        return await self._rows("given_up")

    async def retry(self, outbox_ids: Sequence[int]) -> list[int]:
        """Have these steps tried again, those of them that were given up. Returns which."""
        retried: list[int] = await self._value("retry", list(outbox_ids))
        return retried

    async def put_decision(
        self,
        *,
        order_id: UUID | None,
        discrepancy_id: UUID | None,
        decision: str,
        reason: str,
        by: str,
    ) -> UUID:
        """Record what a person decided, as evidence that is never edited. Returns its id."""
        decision_id = uuid4()
        await self._value(
            "put_decision", decision_id, order_id, discrepancy_id, decision, reason, by
        )
        return decision_id


def _leg_row(route: str, leg: RouteLeg) -> tuple[Any, ...]:
    symbol_map: Mapping[str, str] = leg.symbol_map
    return (
        route,
        leg.account,
        Decimal(leg.share),
        encode_size(leg.size),
        dict(symbol_map),
        encode_hours(leg.hours),
        leg.enabled,
    )
