"""What can be asked of the journal and of its figures."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field

from argos.core.errors import InputError
from argos.gateway.filters import AccountName, BotVersion, Symbol, TradeId
from argos.gateway.filters import Asked as PageAsked
from argos.performance.capital import Basis, Capital
from argos.performance.groups import Asked, By
from argos.protocol.intent_body import WireMoment
from argos.store.journal import Choice

Strategy = Annotated[
    str | None,
    Field(
        max_length=128,
        pattern=r"^[^\x00]*$",
        description="only of this strategy, whatever its version",
        examples=["ema-cross"],
    ),
]


class JournalAsked(PageAsked):
    """[since, until) is of the opening."""

    trade_id: TradeId = None
    account: AccountName = None
    symbol: Symbol = None
    strategy: Strategy = None
    bot_version: BotVersion = None
    open: Annotated[
        bool | None,
        Field(description="true: not finished; false: finished only", examples=[False]),
    ] = None

    def choice(self) -> Choice:
        return _choice_of(self)


class WinRateAsked(BaseModel):
    """Finished trades closed in [since, until)."""

    model_config = ConfigDict(extra="forbid")

    by: Annotated[By | None, Field(description="what to group by", examples=["symbol"])] = None
    since: Annotated[
        WireMoment | None,
        Field(description="closed from this moment on", examples=["2026-11-20T00:00:00Z"]),
    ] = None
    until: Annotated[
        WireMoment | None,
        Field(description="closed before this moment", examples=["2026-11-21T00:00:00Z"]),
    ] = None
    account: AccountName = None
    symbol: Symbol = None
    strategy: Strategy = None
    bot_version: BotVersion = None
    zone: Annotated[
        str,
        Field(
            max_length=64,
            pattern=r"^[A-Za-z0-9_+/-]+$",
            description="whose days and months are meant",
            examples=["America/New_York"],
        ),
    ] = "UTC"

    def choice(self) -> Choice:
        return _choice_of(self)

    def asked(self, *, now: datetime) -> Asked:
        """Raises InputError ZONE_UNKNOWN."""
        return Asked(zone=zone_of(self.zone), now=now, since=self.since, until=self.until)


class PerformanceAsked(WinRateAsked):
    capital: Annotated[
        str | None,
        Field(
            pattern=r"^[0-9]{1,15}(\.[0-9]{1,8})?$",
            description="what to measure returns on, in account currency; else it is worked out",
            examples=["100000"],
        ),
    ] = None

    def given_capital(self) -> Capital | None:
        """Raises InputError CAPITAL_NOT_POSITIVE."""
        if self.capital is None:
            return None
        amount = Decimal(self.capital)
        if amount <= 0:
            raise InputError(
                "a capital of nothing has no return",
                code="CAPITAL_NOT_POSITIVE",
                field="capital",
                fix="give what the account had at the start, or leave it out",
            )
        return Capital(accounts=(), currency=None, amount=amount, basis=Basis.GIVEN)


class EquityAsked(BaseModel):
    """What was seen in [since, until)."""

    model_config = ConfigDict(extra="forbid")

    since: Annotated[
        WireMoment | None,
        Field(description="seen from this moment on", examples=["2026-11-20T00:00:00Z"]),
    ] = None
    until: Annotated[
        WireMoment | None,
        Field(description="seen before this moment", examples=["2026-11-21T00:00:00Z"]),
    ] = None
    zone: Annotated[
        str | None,
        Field(
            max_length=64,
            pattern=r"^[A-Za-z0-9_+/-]+$",
            description="whose days are meant; else the account's own",
            examples=["America/New_York"],
        ),
    ] = None


def zone_of(name: str) -> ZoneInfo:
    """Raises InputError ZONE_UNKNOWN."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(
            f"there is no time zone {name}",
            code="ZONE_UNKNOWN",
            field="zone",
            fix="name one of the IANA database, such as UTC or America/New_York",
        ) from None


def _choice_of(asked: JournalAsked | WinRateAsked) -> Choice:
    return Choice(
        since=asked.since,
        until=asked.until,
        account=asked.account,
        symbol=asked.symbol,
        strategy=asked.strategy,
        bot_version=asked.bot_version,
    )
