"""The capital that returns are measured on. No venue tells it afterwards, so it is given or worked out."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from argos.core.account import AccountSnapshot
from argos.core.money import ZERO


class Basis(StrEnum):
    """Where a capital comes from. WORKED_OUT: the last balance less what the trades have made since."""

    GIVEN = "given"
    WORKED_OUT = "worked_out"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capital:
    """At the start of the time that is looked at. `amount` is None where it is unknown, and `why` says what is missing.

    Money that came in or went out since counts as if it had been there from the start: Argos does not see transfers.
    """

    accounts: tuple[str, ...]
    currency: str | None
    amount: Decimal | None
    basis: Basis
    why: str = ""


def unknown_capital(accounts: Collection[str], why: str, *, currency: str | None = None) -> Capital:
    return Capital(
        accounts=tuple(sorted(accounts)),
        currency=currency,
        amount=None,
        basis=Basis.UNKNOWN,
        why=why,
    )


def capital_before(
    snapshot: AccountSnapshot | None, *, account: str, currency: str, made: Decimal
) -> Capital:
    """What the account had before its legs made `made`, from the balance it was last seen with.

    `made` is the net result of all its legs from the start until the snapshot, what open ones have realised included.
    The balance of a margin account leaves out what is floating. That of a cash account has paid for what is held, which
    is added again at its opening prices. Which of the two it is, its equity tells: it lies nearer to one of them.
    """
    if snapshot is None:
        return unknown_capital((account,), "its node has never shown it", currency=currency)
    paid = ZERO
    for position in snapshot.positions:
        instrument = snapshot.instruments.get(position.symbol)
        if instrument is None:
            why = f"it holds {position.symbol}, and its snapshot has no terms for it"
            return unknown_capital((account,), why, currency=currency)
        paid += position.signed_qty * position.price_open * instrument.unit_value
    beyond = snapshot.equity - snapshot.balance
    realised = snapshot.balance + (paid if abs(beyond - paid) < abs(beyond) else ZERO)
    amount = realised - made
    if amount <= 0:
        return unknown_capital(
            (account,), "its balance less results is not positive", currency=currency
        )
    return Capital(accounts=(account,), currency=currency, amount=amount, basis=Basis.WORKED_OUT)


def capital_of(parts: Sequence[Capital]) -> Capital:
    """Of several accounts together; unknown if one of them is, or if they have different currencies."""
    accounts = [account for part in parts for account in part.accounts]
    currencies = {part.currency for part in parts}
    if not parts:
        return unknown_capital((), "there is no account")
    missing = next((part for part in parts if part.amount is None), None)
    if missing is not None:
        return unknown_capital(accounts, f"{', '.join(missing.accounts)}: {missing.why}")
    if len(currencies) > 1:
        return unknown_capital(accounts, "the accounts have different currencies")
    currency = parts[0].currency
    amount = sum((part.amount for part in parts if part.amount is not None), ZERO)
    return Capital(
        accounts=tuple(sorted(accounts)),
        currency=currency,
        amount=amount,
        basis=parts[0].basis,
    )
