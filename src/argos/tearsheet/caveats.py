"""The paper-fill caveat: which choices of the simulation made this very run look better or worse."""

from argos.backtest.layout import Reason
from argos.backtest.result import Result
from argos.tearsheet.words import count


def caveats(result: Result) -> list[tuple[str, str]]:
    """(harsh, kind or neither; what) for the choices that mattered here. docs/concepts/backtesting.md has all."""
    reasons = result.trades["reason"]
    settings = result.settings
    limits = int((reasons == Reason.TAKE).sum())
    stops = int(((reasons == Reason.STOP) | (reasons == Reason.TRAIL)).sum())
    ends = int((reasons == Reason.END).sum())
    free = settings.costs.spread_bps == 0 and settings.costs.slippage_bps == 0
    said = []
    if free and not settings.costs_by_symbol:
        said.append(("kind", "No spread and no slippage were charged. No broker fills like that."))
    elif settings.costs.spread_bps or settings.costs_by_symbol:
        said.append(
            (
                "kind",
                "Spread and slippage are the same every time. In news, nights and openings they are not.",
            )
        )
    if not settings.filling.volume_share_max:
        said.append(
            (
                "kind",
                "Any quantity was filled, whatever the volume of the bar. In thin markets it is not.",
            )
        )
    if limits:
        said.append(
            (
                "kind",
                f"{count(limits, 'target')} filled as soon as they were touched. "
                "In a queue a touch is often not enough.",
            )
        )
    if bool((result.trades["side"] < 0).any()):
        charged = settings.costs.swap_short_bps or settings.costs_by_symbol
        price = (
            "; only the swap of the settings was charged" if charged else ", who asked for nothing"
        )
        said.append(("kind", f"Every short sale found a lender{price}."))
    ambiguous = result.ambiguous_trades
    if ambiguous:
        said.append(
            (
                "harsh",
                f"{count(ambiguous, 'trade')} of {len(result.trades):,} met stop and target, or entry and exit, "
                "inside one bar that does not tell which came first. The worse was taken.",
            )
        )
    elif stops or limits:
        said.append(
            (
                "neither",
                "No trade met stop and target in one bar, so no order of events had to be guessed.",
            )
        )
    if stops:
        said.append(
            (
                "neither",
                f"{count(stops, 'stop')} filled at the level, or at the open where the price had jumped over it.",
            )
        )
    if ends:
        said.append(
            (
                "neither",
                f"{count(ends, 'trade')} ended only because the data ended, at the last close.",
            )
        )
    return said
