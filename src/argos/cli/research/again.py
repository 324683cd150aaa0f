"""A kept run made again: the same prices, the same code, and then every bit compared."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from argos.backtest.run import run
from argos.backtest.strategy import Signals, Strategy
from argos.cli.frame.entrance import EXIT_ERROR
from argos.cli.frame.printing import print_json, screen, table
from argos.cli.research.consensus import STRATEGIES
from argos.cli.research.market import MarketChoice
from argos.cli.research.request import PastSignals, signal_request
from argos.core.errors import InputError
from argos.prices.digest import bars_sha256
from argos.studies.folder import KeptStudy, read_study
from argos.studies.origin import code_version, environment
from argos.studies.run_folder import RUN, differences, kept_settings
from argos.studies.strategies import find_strategy


def make_again(folder: Path, *, as_json: bool) -> None:
    """Runs what the folder holds and tells what differs; exit 1 if anything does.

    Raises InputError if the prices or the strategy's file are not those of the kept run.
    """
    study = read_study(folder)
    if study.kind != RUN:
        raise InputError(
            f"{folder} holds a {study.kind}, not a run",
            code="STUDY_KIND",
            field="--again",
            fix="give a folder that argos backtest wrote",
        )
    choice = MarketChoice.of(study.document["request"])
    bars = choice.prices().bars
    kept = study.document["provenance"]
    if bars_sha256(bars) != kept["data_sha256"]:
        raise InputError(
            f"the prices of {kept['data']} are not those of the kept run",
            code="STUDY_DATA_CHANGED",
            field="--data",
            fix="put the old file back; its SHA-256 over all bars is in study.json",
        )
    made, arguments = _played(study, choice)
    result = run(
        made,
        bars,
        settings=kept_settings(study),
        params=arguments,
        engine=study.document["engine"],
        returns=study.document["returns"],
    )
    found_differences = differences(result, study)
    changed = _changed_versions(study)
    if as_json:
        print_json(
            {
                "folder": str(folder),
                "same": not found_differences,
                "differences": [asdict(each) for each in found_differences],
                "versions_changed": changed,
            }
        )
    else:
        out = screen()
        if found_differences:
            rows = [(each.table, each.columns) for each in found_differences]
            out.print(table("Not the same to the last bit", ("table", "columns"), rows))
        else:
            out.print(
                f"[green]The same to the last bit[/]: {len(result.trades):,} trades, {len(result.fills):,} fills, "
                f"{len(result.equity):,} marks of equity."
            )
        if changed:
            versions = [(name, old, new) for name, (old, new) in changed.items()]
            out.print(table("Other versions than then", ("what", "then", "now"), versions))
    if found_differences:
        raise typer.Exit(EXIT_ERROR)


def _played(study: KeptStudy, choice: MarketChoice) -> tuple[Strategy | Signals, dict[str, Any]]:
    """The strategy or the signals, and arguments of a function; the file must be that of the kept run."""
    kept = study.document["provenance"]
    found = find_strategy(kept["strategy"], STRATEGIES) if choice.signals is None else None
    subject = found or PastSignals(path=Path(str(choice.signals)))
    if subject.source_sha256 != kept["strategy_sha256"]:
        raise InputError(
            f"{subject.path} is not the file of the kept run",
            code="STUDY_STRATEGY_CHANGED",
            field="strategy",
            fix=f"its text then is in {study.path}",
        )
    if found is None:
        return signal_request(subject, choice, {}).made, {}
    return found.make(study.document["params"])


def _changed_versions(study: KeptStudy) -> dict[str, tuple[str, str]]:
    """What made it then and now, where that is not the same."""
    then = study.document["environment"] | {"argos": study.document["provenance"]["code_version"]}
    now = environment() | {"argos": code_version()}
    return {
        name: (str(then.get(name, "")), now.get(name, ""))
        for name in now
        if then.get(name) != now[name]
    }
