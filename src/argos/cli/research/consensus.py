"""What the consensus needs beside other strategies: its options, its bracket, and the word for what is simulated."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from argos.backtest.strategy import Signals, Strategy
from argos.cli.research.market import MarketChoice
from argos.config.config import Config
from argos.consensus.settings import SOURCES
from argos.core.errors import InputError
from argos.hindsight.consensus import BRACKET, NAME
from argos.hindsight.stored import file_sha256
from argos.hindsight.strategy import Consensus
from argos.studies.strategies import BUILT_IN, FoundStrategy

STRATEGIES: Final[Mapping[str, type]] = {**BUILT_IN, NAME: Consensus}
"""All that come along."""
_SOURCES: Final = tuple(rules.source for rules in SOURCES)
_RULES: Final = (
    "method",
    "fire_at",
    "clear_below",
    "sources_min",
    "weight_min",
    "conflict_at",
    "exponent",
)

Votes = Annotated[
    Path | None,
    typer.Option(
        help="Of the consensus: stored votes, one JSON document a line or a Parquet table. A source that is in them is "
        "taken from there alone.",
        metavar="FILE",
    ),
]
Weights = Annotated[
    str | None,
    typer.Option(
        help="Of the consensus: who votes, and with what part of the whole; who is not named has no vote.",
        metavar="SOURCE=N,...",
    ),
]
CalibrationFile = Annotated[
    Path | None,
    typer.Option(
        help="Of the consensus: a calibration file that --calibrate wrote, to make probabilities of scores.",
        metavar="FILE",
    ),
]
Calibrate = Annotated[
    bool,
    typer.Option(
        "--calibrate",
        help="Of the consensus: fit probabilities to the scores of the first half, judge them on the second.",
    ),
]
Configured = Annotated[
    bool,
    typer.Option(
        "--configured",
        help="Of the consensus: what is not given here is that of config.json, sections backtest and strategy.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsensusOptions:
    """As they were given."""

    votes: Path | None
    weights: str | None
    calibration: Path | None
    calibrate: bool
    configured: bool

    def words(self, strategy: str) -> list[str]:
        """As `--set` words. Raises InputError if any is given for another strategy, or cannot be read."""
        given = [field.name for field in fields(self) if getattr(self, field.name)]
        if strategy != NAME and given:
            raise InputError(
                f"--{given[0]} is of the consensus",
                code="USAGE",
                field=f"--{given[0]}",
                fix=f"such as: argos backtest {NAME} --data demo",
            )
        found = []
        if self.votes is not None:
            path = self.votes.resolve()
            found += [f"votes={path}", f"votes_sha256={file_sha256(path)}"]
        if self.weights is not None:
            found += _weight_words(self.weights)
        if self.calibration is not None:
            found.append(f"calibration={_text_of(self.calibration)}")
        return found


def configured_options(config: Config) -> dict[str, Any]:
    """What --configured gives the options of the market by their names, where they are not given."""
    section = config.backtest
    return {
        "data": list(section.data),
        "since": section.since,
        "until": section.until,
        "costs": section.costs,
    }


def configured_words(config: Config) -> list[str]:
    """What --configured says as `--set` words: money, costs, seed, and the rules of the consensus.

    Spans are not among them: the service counts seconds, a backtest bars.
    """
    section, rules = config.backtest, config.signals.consensus
    costs = {
        name: getattr(section, name) for name in ("commission_bps", "spread_bps", "slippage_bps")
    }
    weights = {source.source: source.weight for source in rules.sources}
    needs_massive = any(one.required and one.source == "massive" for one in rules.sources)
    return [
        f"account.cash={section.initial_cash}",
        *(f"costs.{name}={value}" for name, value in costs.items() if value is not None),
        f"seed={section.seed}",
        *(f"{name}={weights.get(name, 0)}" for name in _SOURCES),
        f"needs_massive={str(needs_massive).lower()}",
        *(f"{name}={getattr(rules, name)}" for name in _RULES),
    ]


def completed(found: FoundStrategy, choice: MarketChoice, params: dict[str, Any]) -> dict[str, Any]:
    """The consensus' parameters on these prices: X and Sonar are simulated on the bundled ones, unless it is said."""
    if found.target is not Consensus:
        return params
    is_demo = all(name.partition(":")[0] == "demo" for name in choice.data)
    return {"simulated": is_demo, **params}


def usual_settings(found: FoundStrategy) -> dict[str, Any]:
    """How the consensus is played unless it is said: within a bracket, as live."""
    if found.target is not Consensus:
        return {}
    return {f"exits.{field.name}": getattr(BRACKET, field.name) for field in fields(BRACKET)}


def data_words(data: str, made: Strategy | Signals) -> str:
    """How prices are named on every page, with what was simulated beside them."""
    simulated = made.simulated_sources() if isinstance(made, Consensus) else ()
    return f"{data}; {', '.join(simulated)}: simulated source" if simulated else data


def seed_of(made: Strategy | Signals) -> int | None:
    """Of what is simulated, None where nothing is."""
    return made.seed if isinstance(made, Consensus) and made.simulated_sources() else None


def page_warnings(made: Strategy | Signals) -> tuple[str, ...]:
    """For the head of a page."""
    simulated = made.simulated_sources() if isinstance(made, Consensus) else ()
    if not simulated:
        return ()
    return (
        f"Simulated source: votes of {' and '.join(simulated)} were made from the price itself, since nobody has a "
        "history of them. They show how the consensus works, and nothing of what these sources are worth.",
    )


def _weight_words(text: str) -> list[str]:
    weights = dict.fromkeys(_SOURCES, "0")
    for word in text.split(","):
        name, sign, weight = word.strip().partition("=")
        if not sign or name not in weights:
            raise InputError(
                f"--weights {word.strip()} names no source and its weight",
                code="CONSENSUS_SETTING",
                field="--weights",
                fix=f"write massive=60,alpha_vantage=40; sources are {', '.join(_SOURCES)}",
            )
        weights[name] = weight.strip()
    return [f"{name}={weight}" for name, weight in weights.items()]


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} cannot be read: {error}",
            code="CONSENSUS_CALIBRATION",
            field="--calibration",
            fix="give the calibration file of a folder that --calibrate wrote",
        ) from error
