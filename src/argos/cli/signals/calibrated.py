"""`argos signals calibrate` as a program of its own: it reads price files, for which no other command needs numpy."""

import math
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import typer

from argos.cli.frame.entrance import Entrance
from argos.cli.frame.printing import AsJson, print_json, screen, table
from argos.cli.signals.calibrating import HOUR_S, HorizonS, Prices, Simulated, Split, Zone
from argos.cli.signals.file import opened_signals
from argos.consensus.calibration import calibration_document
from argos.consensus.fitting import FITTED_MIN, JUDGED_MIN, Calibrated, calibrate
from argos.consensus.scoring import CONSENSUS, Claim, Scores, scores_by
from argos.core.rates import HitRate
from argos.core.texts import moment_text, optional_moment
from argos.prices.read import read_bars
from argos.signals.outcomes import Gathered, LeftOut, Opens, gather
from argos.stack.home import home_path

app = typer.Typer(
    name="argos signals calibrate",
    cls=Entrance,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def judge(
    prices: Prices,
    horizon_s: HorizonS = HOUR_S,
    zone: Zone = None,
    split: Split = None,
    simulated: Simulated = False,
    as_json: AsJson = False,
) -> None:
    """What `argos signals calibrate` promises."""
    split_at = optional_moment(split, field="--split")
    document = _document(
        _gathered(prices, horizon_s=horizon_s, zone=zone, simulated=simulated),
        horizon_s=horizon_s,
        split_at=split_at,
    )
    if as_json:
        print_json(document)
        return
    _show(document)


def _gathered(prices: Path, *, horizon_s: int, zone: str | None, simulated: bool) -> Gathered:
    with opened_signals(home_path(os.environ)) as file:
        bars = read_bars(str(prices), zone=zone)
        opens = {}
        for place, symbol in enumerate(bars.symbols):
            is_there = ~np.isnan(bars.open[place])
            opens[symbol] = Opens(
                bars.opened_ns[is_there].tolist(), bars.open[place][is_there].tolist()
            )
        with file.reading() as connection:
            return gather(
                connection,
                opens,
                horizon=timedelta(seconds=horizon_s),
                with_simulated=simulated,
            )


def _document(found: Gathered, *, horizon_s: int, split_at: datetime | None) -> dict[str, Any]:
    left_out: dict[str, dict[str, int]] = {}
    for (name, why), count in sorted(found.left_out.items()):
        left_out.setdefault(name, {})[why.value] = count
    own = [claim for claim in found.claims if claim.by == CONSENSUS]
    return {
        "horizon_s": horizon_s,
        "votes_since": found.votes_since or None,
        "scores": {name: _scores(scores) for name, scores in scores_by(found.claims).items()},
        "left_out": left_out,
        "calibration": _calibration(own, split_at or _two_thirds(own)),
    }


def _two_thirds(claims: list[Claim]) -> datetime:
    moments = sorted(claim.at for claim in claims)
    return moments[2 * len(moments) // 3] if moments else datetime.now(tz=UTC)


def _calibration(claims: list[Claim], split_at: datetime) -> dict[str, Any]:
    found = calibrate(claims, split_at=split_at)
    shown: dict[str, Any] = {"split_at": moment_text(split_at)}
    if isinstance(found, Calibrated):
        return shown | {"holds": True, "settings": calibration_document(found.calibration)}
    return shown | {
        "holds": False,
        "shortfall": found.shortfall.value,
        "n_fitted": found.n_fitted,
        "n_judged": found.n_judged,
        "n_fitted_min": FITTED_MIN,
        "n_judged_min": JUDGED_MIN,
    }


def _scores(scores: Scores) -> dict[str, Any]:
    return {
        **_rate(scores.hits),
        "brier": _number(scores.brier),
        "brier_of_rate": _number(scores.brier_of_rate),
        "log_loss": _number(scores.log_loss),
        "reliability": [
            {"from": low, "to": high, **_rate(rate)}
            for (low, high), rate in scores.reliability.items()
            if rate.n
        ],
    }


def _rate(rate: HitRate) -> dict[str, Any]:
    return {
        "n": rate.n,
        "hits": rate.wins,
        "rate": _number(rate.rate),
        "low": _number(rate.low),
        "high": _number(rate.high),
        "claimed": _number(rate.confidence_mean),
    }


def _number(value: float) -> float | None:
    return round(value, 4) if math.isfinite(value) else None


def _show(document: dict[str, Any]) -> None:
    out = screen()
    columns = (">n", ">hit rate", ">95 % from", ">to", ">claimed", ">Brier", ">of the rate")
    rows = [
        (
            name, found["n"], *(_text(found[part]) for part in (
                "rate", "low", "high", "claimed", "brier", "brier_of_rate",
            )),
        )
        for name, found in document["scores"].items()
    ]  # fmt: skip
    title = f"claims judged after {document['horizon_s']} s"
    out.print(table(title, ("who", *columns), rows, empty="nothing could be judged"))
    if document["votes_since"]:
        out.print(
            f"[dim]votes of before {document['votes_since']} are pruned (retention.votes_days), signals are not[/dim]"
        )
    for name, found in document["scores"].items():
        buckets = [
            (
                f"{one['from']:.1f} to {one['to']:.1f}",
                one["n"],
                _text(one["claimed"]),
                _text(one["rate"]),
            )
            for one in found["reliability"]
        ]
        out.print(
            table(f"reliability of {name}", ("claimed", ">n", ">mean claim", ">came true"), buckets)
        )
    words = {
        LeftOut.NO_SIDE: "took no side", LeftOut.SIMULATED: "simulated source", LeftOut.OVERLAPS: "overlap",
        LeftOut.NO_PRICE: "no price then", LeftOut.UNCHANGED: "price unchanged",
    }  # fmt: skip
    left = [
        (name, *(found.get(why.value, 0) for why in words))
        for name, found in document["left_out"].items()
    ]
    out.print(table("left out", ("who", *(f">{word}" for word in words.values())), left))
    calibration = document["calibration"]
    if calibration["holds"]:
        out.print(f"[bold green]a calibration holds[/]: {calibration['settings']}")
        return
    out.print(
        f"no calibration: {calibration['shortfall']}, {calibration['n_fitted']} signals to fit on (at least "
        f"{calibration['n_fitted_min']}) and {calibration['n_judged']} to judge by (at least "
        f"{calibration['n_judged_min']}). A score stays a score."
    )


def _text(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f}"


if __name__ == "__main__":
    app()
