"""One torture run: alerts and strikes together, then healing, quiet, and the verdict."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp

from argos.core.errors import ArgosError, StoreError
from argos.core.order import CommandKind
from argos.rehearsal.evidence import acknowledged, read_books, read_stored
from argos.rehearsal.sender import AlertSender, Delivery, DeliveryLog
from argos.rehearsal.torture.alerts import plan_alerts
from argos.rehearsal.torture.arena import Arena
from argos.rehearsal.torture.faults import Done, Tormentor, end_broker_faults
from argos.rehearsal.torture.kinds import NodeKind
from argos.rehearsal.torture.plan import TorturePlan
from argos.rehearsal.torture.sending import send_all
from argos.rehearsal.torture.verdict import Evidence, LaneStep, Verdict, judge
from argos.store.audit import verify_chain
from argos.store.evidence import EvidenceStore

HEAL_S_MAX: Final = 45.0
LOOK_S: Final = 0.5
QUIET_LOOKS: Final = 2
ANSWER_S: Final = 3.0
RESEND_S: Final = 0.4


@dataclass(slots=True)
class Quiet:
    """Whether there is nothing to wait for any more: clean twice in a row, or idle and unclean for too long."""

    patience_s: float
    _good_looks: int = 0
    _idle_since_s: float | None = None

    def reached(self, *, idle: bool, clean: bool) -> bool:
        now_s = time.monotonic()
        if not idle:
            self._good_looks, self._idle_since_s = 0, None
            return False
        self._idle_since_s = now_s if self._idle_since_s is None else self._idle_since_s
        self._good_looks = self._good_looks + 1 if clean else 0
        return self._good_looks >= QUIET_LOOKS or now_s - self._idle_since_s >= self.patience_s


@dataclass(slots=True)
class Watch:
    """How a run stands, for whoever shows it."""

    stage: str = "torture"
    alerts: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    done: Done = field(default_factory=Done)
    began_s: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began_s


@dataclass(frozen=True, slots=True, kw_only=True)
class TortureResult:
    """What came of a run."""

    plan: TorturePlan
    done: Done
    verdict: Verdict
    deliveries: int
    answers: Counter[str]
    orders: int
    fills: int
    nodes: Mapping[NodeKind, int]
    """How many of each kind there were, and, in `fills_by_kind`, how much each kind had to do."""
    fills_by_kind: Mapping[NodeKind, int]
    settled: bool
    seconds: float

    @property
    def clean(self) -> bool:
        return self.settled and self.verdict.clean

    def as_json(self) -> dict[str, Any]:
        return {
            "seed": self.plan.seed,
            "alerts": self.plan.alerts,
            "kills": self.done.kills,
            "cuts": self.done.cuts,
            "db_restarts": self.done.db_restarts,
            **self.verdict.counts(),
            "settled": self.settled,
            "deliveries": self.deliveries,
            "answers": dict(sorted(self.answers.items())),
            "troubles": {
                trouble.value: count for trouble, count in sorted(self.done.counts.items())
            },
            "nodes": dict(self.nodes),
            "orders": self.orders,
            "fills": self.fills,
            "fills_by_kind": dict(self.fills_by_kind),
            "seconds": round(self.seconds, 1),
        }


async def torture(arena: Arena, plan: TorturePlan, *, watch: Watch) -> TortureResult:
    """Run the plan against the arena. Bounded: the plan's span, healing, and the plan's time to settle."""
    deliveries: list[Delivery] = []

    def noted(delivery: Delivery) -> None:
        deliveries.append(delivery)
        watch.answers[str(delivery.status or "none")] += 1

    async with aiohttp.ClientSession() as session:
        tormentor = Tormentor(arena, plan, session=session, done=watch.done)
        try:
            with DeliveryLog(arena.logs / "sender.jsonl") as log:
                sender = AlertSender(
                    session=session,
                    gateway_url=arena.gateway_url,
                    hook_key=arena.hook_key,
                    log=log,
                    resend_delay_s=RESEND_S,
                    timeout_s=ANSWER_S,
                )
                await _attack(arena, plan, tormentor, sender, noted)
        finally:
            tormentor.release()
            tormentor.close()
        watch.stage = "healing"
        await _heal(arena, session=session)
    watch.stage = "settling"
    return await _settle_and_judge(arena, plan, deliveries=deliveries, watch=watch)


async def _attack(
    arena: Arena,
    plan: TorturePlan,
    tormentor: Tormentor,
    sender: AlertSender,
    noted: Callable[[Delivery], None],
) -> None:
    alerts = plan_alerts(count=plan.alerts, span_s=plan.span_s, seed=plan.seed, mix=plan.mix.alerts)
    async with asyncio.TaskGroup() as group:
        group.create_task(tormentor.run())
        group.create_task(
            send_all(alerts, sender=sender, terms=arena.terms, seed=plan.seed, on_delivery=noted)
        )


async def _heal(arena: Arena, *, session: aiohttp.ClientSession) -> None:
    """Everything up, no fault left. Raises ArgosError TORTURE_NOT_HEALED naming what does not come back."""
    missing = "the database"
    try:
        async with asyncio.timeout(HEAL_S_MAX):
            while not arena.postgres.is_alive():  # noqa: ASYNC110 - processes tell nobody of their coming
                await asyncio.sleep(LOOK_S)
            for missing in arena.processes:
                await arena.children.ready(missing)
            missing = "the brokers' good manners"
            while not await end_broker_faults(arena, session=session):  # noqa: ASYNC110 - nor do brokers
                await asyncio.sleep(LOOK_S)
    except TimeoutError:
        raise ArgosError(
            f"{missing} did not come back within {HEAL_S_MAX:g} s",
            code="TORTURE_NOT_HEALED",
            fix=f"read the logs in {arena.logs}",
        ) from None


async def _settle_and_judge(
    arena: Arena, plan: TorturePlan, *, deliveries: list[Delivery], watch: Watch
) -> TortureResult:
    store = await EvidenceStore.open(arena.access.as_role("argos_reader"))
    try:
        deadline_s = time.monotonic() + plan.mix.settle_s_max
        quiet = Quiet(patience_s=plan.mix.patience_s)
        while True:
            idle = await store.number("underway") == 0
            if idle and arena.market in arena.children.pids:
                # What rests at a broker may fill as long as prices move; nothing shall move while we compare.
                await arena.children.stop_child(arena.market)
            evidence = await _gather(arena, store, deliveries=deliveries, watch=watch)
            verdict = judge(evidence)
            over = verdict.hopeless or time.monotonic() > deadline_s
            if over or quiet.reached(idle=idle, clean=verdict.clean):
                break
            await asyncio.sleep(LOOK_S)
        verdict.audit_broken.extend(await _audit(arena))
        return TortureResult(
            plan=plan,
            done=watch.done,
            verdict=verdict,
            deliveries=len(deliveries),
            answers=watch.answers,
            orders=len(evidence.stored.orders),
            fills=len(evidence.stored.executions),
            nodes=Counter(node.kind for node in arena.nodes),
            fills_by_kind=_fills_by_kind(arena, evidence),
            settled=idle,
            seconds=watch.seconds,
        )
    finally:
        await store.aclose()


def _fills_by_kind(arena: Arena, evidence: Evidence) -> Mapping[NodeKind, int]:
    kinds = {node.account: node.kind for node in arena.nodes}
    return Counter(kinds[account] for account, _ in evidence.stored.executions)


async def _audit(arena: Arena) -> list[str]:
    try:
        report = await verify_chain(arena.access.as_role("argos_audit"))
    except StoreError as error:
        return [f"could not be verified: {error}"]
    return [f"{item.kind} in {item.stream} at {item.seq}: {item.what}" for item in report.findings]


async def _gather(
    arena: Arena, store: EvidenceStore, *, deliveries: list[Delivery], watch: Watch
) -> Evidence:
    steps = [
        LaneStep(
            command_id=row["command_id"],
            order_id=row["order_id"],
            account=row["account"],
            symbol=row["symbol"],
            seq=row["seq"],
            kind=CommandKind(row["kind"]),
            closes_order_id=row["closes_order_id"],
        )
        for row in await store.rows("commands")
    ]
    return Evidence(
        stored=await read_stored(store),
        steps=steps,
        books=read_books(arena.brokers),
        deliveries=deliveries,
        acknowledged=acknowledged(deliveries),
        source=arena.source,
        halts=watch.done.halts,
        held_up=watch.done.held_up,
        unreconciled=[
            (row["trade_id"], row["account"]) for row in await store.rows("unreconciled")
        ],
    )
