"""The planted bugs: where each is put in, and the torture in which it must be caught."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from argos.paperbroker.settings import Fault
from argos.rehearsal.torture.kinds import NodeKind
from argos.rehearsal.torture.plan import AlertMix, TortureMix, Trouble
from argos.venues.mt5.standin.faults import Fault as TerminalFault

GATEWAY: Final = "gateway"
NODE: Final = "node"
WORKER: Final = "worker"

BASE: Final = TortureMix(
    alert_gap_s=0.13,
    alerts=AlertMix(limit_share=0.0, reverse_share=0.0, hold_s=(0.5, 2.5), reorder_s_max=1.5),
    troubles={},
    broker_faults={},
    terminal_faults={},
    kinds=(NodeKind.PAPER,),
    brokers=("meridian",),
    settle_s_max=8.0,
    patience_s=2.5,
    link_ends=frozenset({GATEWAY}),
)
"""One broker with two accounts, where no unique order id helps, and nothing that goes wrong but what a bug needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """`processes` are the sorts that run sabotaged; `sql` is done to the database before they start.

    `caught_by` names the findings of which at least one must come.
    """

    name: str
    what: str
    processes: frozenset[str] = frozenset()
    sql: str = ""
    mix: TortureMix
    caught_by: frozenset[str] = frozenset()


def _only(sort: str) -> Mapping[str, float]:
    return {sort: 1.0}


def _lasting(
    trouble: Trouble, shortest_s: float, longest_s: float
) -> Mapping[Trouble, tuple[float, float]]:
    return {trouble: (shortest_s, longest_s)}


NO_BUG: Final = Bug(
    name="none",
    what="no bug at all: the troubles of the others together, which must be survived",
    mix=replace(
        BASE,
        alert_gap_s=0.25,
        alerts=replace(BASE.alerts, limit_share=0.3),
        troubles={Trouble.KILL: 6, Trouble.CUT: 6, Trouble.MUTE: 6, Trouble.DATABASE_KILL: 3},
        broker_faults={
            Fault.LATE_FILL_AFTER_CANCEL: 1.0,
            Fault.LOST_ANSWER: 0.15,
            Fault.ACCEPT_THEN_TIMEOUT: 0.1,
        },
        kinds=(NodeKind.PAPER, NodeKind.MT5_PYTHON),
        terminal_faults={TerminalFault.NONE_AFTER_SEND: 0.15},
        settle_s_max=60.0,
        patience_s=15.0,
    ),
)
_ALL: Final[Iterable[Bug]] = (
    Bug(
        name="answer_before_commit",
        what="the gateway says yes first and stores later",
        processes=frozenset({GATEWAY}),
        mix=replace(
            BASE,
            alerts=replace(BASE.alerts, copies_max=1),
            troubles={Trouble.KILL: 4, Trouble.DATABASE_KILL: 8},
            kill_weights=_only(GATEWAY),
        ),
        caught_by=frozenset({"lost"}),
    ),
    Bug(
        name="forget_dedupe",
        what="an event that comes again after a while counts as new",
        processes=frozenset({GATEWAY}),
        mix=BASE,
        caught_by=frozenset({"promises_broken"}),
    ),
    Bug(
        name="drop_unique_key",
        what="facts and executions may stand there twice, and nobody looks whether they do",
        processes=frozenset({GATEWAY}),
        sql="""
            ALTER TABLE argos.facts DROP CONSTRAINT facts_pkey CASCADE;
            ALTER TABLE argos.executions DROP CONSTRAINT executions_pkey CASCADE;
        """,
        mix=replace(BASE, troubles={Trouble.MUTE: 30}, lasts_s=_lasting(Trouble.MUTE, 0.5, 1.5)),
        caught_by=frozenset({"positions_differ"}),
    ),
    Bug(
        name="ignore_late_fills",
        what="fills after the end of an order are thrown away",
        processes=frozenset({GATEWAY}),
        mix=replace(
            BASE,
            alerts=replace(BASE.alerts, limit_share=1.0, cancel_share=1.0, limit_away_bps=100.0),
            broker_faults={Fault.LATE_FILL_AFTER_CANCEL: 1.0},
        ),
        caught_by=frozenset({"fills_unknown"}),
    ),
    Bug(
        name="skip_node_log",
        what="the node calls the venue before it writes anything down",
        processes=frozenset({NODE}),
        mix=replace(
            BASE,
            troubles={Trouble.KILL: 16},
            kill_weights=_only(NODE),
            broker_faults={Fault.SLOW: 0.3},
            fault_delays_ms={Fault.SLOW: 4_000},
            send_timeout_ms=6_000,
            settle_s_max=20.0,
        ),
        caught_by=frozenset({"doubled"}),
    ),
    Bug(
        name="resend_on_timeout",
        what="the node sends again when no answer came",
        processes=frozenset({NODE}),
        mix=replace(BASE, broker_faults={Fault.LOST_ANSWER: 0.3}),
        caught_by=frozenset({"doubled"}),
    ),
    Bug(
        name="timeout_is_refusal",
        what="the node takes silence for a no",
        processes=frozenset({NODE}),
        mix=replace(BASE, broker_faults={Fault.LOST_ANSWER: 0.3}),
        caught_by=frozenset({"contradicted"}),
    ),
    Bug(
        name="none_is_refusal",
        what="the node at a terminal takes an answer of None for a no",
        processes=frozenset({NODE}),
        mix=replace(
            BASE,
            kinds=(NodeKind.MT5_PYTHON,),
            terminal_faults={TerminalFault.NONE_AFTER_SEND: 0.3},
        ),
        caught_by=frozenset({"contradicted"}),
    ),
    Bug(
        name="report_once",
        what="the node does not report again what nobody took",
        processes=frozenset({NODE}),
        mix=replace(
            BASE,
            troubles={Trouble.CUT: 24},
            lasts_s=_lasting(Trouble.CUT, 0.8, 1.5),
            broker_faults={Fault.SLOW: 0.6},
            fault_delays_ms={Fault.SLOW: 500},
        ),
        caught_by=frozenset({"fills_unknown", "lost"}),
    ),
    Bug(
        name="ignore_valid_until",
        what="nobody looks at the clock before sending",
        processes=frozenset({GATEWAY, NODE, WORKER}),
        mix=replace(
            BASE,
            expiry_s=1,
            troubles={Trouble.CUT: 20},
            lasts_s=_lasting(Trouble.CUT, 2.0, 3.0),
        ),
        caught_by=frozenset({"sent_late"}),
    ),
    Bug(
        name="ignore_halt",
        what="the kill switch is stored, answered and not obeyed",
        processes=frozenset({GATEWAY, NODE, WORKER}),
        mix=replace(BASE, troubles={Trouble.HALT: 12}, lasts_s=_lasting(Trouble.HALT, 1.5, 2.0)),
        caught_by=frozenset({"sent_under_halt"}),
    ),
    Bug(
        name="lose_outbox",
        what="the worker strikes a step off the list before it is done",
        processes=frozenset({WORKER}),
        mix=replace(BASE, troubles={Trouble.KILL: 12}, kill_weights=_only(WORKER)),
        caught_by=frozenset({"lost"}),
    ),
    Bug(
        name="shuffle_lanes",
        what="commands of one lane do not wait for each other",
        processes=frozenset({GATEWAY, NODE}),
        mix=replace(BASE, troubles={Trouble.CUT: 20}, lasts_s=_lasting(Trouble.CUT, 1.0, 2.0)),
        caught_by=frozenset({"out_of_order"}),
    ),
)
BUGS: Final[Mapping[str, Bug]] = MappingProxyType({bug.name: bug for bug in _ALL})
