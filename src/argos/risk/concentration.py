"""Gates that ask what the account would hold in all: in one symbol, in one bet, in everything."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from argos.core.decision import Approved, Denied, RiskRequest, Verdict, number_text
from argos.core.denial import DenialCode
from argos.core.intent import Side
from argos.core.money import ZERO
from argos.risk.correlation import Correlation, correlation
from argos.risk.gate import GateInput, entry_prices, not_judged
from argos.risk.holdings import Holding, holdings_of, notional_of, total
from argos.risk.sizing import Sized


def symbol_positions(given: GateInput) -> Verdict:
    """Positions in the symbol with the new one; a netting account never has more than one."""
    request = given.request
    most = request.account.limits.risk.symbol_positions_max
    if most is None:
        return not_judged("no symbol_positions_max")
    own = sum(holding.symbol == request.symbol for holding in holdings_of(request))
    count = own + 1 if request.account.hedging else 1
    values = {"positions_after": str(count), "symbol_positions_max": str(most)}
    if count <= most:
        return Approved(values=values)
    return Denied(
        code=DenialCode.SYMBOL_POSITIONS_MAX,
        text=f"{given.place} would be position {count} in the symbol; {most} is the most",
        values=values,
    )


def symbol_concentration(given: GateInput) -> Verdict:
    request = given.request
    held = [item for item in holdings_of(request) if item.symbol == request.symbol]
    limit = request.account.limits.risk.symbol_fraction_max
    return _within(given, held, name="symbol_fraction_max", limit=limit)


def gross_exposure(given: GateInput) -> Verdict:
    limit = given.request.account.limits.risk.gross_fraction_max
    return _within(given, holdings_of(given.request), name="gross_fraction_max", limit=limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beside:
    """A holding in another symbol, and how the two move."""

    holding: Holding
    found: Correlation

    def alike(self, side: Side) -> float:
        """How much the holding and an order on `side` are one bet: 1 where nobody knows, whichever the sides."""
        signs = side.sign * self.holding.side.sign
        return 1.0 if self.found.value is None else self.found.value * signs

    @property
    def text(self) -> str:
        value = self.found.value
        told = f"{value:.3f}" if value is not None else "unknown"
        return f"{self.holding.side.value} {self.holding.symbol} ({told}, {self.found.returns} returns)"


def uncorrelated(given: GateInput) -> Verdict:
    """Bets that move alike are one bet: long both of a pair that rises together, or long one and short its mirror.

    A correlation that is not known counts as one of 1 whichever the sides. The symbol itself has limits of its own
    and counts in the sum of the bet only.
    """
    request = given.request
    bar = request.account.limits.risk.correlation_max
    if bar is None:
        return not_judged("no correlation_max")
    others = [item for item in holdings_of(request) if item.symbol != request.symbol]
    beside = [_beside(request, holding) for holding in others]
    alike = [bet for bet in beside if bet.alike(request.side) >= float(bar)]
    if not alike:
        values = {"judged": str(len(others)), "correlation_max": number_text(bar)}
        if beside:
            values["nearest"] = max(beside, key=lambda bet: bet.alike(request.side)).text
        return Approved(values=values)
    names = "; ".join(bet.text for bet in alike)
    limit = request.account.limits.risk.correlated_fraction_max
    if limit is None:
        return Denied(
            code=DenialCode.CORRELATION,
            text=f"{request.side.value} {given.place} would be the same bet as {names};"
            f" {number_text(bar)} is the most",
            values={"same_bet": names, "correlation_max": number_text(bar)},
        )
    verdict = _within(
        given,
        [*(bet.holding for bet in alike), *_own_side(request)],
        name="correlated_fraction_max",
        limit=limit,
        code=DenialCode.CORRELATION,
    )
    values = {**verdict.values, "same_bet": names, "correlation_max": number_text(bar)}
    if isinstance(verdict, Denied):
        return Denied(code=verdict.code, text=f"{verdict.text}; with {names}", values=values)
    return Approved(note=verdict.note, values=values)


def rooms_of(request: RiskRequest) -> dict[str, Decimal]:
    """What each limit on exposure leaves for the order, by the limit's name: notional, below 0 where it is overdrawn.

    A limit whose part is not measurable is left out: its gate denies, and says why.
    """
    if request.snapshot is None:
        return {}
    limits, held = request.account.limits.risk, holdings_of(request)
    parts: list[tuple[str, Decimal | None, list[Holding]]] = [
        (
            "symbol_fraction_max",
            limits.symbol_fraction_max,
            [item for item in held if item.symbol == request.symbol],
        ),
        ("gross_fraction_max", limits.gross_fraction_max, list(held)),
    ]
    if limits.correlation_max is not None:
        bar = limits.correlation_max
        others = [item for item in held if item.symbol != request.symbol]
        alike = [
            item for item in others if _beside(request, item).alike(request.side) >= float(bar)
        ]
        if alike:
            bet = [*alike, *_own_side(request)]
            parts.append(("correlated_fraction_max", limits.correlated_fraction_max, bet))
    equity = max(ZERO, request.snapshot.equity)
    rooms = {
        name: limit * equity - taken
        for name, limit, items in parts
        if limit is not None and (taken := total(items)) is not None
    }
    most = request.account.limits.notional_max
    return rooms if most is None else rooms | {"notional_max": most}


def _own_side(request: RiskRequest) -> list[Holding]:
    return [
        item
        for item in holdings_of(request)
        if item.symbol == request.symbol and item.side is request.side
    ]


def _beside(request: RiskRequest, holding: Holding) -> _Beside:
    closes = request.standing.daily_closes
    found = correlation(closes.get(request.symbol, {}), closes.get(holding.symbol, {}))
    return _Beside(holding=holding, found=found)


def _within(
    given: GateInput,
    held: Iterable[Holding],
    *,
    name: str,
    limit: Decimal | None,
    code: DenialCode = DenialCode.CONCENTRATION,
) -> Verdict:
    """The notional of `held` and of the order together, as a part of equity. What cannot be measured is too much."""
    request = given.request
    if limit is None:
        return not_judged(f"no {name}")
    if not isinstance(given.sized, Sized) or request.snapshot is None:
        return not_judged("no size")
    before = total(held)
    order = notional_of(request, qty=given.sized.qty, prices=entry_prices(request))
    if before is None or order is None:
        text = f"{name} of {given.place} cannot be judged: a price or the terms of a symbol are not known"
        return Denied(code=code, text=text, values={name: number_text(limit)})
    equity = request.snapshot.equity
    values = {
        "held": number_text(before),
        "order": number_text(order),
        "equity": number_text(equity),
        name: number_text(limit),
    }
    if before + order <= limit * max(ZERO, equity):
        return Approved(values=values)
    part = f" is {number_text((before + order) / equity)} of equity" if equity > 0 else ""
    return Denied(
        code=code,
        text=f"{number_text(before)} held and {number_text(order)} of {given.place}{part};"
        f" {name} is {number_text(limit)}",
        values=values,
    )
