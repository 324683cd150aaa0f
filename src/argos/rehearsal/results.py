"""From the database and the ledgers to the demo's table, its JSON line and the report's data."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from argos.core.denial import DenialCode
from argos.core.intent import Side
from argos.core.order import OrderRole
from argos.protocol.values import decimal_text, optional_decimal_text
from argos.reconcile.result import Outcome, ReconciledLeg, SlippageReference
from argos.reconcile.revision import decode_leg
from argos.reconcile.summary import AccountSummary, receipt_to_fill_ms, summarise
from argos.rehearsal.charts import Curve, DatedValue, Mark
from argos.rehearsal.checking import Findings
from argos.rehearsal.play import Played
from argos.rehearsal.report import (
    AccountResult,
    AlertCounts,
    Latency,
    LifeOfAlert,
    LifeStep,
    PriceHistory,
    ReasonCount,
    ReportData,
    Slippage,
)
from argos.store.evidence import EvidenceStore

_OPEN: Final = frozenset({Outcome.OPEN})
_DOUBT: Final = frozenset({Outcome.IN_DOUBT})


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResult:
    """Everything the demo found, from the database and the brokers' ledgers."""

    legs: tuple[ReconciledLeg, ...]
    accounts: tuple[AccountSummary, ...]
    alerts: Mapping[str, int]
    reasons: tuple[ReasonCount, ...]
    sent: int
    findings: Findings
    seconds: float

    @property
    def trades(self) -> int:
        """Trades with at least one filled leg."""
        return len({leg.trade_id for leg in self.legs if leg.filled_qty})

    def legs_with(self, outcomes: frozenset[Outcome]) -> int:
        return sum(1 for leg in self.legs if leg.outcome in outcomes)

    @property
    def reconciled(self) -> int:
        return len(self.legs) - self.legs_with(_OPEN | _DOUBT)


async def read_result(
    store: EvidenceStore, *, played: Played, findings: Findings, seconds: float
) -> DemoResult:
    legs = tuple(decode_leg(row["body"]) for row in await store.rows("legs"))
    alerts: dict[str, int] = defaultdict(int)
    reasons = []
    for row in await store.rows("alerts"):
        alerts[row["outcome"]] += row["n"]
        if row["code"]:
            reasons.append(ReasonCount(code=row["code"], count=row["n"]))
    reasons += [
        ReasonCount(code=row["code"], count=row["n"], by="risk", meaning=_meaning(row["code"]))
        for row in await store.rows("denials")
    ]
    return DemoResult(
        legs=legs,
        accounts=summarise(legs),
        alerts=alerts,
        reasons=tuple(reasons),
        sent=len(played.deliveries),
        findings=findings,
        seconds=seconds,
    )


def _meaning(code: str) -> str:
    return DenialCode(code).fix if code in DenialCode.__members__ else ""


def as_json(result: DemoResult) -> dict[str, Any]:
    """The demo's one line for programs."""
    return {
        "alerts": {
            "sent": result.sent,
            "accepted": result.alerts.get("accepted", 0),
            "duplicate": result.alerts.get("duplicate", 0),
            "refused": result.alerts.get("refused", 0) + result.alerts.get("conflict", 0),
        },
        "trades": result.trades,
        "legs": {
            "reconciled": result.reconciled,
            "open": result.legs_with(_OPEN),
            "in_doubt": result.legs_with(_DOUBT),
        },
        "lost": len(result.findings.lost),
        "doubled": len(result.findings.doubled),
        "accounts": [_account_json(account) for account in result.accounts],
        "seconds": round(result.seconds, 3),
    }


def _account_json(account: AccountSummary) -> dict[str, Any]:
    bps = account.slippage_bps
    return {
        "account": account.account,
        "trades": account.trades,
        "fill_ratio": optional_decimal_text(account.fill_ratio),
        "slippage_bps": {
            reference.value: optional_decimal_text(bps[reference])
            for reference in SlippageReference
        },
        "latency_ms": dict(account.latency_ms),
        "commission": decimal_text(account.commission),
        "swap": decimal_text(account.swap),
        "net_cost": decimal_text(account.net_cost),
        "net_pnl": decimal_text(account.net_pnl),
    }


async def report_data(
    store: EvidenceStore,
    result: DemoResult,
    *,
    played: Played,
    seed: int,
    version: str,
    characters: Mapping[str, str],
    story: Mapping[str, Any] | None,
) -> ReportData:
    days = played.days[: played.run.days] if played.run else played.days
    marks = await store.rows("marks")
    return ReportData(
        made_at=datetime.now(UTC),
        version=version,
        seed=seed,
        first_day=days[0].date,
        last_day=days[-1].date,
        days=len(days),
        seconds=Decimal(str(round(result.seconds, 1))),
        alerts=AlertCounts(
            sent=result.sent,
            accepted=result.alerts.get("accepted", 0),
            duplicate=result.alerts.get("duplicate", 0),
            refused=result.alerts.get("refused", 0) + result.alerts.get("conflict", 0),
            reasons=result.reasons,
        ),
        trades=result.trades,
        legs=len(result.legs),
        legs_open=result.legs_with(_OPEN),
        in_doubt=result.legs_with(_DOUBT),
        lost=len(result.findings.lost),
        doubled=len(result.findings.doubled),
        accounts=tuple(
            _account_result(account, result, played=played, characters=characters)
            for account in result.accounts
        ),
        prices=_prices(days, marks),
        life=_life(story),
    )


