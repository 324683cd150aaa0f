"""Is the database well, and is what the operator set up complete? Gathered first, then judged."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from argos.cli.doctor.finding import Finding, fail, ok, warn
from argos.dsn import Access
from argos.store.control import ControlStore
from argos.store.database import open_pool
from argos.store.inspection import (
    failed_logins,
    read_audit_heads,
    read_doubts,
    read_outcomes,
    read_server,
)
from argos.store.migrate import ROLES, known_migrations
from argos.store.reading import ReadingStore

Row = Mapping[str, Any]
CLOCK_APART_S_MAX: Final = 2.0
OUTBOX_AGE_S_MAX: Final = 30.0
CONNECTIONS_SHARE_MAX: Final = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """All that the checks need to know, as of one moment."""

    looked_at: datetime
    failed: Mapping[str, str]
    server: Row
    streams: int
    broken_streams: Sequence[str]
    state: Row
    accounts: Sequence[Row]
    routes: Sequence[Row]
    hooks: Sequence[Row]
    nodes: Sequence[Row]
    keys: Sequence[Row]
    live_accounts: Sequence[Row]
    live_nodes: Sequence[Row]
    doubts: Mapping[str, int]
    outcomes: Sequence[Row]


async def gather(access: Access) -> Stored:
    """Look at everything. Raises StoreError when the database is away or holds no schema."""
    failed = await failed_logins(access)
    server = await read_server(access)
    looked_at = datetime.now(UTC)
    streams, broken = await read_audit_heads(access)
    doubts = await read_doubts(access)
    outcomes = await read_outcomes(access)
    control = await open_pool(access.as_role("argos_control"), name="doctor", size_max=1)
    try:
        reader = await open_pool(access.as_role("argos_reader"), name="doctor", size_max=1)
        try:
            store, reading = ControlStore(control), ReadingStore(reader)
            live = await reading.page("accounts", limit=500, after=None, filters=[])
            told = await reading.page("nodes", limit=500, after=None, filters=[])
            return Stored(
                looked_at=looked_at,
                failed=failed,
                server=server,
                streams=streams,
                broken_streams=broken,
                state=await reading.state(),
                accounts=await store.accounts(),
                routes=await store.routes(),
                hooks=await store.hooks(),
                nodes=await store.nodes(),
                keys=await store.api_keys(),
                live_accounts=[orjson.loads(text) for text in live.items],
                live_nodes=[orjson.loads(text) for text in told.items],
                doubts=doubts,
                outcomes=outcomes,
            )
        finally:
            await reader.close()
    finally:
        await control.close()


def judge_database(stored: Stored) -> Iterator[Finding]:
    yield ok("database", str(stored.server["version"]).split(" on ")[0])
    yield _logins(stored.failed)
    yield _migrations(stored.state["migrations"] or {})
    yield _clock(stored.looked_at, stored.server["now"])
    yield _durability(stored.server)
    yield _connections(stored.server)
    yield _heads(stored)
    yield _outbox(stored.state["outbox"])
    yield _dead(stored.state["outbox"])


def _logins(failed: Mapping[str, str]) -> Finding:
    if failed:
        return fail(
            "database roles",
            "; ".join(f"{role}: {why}" for role, why in failed.items()),
            fix="argos db upgrade sets the roles' passwords anew",
        )
    return ok("database roles", f"all {len(ROLES)} can log in")


def _migrations(applied: Mapping[str, str]) -> Finding:
    expected = {str(item.version): item.checksum for item in known_migrations()}
    missing = sorted(expected.keys() - applied.keys(), key=int)
    if missing:
        return fail("migrations", f"missing: {', '.join(missing)}", fix="argos db upgrade")
    if applied != expected:
        return fail(
            "migrations",
            "the schema was made by another version of Argos",
            fix="install that version; argos db status says which migration differs",
        )
    return ok("migrations", f"{len(applied)} applied")


def _clock(here: datetime, there: datetime) -> Finding:
    apart_s = abs((here - there).total_seconds())
    shown = f"{apart_s * 1000:.0f} ms from the database's"
    if apart_s > CLOCK_APART_S_MAX:
        return fail("clock and database", shown, fix="let both machines follow NTP")
    return ok("clock and database", shown)


def _durability(server: Row) -> Finding:
    loose = [
        name for name in ("fsync", "synchronous_commit", "full_page_writes")
        if server[name] in {"off", "local"}
    ]  # fmt: skip
    if server["replica"]:
        return fail("durability", "this is a replica", fix="name the primary: ARGOS_DATABASE_URL")
    if loose:
        return fail(
            "durability", f"off: {', '.join(loose)}",
            fix="switch them on: a 2xx must mean that the alert is on disk",
        )  # fmt: skip
    return ok("durability", "a commit is on disk before it is answered")


def _connections(server: Row) -> Finding:
    shown = f"{server['connections']} of {server['connections_max']}"
    if server["connections"] > server["connections_max"] * CONNECTIONS_SHARE_MAX:
        return warn("connections", shown, fix="raise max_connections, or find who holds them")
    return ok("connections", shown)


def _heads(stored: Stored) -> Finding:
    if stored.broken_streams:
        return fail(
            "audit heads",
            f"the newest entry is not the one recorded: {', '.join(stored.broken_streams)}",
            fix="somebody may have cut the log: argos audit verify, and compare with your anchors",
        )
    return ok("audit heads", f"{stored.streams} streams end where they should")


def _outbox(outbox: Mapping[str, Row]) -> Finding:
    live = {topic: row for topic, row in outbox.items() if not topic.startswith("dead:")}
    age_s = max((float(row["oldest_age_s"]) for row in live.values()), default=0.0)
    depth = sum(row["depth"] for row in live.values())
    shown = f"{depth} waiting, the oldest for {age_s:.0f} s"
    if age_s > OUTBOX_AGE_S_MAX:
        return fail(
            "outbox", shown, fix="start a worker: argos up, or argos worker; see logs/worker.log"
        )
    return ok("outbox", shown)


def _dead(outbox: Mapping[str, Row]) -> Finding:
    dead = {topic: row["depth"] for topic, row in outbox.items() if topic.startswith("dead:")}
    if dead:
        shown = ", ".join(f"{topic.removeprefix('dead:')} {depth}" for topic, depth in dead.items())
        return fail(
            "work given up",
            shown,
            fix="argos retry says why, and argos retry --all has it tried again once the cause is gone",
        )
    return ok("work given up", "none")


def judge_setup(stored: Stored) -> Iterator[Finding]:
    yield _hooks(stored.hooks)
    yield _keys(stored.keys)
    yield _routes(stored.routes)
    yield _legs(stored.routes, stored.accounts)
    yield _accounts(stored.accounts, stored.nodes)
    yield _node_keys(stored.nodes)


def _hooks(hooks: Sequence[Row]) -> Finding:
    live = [hook for hook in hooks if hook["enabled"]]
    bare = [hook["hook"] for hook in live if hook["needs_secret"] and not hook["secrets"]]
    if not live:
        return warn("hooks", "none: no alert can come in", fix="argos hooks add NAME")
    if bare:
        return fail(
            "hooks", f"no live secret: {', '.join(bare)}", fix=f"argos hooks rotate {bare[0]}"
        )
    open_ones = [hook["hook"] for hook in live if not hook["needs_secret"] and not hook["networks"]]
    if open_ones:
        return warn(
            "hooks", f"neither secret nor networks: {', '.join(open_ones)}",
            fix=f"argos hooks edit {open_ones[0]} --secret",
        )  # fmt: skip
    return ok("hooks", f"{len(live)} with live secrets")


def _keys(keys: Sequence[Row]) -> Finding:
    live = [key["name"] for key in keys if key["revoked_at"] is None]
    if not live:
        return fail("API keys", "none", fix="argos init")
    return ok("API keys", ", ".join(live))


def _routes(routes: Sequence[Row]) -> Finding:
    if not routes:
        return warn("routes", "none", fix="argos routes add NAME --leg ACCOUNT")
    bare = [route["route"] for route in routes if not any(leg["enabled"] for leg in route["legs"])]
    if bare:
        return warn(
            "routes", f"no leg takes entries: {', '.join(bare)}",
            fix=f"argos routes edit {bare[0]} --leg ACCOUNT",
        )  # fmt: skip
    return ok("routes", ", ".join(route["route"] for route in routes))


def _legs(routes: Sequence[Row], accounts: Sequence[Row]) -> Finding:
    disabled = {row["account"] for row in accounts if not row["enabled"]}
    stuck = [
        f"{route['route']}: {leg['account']}"
        for route in routes
        for leg in route["legs"]
        if leg["enabled"] and leg["account"] in disabled
    ]
    if stuck:
        return warn(
            "legs", f"their accounts are disabled: {', '.join(stuck)}",
            fix="argos accounts edit ACCOUNT --enabled, or argos routes edit ROUTE --disable-leg ACCOUNT",
        )  # fmt: skip
    return ok("legs", f"{sum(len(route['legs']) for route in routes)}, their accounts enabled")


def _accounts(accounts: Sequence[Row], nodes: Sequence[Row]) -> Finding:
    served = {node["account"] for node in nodes if node["enabled"]}
    alone = [row["account"] for row in accounts if row["enabled"] and row["account"] not in served]
    if not accounts:
        return warn("accounts", "none", fix="argos init --paper, or argos accounts add")
    if alone:
        return fail(
            "accounts", f"no node: {', '.join(alone)}",
            fix=f"argos nodes add {alone[0]} --account {alone[0]}",
        )  # fmt: skip
    return ok("accounts", f"{len(accounts)}, each with a node")


def _node_keys(nodes: Sequence[Row]) -> Finding:
    bare = [node["node"] for node in nodes if node["enabled"] and not node["keys"]]
    if bare:
        return warn(
            "node keys", f"not enrolled: {', '.join(bare)}",
            fix=f"argos up enrols paper nodes; else argos nodes enrol {bare[0]}",
        )  # fmt: skip
    return ok("node keys", f"{len(nodes)} nodes enrolled")
