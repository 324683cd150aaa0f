"""Does to the running stack what the plan says, and keeps a diary of what was really done."""

import asyncio
import contextlib
import signal
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

import aiohttp
import asyncpg
import orjson

from argos.core.errors import ArgosError
from argos.protocol.values import moment_text
from argos.rehearsal.checking import HeldUp
from argos.rehearsal.torture.arena import Arena
from argos.rehearsal.torture.halts import HaltRecord, hold_halt
from argos.rehearsal.torture.plan import (
    DATABASE_TROUBLES,
    LINK_TROUBLES,
    SYMBOLS,
    Strike,
    TorturePlan,
    Trouble,
    choose_name,
)

SESSIONS_SHARE: Final = 0.5
BROKER_TIMEOUT_S: Final = 2.0
_DATABASE_WAIT_S: Final = 5.0


@dataclass(slots=True)
class Done:
    """What was done in the end. `held_up` are the spans in which an account's way to its broker stood still."""

    counts: Counter[Trouble] = field(default_factory=Counter)
    held_up: list[HeldUp] = field(default_factory=list)
    halts: list[HaltRecord] = field(default_factory=list)

    @property
    def kills(self) -> int:
        return self.counts[Trouble.KILL] + self.counts[Trouble.LOG_LOSS]

    @property
    def cuts(self) -> int:
        return sum(self.counts[trouble] for trouble in LINK_TROUBLES)

    @property
    def db_restarts(self) -> int:
        return sum(self.counts[trouble] for trouble in DATABASE_TROUBLES)