def _account_result(
    account: AccountSummary,
    result: DemoResult,
    *,
    played: Played,
    characters: Mapping[str, str],
) -> AccountResult:
    legs = [leg for leg in result.legs if leg.account == account.account and leg.filled_qty]
    waits = [wait for leg in legs if (wait := receipt_to_fill_ms(leg)) is not None]
    return AccountResult(
        account=account.account,
        character=characters.get(account.account, ""),
        currency=account.currency,
        trades=account.trades,
        fill_ratio=account.fill_ratio,
        slippage_bps=Slippage(
            signal=account.slippage_bps[SlippageReference.SIGNAL],
            arrival=account.slippage_bps[SlippageReference.ARRIVAL],
            broker=account.slippage_bps[SlippageReference.BROKER],
        ),
        latency_ms=Latency(**{name: _exact(ms) for name, ms in account.latency_ms.items()}),
        commission=account.commission,
        swap=account.swap,
        net_cost=account.net_cost,
        net_pnl=account.net_pnl,
        pnl=_pnl_curve(account.account, legs, played=played),
        latencies_ms=tuple(Decimal(str(wait)) for wait in waits),
        slippages_bps=tuple(
            leg.slippage_arrival_bps for leg in legs if leg.slippage_arrival_bps is not None
        ),
    )


def _exact(ms: float | None) -> Decimal | None:
    return None if ms is None else Decimal(str(ms))


def _pnl_curve(account: str, legs: Sequence[ReconciledLeg], *, played: Played) -> Curve:
    """Cumulative net result over the replayed days: a leg counts on the day whose close came before its end."""
    moments = sorted((delivery.at, _bar_date(delivery.event_id)) for delivery in played.deliveries)
    by_day: dict[date, Decimal] = defaultdict(Decimal)
    index = 0
    day = played.days[0].date
    closed = [(leg.closed_at, leg.net_pnl) for leg in legs if leg.closed_at is not None]
    for closed_at, pnl in sorted(closed):
        while index < len(moments) and moments[index][0] <= closed_at:
            day = moments[index][1] or day
            index += 1
        by_day[day] += pnl
    points, total = [], Decimal(0)
    for trading_day in played.days:
        total += by_day.get(trading_day.date, Decimal(0))
        points.append(DatedValue(date=trading_day.date, value=total))
    return Curve(name=account, points=tuple(points))


def _bar_date(event_id: str) -> date | None:
    """The bar that an event speaks of: the recipe puts its time, in Unix ms, between bars of `|`."""
    for part in event_id.split("|"):
        if part.isdigit() and len(part) >= 12:
            return datetime.fromtimestamp(int(part) / 1000, tz=UTC).date()
    return None


def _prices(days: Sequence[Any], marks: Sequence[Mapping[str, Any]]) -> tuple[PriceHistory, ...]:
    symbols = sorted(days[0].bars)
    closes = {
        symbol: Curve(
            name=symbol,
            points=tuple(DatedValue(date=day.date, value=day.bars[symbol].close) for day in days),
        )
        for symbol in symbols
    }
    by_symbol: dict[str, list[Mark]] = defaultdict(list)
    for row in marks:
        if row["bar_at_ms"] is not None:
            by_symbol[row["symbol"]].append(_mark(row))
    return tuple(
        PriceHistory(closes=closes[symbol], marks=tuple(by_symbol[symbol])) for symbol in symbols
    )


def _mark(row: Mapping[str, Any]) -> Mark:
    entry = row["role"] == OrderRole.ENTRY
    kind = ("buy" if row["side"] == Side.BUY else "sell") if entry else "exit"
    on = datetime.fromtimestamp(row["bar_at_ms"] / 1000, tz=UTC).date()
    return Mark(
        date=on, price=row["price"], kind=kind, text=f"{kind} @ {decimal_text(row['price'])}"
    )


def _life(story: Mapping[str, Any] | None) -> LifeOfAlert | None:
    if not story or not story["timeline"]:
        return None
    steps = tuple(
        LifeStep(
            ms=Decimal(str(step["ms_since_alert"])),
            stage=step["stage"],
            what=step["what"],
            account=step["account"] or "",
        )
        for step in story["timeline"]
    )
    return LifeOfAlert(trade_id=story["trade_id"], summary=steps[0].what, steps=steps)
