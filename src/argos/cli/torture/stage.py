"""Sets the stage for a torture run: a home of its own, a short-tempered stack, and links that can be troubled."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import asyncpg

from argos.cli.torture.mt5_nodes import started_as_experts
from argos.cli.torture.nodes import plan_nodes, put_links
from argos.core.account import Route, RouteLeg
from argos.core.errors import ArgosError
from argos.core.money import ONE
from argos.doors import API_KEY, HOOK, HOOK_KEY, HOOK_SECRET
from argos.home_database import embedded_server, open_access, prepare_database
from argos.plans import PAPER_ROUTE, PaperPlan, PlannedNode, broker_url
from argos.provisioning import configure_paper
from argos.rehearsal.sabotage.bugs import Bug
from argos.rehearsal.torture.alerts import AlertTerms
from argos.rehearsal.torture.arena import Arena, NodeLinks
from argos.rehearsal.torture.plan import SYMBOLS, TorturePlan
from argos.running import RunningStack, Stack, Wrap
from argos.settings import Settings, load_settings
from argos.stack.children import Child
from argos.stack.free_ports import ports
from argos.stack.home import Home, write_atomically
from argos.store.control import ControlStore
from argos.store.database import open_pool

BOT_VERSION: Final = "torture@1"
ALERT_AGE_S_MAX: Final = 120
READY_S_MAX: Final = 30.0
RESTART_S_MAX: Final = 0.8
"""So that a process which is killed again and again lives long enough in between to be worth killing."""
LOOK_S: Final = 0.1


@asynccontextmanager
async def open_arena(
    home: Home, plan: TorturePlan, *, bug: Bug | None = None, expert_host: Path | None = None
) -> AsyncIterator[Arena]:
    """The whole stack, up and ready to trade, until the block ends. `expert_host` runs the expert advisor."""
    settings = load_settings(home, {})
    port = ports(home).port("gateway")
    paper = plan_nodes(home, plan, gateway_port=port, expert_host=expert_host)
    await _provision(home, settings, paper, plan, bug=bug)
    async with AsyncExitStack() as held:
        nodes = [put_links(home, node, paper, gateway_port=port) for node in paper.nodes]
        for item in nodes:
            for link in (item.gateway_link, item.broker_link):
                await link.open()
                held.push_async_callback(link.aclose)
        stack = Stack(
            home,
            settings,
            paper=paper,
            gateway_port=port,
            everyday_market=False,
            wrap=_wrap(paper.nodes, bug),
            environ=_short_temper(plan),
            restart_s_max=RESTART_S_MAX,
        )
        running = await held.enter_async_context(stack)
        await running.children.start(_market(home, plan, paper))
        arena = _arena(home, settings, running, paper=paper, nodes=nodes)
        await _until_ready(arena)
        yield arena


async def _provision(
    home: Home, settings: Settings, paper: PaperPlan, plan: TorturePlan, *, bug: Bug | None
) -> None:
    server = embedded_server(home, settings)
    try:
        await prepare_database(await server.start(), home)
        access = open_access(home, settings)
        await configure_paper(access, home, paper)
        pool = await open_pool(access.as_role("argos_control"), name="torture", size_max=1)
        try:
            await ControlStore(pool).put_route(_route(paper.nodes, expiry_s=plan.mix.expiry_s))
        finally:
            await pool.close()
        if bug is not None and bug.sql:
            connection = await asyncpg.connect(str(access.dsn))
            await connection.execute(bug.sql)
            await connection.close()
    finally:
        await server.stop()


def _route(nodes: Sequence[PlannedNode], *, expiry_s: int) -> Route:
    return Route(
        route=PAPER_ROUTE,
        enabled=True,
        size=None,
        expiry_s=expiry_s,
        alert_age_s_max=ALERT_AGE_S_MAX,
        legs=tuple(
            RouteLeg(
                account=node.account, share=ONE, size=None, symbol_map={}, hours=(), enabled=True
            )
            for node in nodes
        ),
    )


def _wrap(nodes: Sequence[PlannedNode], bug: Bug | None) -> Wrap:
    """How a child is started: as it is, or, where the bug belongs, by way of `argos.rehearsal.sabotage`.

    The expert advisor takes the place of a node's own program; bugs are not planted in it.
    """
    as_experts = started_as_experts(nodes)

    def wrap(name: str, argv: Sequence[str]) -> Sequence[str]:
        started = as_experts(name, argv)
        if started is not argv or bug is None or name.split("-", 1)[0] not in bug.processes:
            return started
        python, dash_m, *rest = argv
        return [python, dash_m, "argos.rehearsal.sabotage", bug.name, "--", *rest]

    return wrap


def _short_temper(plan: TorturePlan) -> Mapping[str, str]:
    return {
        "ARGOS_NODE_SEND_TIMEOUT_MS": str(plan.mix.send_timeout_ms),
        "ARGOS_NODE_SCAN_MS": "300",
        "ARGOS_NODE_DOUBT_LOOKS_MIN": "3",
        "ARGOS_NODE_DOUBT_WINDOW_MS": str(plan.mix.doubt_window_ms),
        "ARGOS_WORKER_SWEEP_S": "1",
    }


def _market(home: Home, plan: TorturePlan, paper: PaperPlan) -> Child:
    path = home.brokers / "torture-market.json"
    brokers = [{"url": broker_url(item), "feed_key": item.feed_key} for item in paper.brokers]
    body = {"brokers": brokers, "symbols": SYMBOLS, "seed": plan.seed}
    write_atomically(path, json.dumps(body, indent=2))
    argv = (sys.executable, "-m", "argos.rehearsal.torture.feeder", str(path))
    return Child(name="market", argv=argv, restart_s_max=RESTART_S_MAX)


def _arena(
    home: Home,
    settings: Settings,
    running: RunningStack,
    *,
    paper: PaperPlan,
    nodes: Sequence[NodeLinks],
) -> Arena:
    assert running.postgres is not None, "a torture run has a database of its own"
    return Arena(
        gateway_url=running.gateway_url,
        hook_key=home.secret(HOOK_KEY),
        api_key=home.secret(API_KEY),
        terms=AlertTerms(
            route=PAPER_ROUTE, secret=home.secret(HOOK_SECRET), bot_version=BOT_VERSION
        ),
        access=open_access(home, settings),
        postgres=running.postgres,
        children=running.children,
        brokers=paper.brokers,
        nodes=nodes,
        logs=home.logs,
        source=f"hook:{HOOK}",
    )


async def _until_ready(arena: Arena) -> None:
    """Until every node has told of its account: before, an alert is denied for want of a snapshot."""
    connection = await asyncpg.connect(str(arena.access.as_role("argos_reader")))
    try:
        async with asyncio.timeout(READY_S_MAX):
            while True:
                known = await connection.fetchval("SELECT count(*) FROM argos.account_states")
                if known == len(arena.nodes):
                    return
                await asyncio.sleep(LOOK_S)
    except TimeoutError:
        raise ArgosError(
            "the nodes did not report in time",
            code="TORTURE_NOT_READY",
            fix=f"read the logs in {arena.logs}",
        ) from None
    finally:
        await connection.close()
