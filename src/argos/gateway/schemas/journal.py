"""The journal, and the figures of finished trades, as answers."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from argos.consensus.vote import Direction
from argos.core.intent import Side
from argos.gateway.schemas.equity import AccountEquityItem, Count, DayText, Missing
from argos.gateway.schemas.values import (
    AccountName,
    BotVersion,
    DecimalText,
    MomentText,
    Symbol,
    TradeId,
)
from argos.performance.capital import Basis
from argos.performance.entry import EnteredBy
from argos.performance.exits import ExitReason
from argos.performance.groups import By
from argos.reconcile.result import Divergence, Outcome

SourceName = Annotated[str, Field(examples=["massive"])]


class JournalExit(BaseModel):
    """One fill that closed, with why and who asked for it."""

    reason: Annotated[ExitReason, Field(examples=["target"])]
    qty: Annotated[DecimalText, Field(examples=["10"])]
    price: Annotated[DecimalText, Field(examples=["12.88"])]
    at: MomentText
    asked_by: Annotated[str | None, Field(examples=[None])]


class JournalVote(BaseModel):
    """How one source counted. `was_right`: its side was the outcome's; null while open and for an abstention."""

    source: SourceName
    direction: Annotated[Direction, Field(examples=["long"])]
    weight: Annotated[DecimalText, Field(examples=["0.4"])]
    p_up: Annotated[DecimalText | None, Field(examples=["0.71"])]
    reason: Annotated[str | None, Field(examples=["TREND_UP"])]
    abstention: Annotated[str | None, Field(examples=[None])]
    was_right: Annotated[bool | None, Field(examples=[True])]


class JournalSignal(BaseModel):
    """`score` is no probability; `probability` is null until the consensus is calibrated."""

    sequence: Annotated[int, Field(description="in its chain", examples=[17])]
    score: Annotated[DecimalText, Field(examples=["0.85"])]
    probability: Annotated[DecimalText | None, Field(examples=[None])]
    environment: Annotated[str, Field(examples=["dev"])]
    ended: Annotated[str | None, Field(description="how the signal ended", examples=[None])]
    votes: list[JournalVote]


class JournalItem(BaseModel):
    """A trade at one account that was filled. Money in `currency`; costs are positive when paid."""

    trade_id: TradeId
    account: AccountName
    symbol: Symbol
    side: Annotated[Side | None, Field(examples=["buy"])]
    strategy: Annotated[str, Field(examples=["ema-cross"])]
    bot_version: BotVersion
    outcome: Annotated[Outcome, Field(examples=["win"])]
    finished: Annotated[bool, Field(description="flat, its result known", examples=[True])]
    opened_at: MomentText | None
    closed_at: MomentText | None
    holding_s: Annotated[
        float | None, Field(description="first fill to last, seconds", examples=[5400.0])
    ]
    qty: Annotated[DecimalText, Field(description="units that opened", examples=["10"])]
    exit_qty: Annotated[DecimalText, Field(description="units that closed", examples=["10"])]
    entry_price: Annotated[DecimalText | None, Field(examples=["12.36"])]
    exit_price: Annotated[DecimalText | None, Field(examples=["12.88"])]
    currency: Annotated[str, Field(examples=["USD"])]
    gross_pnl: Annotated[DecimalText, Field(examples=["5.2"])]
    commission: Annotated[DecimalText, Field(examples=["0.7"])]
    swap: Annotated[DecimalText, Field(examples=["0"])]
    fee: Annotated[DecimalText, Field(examples=["0"])]
    slippage_cost: Annotated[
        DecimalText | None, Field(description="in the prices already", examples=["0.4"])
    ]
    net_pnl: Annotated[DecimalText, Field(examples=["4.5"])]
    r_multiple: Annotated[
        DecimalText | None,
        Field(description="net_pnl over what the stop risked", examples=["0.978261"]),
    ]
    entered_by: Annotated[EnteredBy, Field(examples=["alert"])]
    why_entered: Annotated[
        str, Field(examples=["open market of ema-cross@3.2, asked by hook:tradingview"])
    ]
    asked_by: Annotated[str, Field(examples=["hook:tradingview"])]
    features: Annotated[
        dict[str, Any],
        Field(description="as the strategy sent them", examples=[{"ema_fast": 12.31}]),
    ]
    exit_reason: Annotated[ExitReason | None, Field(examples=["target"])]
    why_exited: Annotated[str | None, Field(examples=["its target was reached"])]
    exits: list[JournalExit]
    checks: Annotated[
        list[dict[str, Any]],
        Field(
            description="the risk verdicts of the entry order",
            examples=[[{"check": "halt", "ok": True}]],
        ),
    ]
    signal_id: Annotated[
        str | None, Field(description="null for a trade that no signal began", examples=[None])
    ]
    simulated: Annotated[
        bool | None,
        Field(description="a source of the signal was simulated", examples=[None]),
    ]
    signal: Annotated[JournalSignal | None, Field(examples=[None])]
    divergence: Annotated[list[Divergence], Field(examples=[[]])]
    revision: Annotated[int, Field(ge=1, examples=[3])]
    reconciled_at: MomentText


class WinRate(BaseModel):
    """Trades with a net result above 0, of all finished ones; exactly 0 is no win. Wilson's 95 % interval.

    `too_short`: fewer than 30 trades, so that the rate says little. `simulated_n`: trades whose signal had a simulated
    source, out of n; they say nothing about a market.
    """

    n: Count
    wins: Annotated[int, Field(ge=0, examples=[24])]
    win_rate: Annotated[DecimalText | None, Field(examples=["0.571429"])]
    wilson_low: Annotated[DecimalText | None, Field(examples=["0.422163"])]
    wilson_high: Annotated[DecimalText | None, Field(examples=["0.708778"])]
    losses: Annotated[int, Field(ge=0, examples=[17])]
    zeros: Annotated[int, Field(ge=0, examples=[1])]
    too_short: Annotated[bool, Field(examples=[False])]
    simulated_n: Annotated[int, Field(ge=0, examples=[0])]


