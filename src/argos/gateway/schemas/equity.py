"""What an account was worth over time, as answers."""

from typing import Annotated

from pydantic import BaseModel, Field

from argos.gateway.schemas.values import AccountName, DecimalText, MomentText

DayText = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        json_schema_extra={"format": "date"},
        examples=["2026-11-02"],
    ),
]
Count = Annotated[int, Field(ge=0, examples=[42])]
Missing = Annotated[str | None, Field(description="why it is null", examples=[None])]


class EquityFiguresItem(BaseModel):
    """Of recorded equity, floating results counted, transfers taken out (time-weighted). `sharpe` is of daily returns,
    annualised by the root of 252; read it with `psr` and `days` (its n), not while `sharpe_too_short`. Weekdays of
    which nothing was seen are `days_unseen`. The drawdown is of every snapshot; `drawdown_back_at` null: it is still
    below its peak.
    """

    first_at: MomentText
    last_at: MomentText
    first_equity: Annotated[DecimalText, Field(examples=["100000"])]
    last_equity: Annotated[DecimalText, Field(examples=["100783"])]
    total_return: Annotated[DecimalText | None, Field(examples=["0.00783"])]
    days: Annotated[int, Field(ge=0, examples=[64])]
    days_unseen: Annotated[int, Field(ge=0, examples=[0])]
    sharpe: Annotated[DecimalText | None, Field(examples=["1.12"])]
    psr: Annotated[DecimalText | None, Field(examples=["0.71"])]
    sharpe_too_short: Annotated[bool, Field(examples=[False])]
    sortino: Annotated[DecimalText | None, Field(examples=["1.8"])]
    drawdown: Annotated[DecimalText | None, Field(examples=["0.0074"])]
    drawdown_peak_at: MomentText
    drawdown_trough_at: MomentText
    drawdown_back_at: Annotated[MomentText | None, Field(examples=[None])]


class TransfersItem(BaseModel):
    """Money that came in (above 0) or went out. `unexplained`: no execution and no word of the venue explains it."""

    n: Count
    amount: Annotated[DecimalText, Field(examples=["5000"])]
    unexplained_n: Annotated[int, Field(ge=0, examples=[0])]
    unexplained: Annotated[DecimalText, Field(examples=["0"])]


class AccountEquityItem(BaseModel):
    """One account as a whole, whatever traded on it. Days begin at `day_begins` in `zone`. `charges`: fees, interest
    and dividends that belong to no execution; they are results.
    """

    account: AccountName
    currency: Annotated[str, Field(examples=["USD"])]
    zone: Annotated[str, Field(examples=["Europe/Prague"])]
    day_begins: Annotated[str, Field(examples=["00:00"])]
    figures: EquityFiguresItem | None
    figures_missing: Missing
    transfers: TransfersItem
    charges: Annotated[DecimalText, Field(examples=["-1.2"])]


class EquityDayItem(BaseModel):
    day: DayText
    equity: Annotated[DecimalText, Field(examples=["100783"])]
    balance: Annotated[DecimalText, Field(examples=["100700"])]
    low: Annotated[DecimalText, Field(examples=["100120"])]
    high: Annotated[DecimalText, Field(examples=["100810"])]
    return_: Annotated[
        DecimalText | None, Field(alias="return", description="time-weighted", examples=["0.0031"])
    ]
    transferred: Annotated[DecimalText, Field(examples=["0"])]


class TransferItem(BaseModel):
    at: MomentText
    amount: Annotated[DecimalText, Field(examples=["5000"])]
    told: Annotated[bool, Field(description="the venue has said so", examples=[True])]


class EquityPointItem(BaseModel):
    began_at: MomentText
    ended_at: MomentText
    equity: Annotated[DecimalText, Field(description="at its end", examples=["100783"])]
    balance: Annotated[DecimalText, Field(examples=["100700"])]
    low: Annotated[DecimalText, Field(examples=["100760"])]
    high: Annotated[DecimalText, Field(examples=["100790"])]


class AccountHistoryAnswer(AccountEquityItem):
    """`points`: 500 at most, each with the extremes of its time; `moved`: the newest 100 transfers."""

    days: list[EquityDayItem]
    moved: list[TransferItem]
    points: list[EquityPointItem]
