"""What an Alpaca account and its market say of whether anything can be traded now."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from argos.core.standing import MarketSession
from argos.ports import VenueStanding
from argos.protocol.values import moment_text, optional_moment_text
from argos.venues.alpaca import words
from argos.venues.alpaca.rows import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStanding:
    """`blocks`: why the account may not trade, in Alpaca's words. `transfers_blocked` keeps no order back."""

    status: str
    blocks: tuple[str, ...]
    transfers_blocked: bool
    buying_power: Decimal | None
    market: MarketSession

    @property
    def venue(self) -> VenueStanding:
        """A blocked account takes no exit either: trying would only spend the tries."""
        forbidden = f"Alpaca does not let the account trade: {', '.join(self.blocks)}"
        return VenueStanding(
            flags={
                "account_status": self.status,
                "blocks": list(self.blocks),
                "transfers_blocked": self.transfers_blocked,
                "market_open": self.market.is_open,
                "not_permitted": self.blocks[0] if self.blocks else "",
            },
            forbidden=forbidden if self.blocks else "",
            code=self.blocks[0] if self.blocks else "",
            exits_wait=bool(self.blocks),
        )

    @property
    def shown(self) -> dict[str, Any]:
        """For people, as part of the snapshot's `node`."""
        return {
            "account_status": self.status,
            "blocks": list(self.blocks),
            "transfers_blocked": self.transfers_blocked,
            "market_open": self.market.is_open,
            "market_seen_at": moment_text(self.market.seen_at),
            "market_changes_at": optional_moment_text(self.market.changes_at),
        }


def standing_of(
    account: Row, clock: Row, *, seen_at: datetime, true: Callable[[datetime], datetime]
) -> AccountStanding:
    """From the rows of `/v2/account` and `/v2/clock`. `true` turns the exchange's moments into true time."""
    market = words.session_of(clock, seen_at=seen_at)
    if market.changes_at is not None:
        market = replace(market, changes_at=true(market.changes_at))
    terms = words.snapshot_terms(account)
    return AccountStanding(
        status=str(account.get("status", words.ACTIVE)),
        blocks=terms["blocks"],
        transfers_blocked=account.get("transfers_blocked") is True,
        buying_power=terms["buying_power"],
        market=market,
    )
