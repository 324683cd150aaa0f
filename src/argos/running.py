"""Runs the whole stack on one machine: database, gateway, worker, and, if wished, paper accounts and signals."""

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from argos.core.errors import StoreError
from argos.dsn import Dsn
from argos.home_database import embedded_server, open_access, prepare_database
from argos.node.exit_codes import ExitCode
from argos.plans import VENUE_OF, PaperPlan, PlannedNode, SignalsPlan, broker_url
from argos.settings import Settings
from argos.stack.children import Child, ChildEvent, ChildSupervisor
from argos.stack.embedded import EmbeddedPostgres
from argos.stack.home import Home
from argos.stack.readiness import Readiness, http_answers
from argos.store.control import ControlStore
from argos.store.database import CONNECTION_ERRORS, open_connection, open_pool

READY_S: Final = 60.0
NODE_STAYS_DOWN: Final = frozenset({int(ExitCode.MISCONFIGURED), int(ExitCode.FENCED)})
"""A node that ends so would end so again: it cannot start as configured, or a newer one has taken over."""
OUR_VENUES: Final = frozenset(VENUE_OF.values())
"""Of brokers that run here."""
OnEvent = Callable[[ChildEvent], None]
Wrap = Callable[[str, Sequence[str]], Sequence[str]]
"""Given a child's name and argv, the argv to run instead: how tests plant their bugs outside the product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningStack:
    """A stack that is up: where it is, and what may be signalled."""

    gateway_url: str
    postgres: EmbeddedPostgres | None
    children: ChildSupervisor
    home: Home


class Stack:
    """Starts everything in order and stops it in reverse. Use as `async with Stack(...) as running`."""

    def __init__(
        self,
        home: Home,
        settings: Settings,
        *,
        paper: PaperPlan | None,
        gateway_port: int,
        everyday_market: bool = True,
        on_event: OnEvent | None = None,
        wrap: Wrap | None = None,
        environ: Mapping[str, str] | None = None,
        restart_s_max: float = 10.0,
    ) -> None:
        self._home = home
        self._settings = settings
        self._paper = paper
        self._port = gateway_port
        self._everyday_market = everyday_market
        self._on_event = on_event
        self._wrap = wrap or (lambda _name, argv: argv)
        self._environ = dict(environ or {})
        self._restart_s_max = restart_s_max
        self._held = AsyncExitStack()
        self._children: ChildSupervisor | None = None

    async def __aenter__(self) -> RunningStack:
        try:
            return await self._start()
        except BaseException:
            await self._held.aclose()
            raise

    async def __aexit__(self, *_: object) -> None:
        await self._held.aclose()

    async def _start(self) -> RunningStack:
        self._held.enter_context(self._home.lock())
        postgres = None
        if not self._settings.database.url:
            postgres = embedded_server(self._home, self._settings)
            self._held.push_async_callback(postgres.stop)
            await prepare_database(await postgres.start(), self._home)
            keeping = asyncio.create_task(postgres.keep_alive())
            self._held.callback(keeping.cancel)
        children = ChildSupervisor(self._home, on_event=self._on_event)
        await self._held.enter_async_context(children)
        url = f"http://{self._settings.gateway.host}:{self._port}"
        if self._paper is not None:
            await asyncio.gather(*(children.start(child) for child in self._brokers(self._paper)))
        await asyncio.gather(children.start(self._gateway(url)), children.start(self._worker()))
        if self._paper is not None:
            await self._start_nodes(children, self._paper)
        self._children = children
        return RunningStack(gateway_url=url, postgres=postgres, children=children, home=self._home)

    async def _start_nodes(self, children: ChildSupervisor, paper: PaperPlan) -> None:
        control = open_access(self._home, self._settings).as_role("argos_control")
        codes = await self._enrolment_codes(control, paper.nodes)
        starts = [
            self._node(
                node,
                code=codes.get(node.name),
                # A broker elsewhere may be away for hours: its node goes on trying, and holds nobody up.
                ready=_said_hello(node.name, dsn=control) if node.venue in OUR_VENUES else None,
            )
            for node in paper.nodes
        ]
        if self._everyday_market:
            argv = [sys.executable, "-m", "argos.entries.market", str(paper.market_path)]
            starts.append(self._child("market", argv))
        await asyncio.gather(*(children.start(child) for child in starts))

    async def start_signals(self, signals: SignalsPlan) -> None:
        """Add the signal service, and before it the fixture server if a source has no key."""
        assert self._children is not None, "the stack is up"
        if signals.fixture_url is not None:
            argv = [sys.executable, "-m", "argos.sources.fixture", *signals.fixture_words]
            ready = http_answers(f"{signals.fixture_url}/control/state")
            await self._children.start(self._child("fixture", argv, ready=ready))
        argv = [sys.executable, "-m", "argos.entries.signals"]
        await self._children.start(self._child("signals", argv, env=signals.environ))

    async def _enrolment_codes(self, dsn: Dsn, nodes: Sequence[PlannedNode]) -> dict[str, str]:
        """A code for every node that has no key of its own yet."""
        new = [node for node in nodes if not node.path.with_suffix(".key").exists()]
        if not new:
            return {}
        pool = await open_pool(dsn, name="up", size_max=1)
        try:
            control = ControlStore(pool)
            for node in new:
                await control.revoke_keys(node.name)
            return {node.name: (await control.make_enrolment_code(node.name))[0] for node in new}
        finally:
            await pool.close()

    def _child(
        self,
        name: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        ready: Readiness | None = None,
        no_restart_codes: frozenset[int] = frozenset(),
    ) -> Child:
        own = {"ARGOS_HOME": str(self._home.root), "PYTHONUNBUFFERED": "1"}
        return Child(
            name=name,
            argv=tuple(self._wrap(name, argv)),
            env={**self._environ, **own, **(env or {})},
            ready=ready,
            ready_deadline_s=READY_S,
            restart_s_max=self._restart_s_max,
            no_restart_codes=no_restart_codes,
        )

    def _gateway(self, url: str) -> Child:
        return self._child(
            "gateway",
            [sys.executable, "-m", "argos.entries.gateway"],
            env={"ARGOS_GATEWAY_PORT": str(self._port)},
            ready=http_answers(f"{url}/health/ready"),
        )

    def _worker(self) -> Child:
        return self._child("worker", [sys.executable, "-m", "argos.entries.worker"])

    def _brokers(self, paper: PaperPlan) -> list[Child]:
        return [
            self._child(
                f"broker-{broker.name}",
                [sys.executable, "-m", "argos.paperbroker", str(path)],
                ready=http_answers(f"{broker_url(broker)}/health"),
            )
            for broker, path in zip(paper.brokers, paper.broker_paths, strict=True)
        ]

    def _node(self, node: PlannedNode, *, code: str | None, ready: Readiness | None) -> Child:
        env = {"ARGOS_ENROL_CODE": code} if code else {}
        argv = [sys.executable, "-m", "argos.entries.node", str(node.path)]
        return self._child(
            f"node-{node.name}", argv, env=env, ready=ready, no_restart_codes=NODE_STAYS_DOWN
        )


def _said_hello(node: str, *, dsn: Dsn) -> Readiness:
    """Ready when the node has begun a session that was not there at the last time it was ready."""
    seen = 0

    async def ready() -> bool:
        nonlocal seen
        try:
            connection = await open_connection(dsn, name="up")
            try:
                epoch = await connection.fetchval(
                    "SELECT epoch FROM node_sessions WHERE node = $1", node
                )
            finally:
                await connection.close()
        except (StoreError, *CONNECTION_ERRORS):
            return False
        if not epoch or epoch <= seen:
            return False
        seen = epoch
        return True

    return ready
