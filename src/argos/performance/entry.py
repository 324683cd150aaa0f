"""An entry of the journal: a trade at one account that was filled, why it was entered and left, what it came to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from argos.consensus.vote import Direction
from argos.core.texts import optional_decimal
from argos.performance.exits import ExitPart, ExitReason, reason_of
from argos.performance.finished import FinishedTrade, vote_was_right
from argos.reconcile.result import Outcome, ReconciledLeg

FINISHED: Final = frozenset({Outcome.WIN, Outcome.LOSS, Outcome.BREAKEVEN})


class EnteredBy(StrEnum):
    SIGNAL = "signal"
    ALERT = "alert"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """What one source held when the signal was made. `direction` is how it counted; `abstention` says why it did not.

    `was_right`: its side was the outcome's; None while the trade is open, and for an abstention.
    """

    source: str
    direction: Direction
    weight: Decimal
    p_up: Decimal | None
    reason: str
    abstention: str | None
    was_right: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """The signal behind a trade, as it was recorded. `score` is no probability unless `probability` is known."""

    signal_id: str
    sequence: int
    score: Decimal
    probability: Decimal | None
    environment: str
    simulated: bool
    votes: tuple[Vote, ...]
    ended: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`leg` has the figures: fills, prices, costs, net result, R. `why` says in a sentence what it was entered on.

    `asked_by` is the source of the entry's intent. `checks`: the verdict of every risk check of its entry order, as it
    was stored. `exit_reason` is None while nothing was closed.
    """

    leg: ReconciledLeg
    entered_by: EnteredBy
    why: str
    asked_by: str
    features: Mapping[str, Any]
    checks: tuple[Mapping[str, Any], ...]
    exits: tuple[ExitPart, ...]
    signal: Signal | None

    @property
    def is_finished(self) -> bool:
        """Flat, nothing in doubt, nothing on its way: its result is final but for what is told late."""
        return self.leg.outcome in FINISHED

    @property
    def exit_reason(self) -> ExitReason | None:
        return reason_of(self.exits) if self.leg.exit_qty else None

    @property
    def holding_s(self) -> float | None:
        """From the first fill to the last; None while it is open."""
        opened_at, closed_at = self.leg.opened_at, self.leg.closed_at
        return (
            None
            if opened_at is None or closed_at is None
            else (closed_at - opened_at).total_seconds()
        )

    def finished(self) -> FinishedTrade | None:
        """What figures take of it; None while it is not finished."""
        leg = self.leg
        if (
            not self.is_finished
            or leg.side is None
            or leg.opened_at is None
            or leg.closed_at is None
        ):
            return None
        return FinishedTrade(
            trade_id=leg.trade_id,
            account=leg.account,
            currency=leg.currency,
            symbol=leg.symbol,
            bot_version=leg.bot_version,
            side=leg.side,
            opened_at=leg.opened_at,
            closed_at=leg.closed_at,
            gross_pnl=leg.gross_pnl,
            net_pnl=leg.net_pnl,
            r_multiple=leg.r_multiple,
            sides=(
                None
                if self.signal is None
                else {vote.source: vote.direction for vote in self.signal.votes}
            ),
            simulated=None if self.signal is None else self.signal.simulated,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What is stored beside a leg. `record` is the signal's in the chain, None for a trade without one."""

    source: str | None
    intent: Mapping[str, Any] | None
    checks: Sequence[Mapping[str, Any]]
    exits: Sequence[ExitPart]
    record: Mapping[str, Any] | None = None
    environment: str = ""
    simulated: bool = False
    signal_end: str | None = None


def entry_of(leg: ReconciledLeg, origin: Origin) -> Entry:
    """The journal's entry of a leg that was filled."""
    signal = None if origin.record is None else _signal(origin.record, origin, leg=leg)
    intent = origin.intent or {}
    return Entry(
        leg=leg,
        entered_by=EnteredBy.ALERT if signal is None else EnteredBy.SIGNAL,
        why=_alert_words(leg, origin) if signal is None else _signal_words(signal),
        asked_by=origin.source or "",
        features=dict(intent.get("features") or {}),
        checks=tuple(origin.checks),
        exits=tuple(origin.exits),
        signal=signal,
    )


def _signal(record: Mapping[str, Any], origin: Origin, *, leg: ReconciledLeg) -> Signal:
    told = record["signal"]
    finished = leg.outcome in FINISHED
    return Signal(
        signal_id=told["signal_id"],
        sequence=record["sequence"],
        score=Decimal(told["score"]),
        probability=optional_decimal(told["probability"], field="probability"),
        environment=origin.environment,
        simulated=origin.simulated,
        votes=tuple(_vote(ballot, leg if finished else None) for ballot in told["ballots"]),
        ended=origin.signal_end,
    )


def _vote(ballot: Mapping[str, Any], finished: ReconciledLeg | None) -> Vote:
    direction = Direction(ballot["counted"])
    vote = ballot.get("vote") or {}
    right = None
    if finished is not None and finished.side is not None:
        right = vote_was_right(direction, side=finished.side, net_pnl=finished.net_pnl)
    return Vote(
        source=ballot["source"],
        direction=direction,
        weight=Decimal(ballot["weight"]),
        p_up=optional_decimal(vote.get("p_up"), field="p_up"),
        reason=vote.get("reason") or "",
        abstention=ballot["abstention"],
        was_right=right,
    )


def _signal_words(signal: Signal) -> str:
    """ "consensus 0.85 of the score: massive long TREND_UP, x_api long, sonar against; simulated source" """
    told = []
    for vote in signal.votes:
        if vote.direction is Direction.ABSTAIN:
            told.append(f"{vote.source} abstained ({vote.abstention or vote.reason})")
        else:
            told.append(f"{vote.source} {vote.direction.value} {vote.reason}".rstrip())
    name = "score" if signal.probability is None else "probability"
    value = signal.score if signal.probability is None else signal.probability
    simulated = "; simulated source" if signal.simulated else ""
    return f"signal, {name} {value:f}: {', '.join(told)}{simulated}"


def _alert_words(leg: ReconciledLeg, origin: Origin) -> str:
    if origin.intent is None:
        return "unknown: no intent of it is stored"
    action, kind = origin.intent["action"], origin.intent["order_type"]
    return f"{action} {kind} of {leg.bot_version}, asked by {origin.source}"
