"""`argos signals calibrate`, as it is asked; what answers needs libraries that other commands need not wait for."""

from pathlib import Path
from typing import Annotated, Final

import typer

from argos.cli.frame.apart import become
from argos.cli.frame.entrance import chosen_home
from argos.cli.frame.printing import AsJson

CALIBRATION: Final = "argos.cli.signals.calibrated"

Prices = Annotated[
    Path, typer.Argument(help="A CSV or Parquet file, or a folder of them.", exists=True)
]
HorizonS = Annotated[int, typer.Option(min=1, help="After so many seconds a claim is judged.")]
Zone = Annotated[
    str | None, typer.Option(help="Time zone of the prices, where they do not say it.")
]
Split = Annotated[
    str | None,
    typer.Option(help="Fit before this moment, judge after it; else at two thirds of the signals."),
]
Simulated = Annotated[
    bool, typer.Option("--simulated", help="Count what a fixture server had a part in as well.")
]
HOUR_S: Final = 3600


def calibrate(
    context: typer.Context,
    prices: Prices,
    horizon_s: HorizonS = HOUR_S,
    zone: Zone = None,
    split: Split = None,
    simulated: Simulated = False,
    as_json: AsJson = False,
) -> None:
    """How good votes and signals were: Brier score, hit rate, reliability and n, per source and for the consensus.

    Judged by prices that you bring, as Argos keeps none of a provider. Claims that overlap count once. A calibration is
    shown only if it holds on signals that came after those it was fitted on: only then may a score be called a
    probability.
    """
    given = {"--horizon-s": horizon_s, "--zone": zone, "--split": split}
    words = [f"{name}={value}" for name, value in given.items() if value is not None]
    flags = [name for name, on in (("--simulated", simulated), ("--json", as_json)) if on]
    become(chosen_home(context), CALIBRATION, [*words, *flags, str(prices)])