class Tormentor:
    """Carries out strikes. `release` undoes whatever may still be in force."""

    def __init__(
        self, arena: Arena, plan: TorturePlan, *, session: aiohttp.ClientSession, done: Done
    ) -> None:
        self._arena = arena
        self._plan = plan
        self._session = session
        self.done = done
        self._diary = (arena.logs / "torture.jsonl").open("ab", buffering=0)
        self._stopped: set[str] = set()
        self._acts = {
            Trouble.KILL: self._kill,
            Trouble.LOG_LOSS: self._lose_log,
            Trouble.STOP: self._stop,
            Trouble.DATABASE_KILL: self._kill_database,
            Trouble.DATABASE_RESTART: self._restart_database,
            Trouble.SESSIONS_KILL: self._kill_sessions,
            Trouble.HALT: self._halt,
            Trouble.BY_HAND: self._trade_by_hand,
            **dict.fromkeys(LINK_TROUBLES, self._trouble_link),
        }

    async def run(self) -> None:
        """All strikes, each at its moment; those that last run side by side."""
        started_s = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as group:
            for strike in self._plan.strikes:
                wait_s = started_s + strike.at_s - asyncio.get_running_loop().time()
                await asyncio.sleep(max(0.0, wait_s))
                group.create_task(self._strike(strike))

    def release(self) -> None:
        for name in list(self._stopped):
            self._arena.children.signal(name, signal.SIGCONT)
        for link in self._arena.links:
            link.heal()

    def close(self) -> None:
        self._diary.close()

    async def _strike(self, strike: Strike) -> None:
        act: Coroutine[Any, Any, str | None] = self._acts[strike.trouble](strike)
        begun_at = datetime.now(UTC)
        target = await act
        if target is not None:
            self.done.counts[strike.trouble] += 1
            self._note(strike, begun_at=begun_at, target=target)

    def _note(self, strike: Strike, *, begun_at: datetime, target: str) -> None:
        line = {
            "at": moment_text(begun_at),
            "until": moment_text(datetime.now(UTC)),
            "trouble": strike.trouble.value,
            "target": target,
        }
        self._diary.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))

    def _choose(self, strike: Strike) -> str | None:
        alive = sorted(self._arena.children.pids)
        return choose_name(alive, aim=strike.aim, weights=self._plan.mix.kill_weights)

    async def _kill(self, strike: Strike) -> str | None:
        name = self._choose(strike)
        if name is not None:
            self._arena.children.signal(name, signal.SIGKILL)
            self._stopped.discard(name)
        return name

    async def _lose_log(self, strike: Strike) -> str | None:
        """Kill a node and delete what it wrote before it can read it again."""
        nodes = self._arena.nodes
        node = nodes[int(strike.aim * len(nodes))]
        name = f"node-{node.node}"
        if name not in self._arena.children.pids:
            return None
        self._arena.children.signal(name, signal.SIGKILL)
        for path in node.log_files:
            path.unlink(missing_ok=True)
        return name

    async def _stop(self, strike: Strike) -> str | None:
        name = self._choose(strike)
        if name is None:
            return None
        begun_at = datetime.now(UTC)
        self._stopped.add(name)
        self._arena.children.signal(name, signal.SIGSTOP)
        await asyncio.sleep(strike.lasts_s)
        self._arena.children.signal(name, signal.SIGCONT)
        self._stopped.discard(name)
        self._held_up(self._arena.accounts_by_process.get(name, frozenset()), since=begun_at)
        return name

    def _held_up(self, accounts: frozenset[str], *, since: datetime) -> None:
        now = datetime.now(UTC)
        self.done.held_up.extend(
            HeldUp(account=account, since=since, until=now) for account in accounts
        )

    async def _trouble_link(self, strike: Strike) -> str | None:
        ends = self._plan.mix.link_ends
        links = [link for link in self._arena.links if link.name.rpartition("-")[2] in ends]
        link = links[int(strike.aim * len(links))]
        begun_at = datetime.now(UTC)
        await link.trouble(strike.trouble, lasts_s=strike.lasts_s)
        held = (node.account for node in self._arena.nodes if node.broker_link is link)
        if strike.trouble is Trouble.STALL:
            self._held_up(frozenset(held), since=begun_at)
        return link.name

    async def _kill_database(self, _: Strike) -> str | None:
        if not self._arena.postgres.is_alive():
            return None
        self._arena.postgres.kill()
        return "postgres"

    async def _restart_database(self, _: Strike) -> str | None:
        with contextlib.suppress(ArgosError):
            await self._arena.postgres.restart()
        return "postgres"

    async def _kill_sessions(self, strike: Strike) -> str | None:
        """The server ends about half of the sessions of Argos's roles, whatever they are doing."""
        dsn = self._arena.postgres.superuser_dsn
        try:
            connection = await asyncpg.connect(str(dsn), timeout=_DATABASE_WAIT_S)
        except (OSError, TimeoutError, asyncpg.PostgresError):
            return None
        try:
            await connection.execute(
                "SELECT setseed($1), pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE usename LIKE 'argos%' AND random() < $2",
                strike.aim,
                SESSIONS_SHARE,
            )
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return None
        finally:
            connection.terminate()
        return "sessions"

    async def _halt(self, strike: Strike) -> str | None:
        record = await hold_halt(self._arena, strike, session=self._session)
        if record is None:
            return None
        self.done.halts.append(record)
        return record.mode.value

    async def _trade_by_hand(self, strike: Strike) -> str | None:
        draw = Random(f"{self._plan.seed}|by-hand|{strike.aim}")
        node = draw.choice(self._arena.nodes)
        broker = next(item for item in self._arena.brokers if item.name == node.broker)
        body = {
            "account": node.account,
            "symbol": draw.choice(SYMBOLS),
            "side": draw.choice(("buy", "sell")),
            "qty": str(draw.randint(1, 5)),
        }
        url = f"http://{broker.host}:{broker.port}/control/manual"
        headers = {"Authorization": f"Bearer {broker.control_key}"}
        timeout = aiohttp.ClientTimeout(total=BROKER_TIMEOUT_S)
        try:
            async with self._session.post(
                url, json=body, headers=headers, timeout=timeout
            ) as answer:
                return node.account if answer.ok else None
        except (aiohttp.ClientError, TimeoutError):
            return None


async def end_broker_faults(arena: Arena, *, session: aiohttp.ClientSession) -> bool:
    """Tell every broker to behave from now on; False if one did not hear it."""
    timeout = aiohttp.ClientTimeout(total=BROKER_TIMEOUT_S)
    for broker in arena.brokers:
        url = f"http://{broker.host}:{broker.port}/control/faults"
        headers = {"Authorization": f"Bearer {broker.control_key}"}
        try:
            async with session.post(
                url, json={"clear": True}, headers=headers, timeout=timeout
            ) as answer:
                if not answer.ok:
                    return False
        except (aiohttp.ClientError, TimeoutError):
            return False
    return True