class VoteRateItem(BaseModel):
    """How often the source's side was the outcome's, votes against the trade included."""

    n: Count
    hits: Annotated[int, Field(ge=0, examples=[25])]
    hit_rate: Annotated[DecimalText | None, Field(examples=["0.595238"])]
    wilson_low: Annotated[DecimalText | None, Field(examples=["0.444868"])]
    wilson_high: Annotated[DecimalText | None, Field(examples=["0.729579"])]
    voted_for: Annotated[int, Field(ge=0, examples=[40])]
    voted_against: Annotated[int, Field(ge=0, examples=[2])]
    abstained: Annotated[int, Field(ge=0, examples=[5])]


class WinRateGroup(WinRate):
    key: Annotated[str, Field(examples=["AAPL"])]
    votes: Annotated[
        VoteRateItem | None, Field(description="with by=source alone", examples=[None])
    ]


class BesideItem(BaseModel):
    """What came to no finished trade, counted by why: legs that were denied, rejected, expired or canceled, and those
    open, in doubt or external; signals that were refused, or valid and not executed (no code: nobody had asked for it).
    """

    what: Annotated[Literal["legs", "signals"], Field(examples=["legs"])]
    outcome: Annotated[str, Field(examples=["denied"])]
    code: Annotated[str, Field(examples=["MARKET_CLOSED"])]
    n: Annotated[int, Field(ge=1, examples=[3])]


class WinRatesAnswer(BaseModel):
    by: Annotated[By | None, Field(examples=["symbol"])]
    zone: Annotated[str, Field(examples=["UTC"])]
    since: MomentText | None
    until: Annotated[MomentText | None, Field(examples=[None])]
    overall: WinRate
    groups: list[WinRateGroup]
    beside: list[BesideItem]


class CapitalItem(BaseModel):
    """What returns are measured on. worked_out: the last balance seen, less what the trades made since the start.
    Transfers are not seen: they count as if they had been there from the start.
    """

    amount: Annotated[DecimalText | None, Field(examples=["100000"])]
    currency: Annotated[str | None, Field(examples=["USD"])]
    basis: Annotated[Basis, Field(examples=["worked_out"])]
    why: Missing
    accounts: Annotated[list[str], Field(examples=[["meridian-hedge"]])]


class MoneyItem(BaseModel):
    """Sums and means in one currency; other currencies are never added to it. profit_factor is null without a loss."""

    currency: Annotated[str, Field(examples=["USD"])]
    gross_pnl: Annotated[DecimalText, Field(examples=["812.4"])]
    costs: Annotated[DecimalText, Field(examples=["29.4"])]
    net_pnl: Annotated[DecimalText, Field(examples=["783"])]
    profit_factor: Annotated[DecimalText | None, Field(examples=["1.62"])]
    expectancy: Annotated[DecimalText, Field(examples=["18.64285714"])]
    win_mean: Annotated[DecimalText | None, Field(examples=["85.25"])]
    loss_mean: Annotated[DecimalText | None, Field(examples=["-74.29411765"])]
    best: Annotated[DecimalText, Field(examples=["310.5"])]
    worst: Annotated[DecimalText, Field(examples=["-140.2"])]


class CurveItem(BaseModel):
    """Of daily equity from closed trades. `sharpe` is annualised by the root of 252; never read it without `psr` and
    `days`, and not at all while `sharpe_too_short`. drawdown is 0 or above, at ends of days.
    """

    total_return: Annotated[DecimalText, Field(examples=["0.00783"])]
    days: Annotated[int, Field(ge=1, examples=[64])]
    sharpe: Annotated[DecimalText | None, Field(examples=["1.31"])]
    psr: Annotated[DecimalText | None, Field(examples=["0.74"])]
    sharpe_too_short: Annotated[bool, Field(examples=[False])]
    sortino: Annotated[DecimalText | None, Field(examples=["2.02"])]
    drawdown: Annotated[DecimalText, Field(examples=["0.0031"])]
    drawdown_days: Annotated[int, Field(ge=0, examples=[11])]


class FiguresItem(WinRate):
    """`money` and `curve` are null where `money_missing` and `curve_missing` say why."""

    r_n: Annotated[int, Field(ge=0, description="trades that had a stop", examples=[40])]
    expectancy_r: Annotated[DecimalText | None, Field(examples=["0.18"])]
    sqn: Annotated[DecimalText | None, Field(examples=["1.12"])]
    holding_s_mean: Annotated[float | None, Field(examples=[7200.0])]
    first_day: DayText | None
    last_day: Annotated[DayText | None, Field(examples=["2027-01-28"])]
    capital: CapitalItem
    money: MoneyItem | None
    money_missing: Missing
    curve: CurveItem | None
    curve_missing: Missing


class FiguresGroup(FiguresItem):
    key: Annotated[str, Field(examples=["AAPL"])]
    votes: Annotated[
        VoteRateItem | None, Field(description="with by=source alone", examples=[None])
    ]


class PerformanceAnswer(BaseModel):
    by: Annotated[By | None, Field(examples=["symbol"])]
    zone: Annotated[str, Field(examples=["UTC"])]
    since: MomentText | None
    until: Annotated[MomentText | None, Field(examples=[None])]
    overall: FiguresItem
    groups: list[FiguresGroup]
    beside: list[BesideItem]
    accounts: list[AccountEquityItem]
