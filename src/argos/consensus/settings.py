"""What a consensus is made under. Every set of rules has a digest, and every decision names the one it was made by."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from argos.consensus.calibration import Calibration, calibration_document, parse_calibration
from argos.core.canonical import sha256_of
from argos.core.errors import InputError
from argos.core.texts import decimal_text, parse_decimal

DAY_S: Final = 86_400
SPAN_S_MAX: Final = 366 * DAY_S
SOURCES_MAX: Final = 32
WEIGHT_PLACES: Final = 6


class Method(StrEnum):
    """How votes become a score; see `pooling`."""

    WEIGHTED_VOTE = "weighted_vote"
    LOG_POOL = "log_pool"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRules:
    """What one source counts for.

    weight: its part of the whole, 0 to 1. cut_s: data older than this make an abstention. half_life_s: age at which a
    vote counts half in a log pool. skip_weekends: hours of Saturday and Sunday, UTC, do not age a vote, for sources
    that speak once a session. required: nothing is signalled while this source takes no side.
    """

    source: str
    weight: Decimal
    half_life_s: int
    cut_s: int
    skip_weekends: bool = False
    required: bool = False


SOURCES: Final = (
    SourceRules(source="massive", weight=Decimal("0.40"), half_life_s=30, cut_s=60, required=True),
    SourceRules(
        source="alpha_vantage",
        weight=Decimal("0.25"),
        half_life_s=DAY_S,
        cut_s=3 * DAY_S,
        skip_weekends=True,
    ),
    SourceRules(source="x_api", weight=Decimal("0.20"), half_life_s=600, cut_s=1800),
    SourceRules(source="sonar", weight=Decimal("0.15"), half_life_s=2700, cut_s=10_800),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsensusSettings:
    """The rules of one consensus. Scores, weights and shares are fractions, 0 to 1.

    fire_at: the score from which a signal is given; clear_below: the score of its side under which a standing signal
    ends before its time. sources_min and weight_min: how many sources, of which weight, must take a side. conflict_at:
    weight against the leading side from which there is no signal. ticks_min: consecutive ticks that must agree, each no
    more than tick_gap_s_max after the one before. ttl_s: how long a signal stands. cooldown_s: silence of its symbol
    afterwards. exponent: multiplies the log odds of a log pool; above 1 makes it bolder. calibration: what makes a
    probability of the score; without one it is called a score. digest: SHA-256 of all of it.

    Raises InputError CONSENSUS_SETTING for what cannot be meant.
    """

    sources: tuple[SourceRules, ...] = SOURCES
    method: Method = Method.WEIGHTED_VOTE
    fire_at: Decimal = Decimal("0.75")
    clear_below: Decimal = Decimal("0.65")
    sources_min: int = 3
    weight_min: Decimal = Decimal("0.75")
    conflict_at: Decimal = Decimal("0.35")
    ticks_min: int = 2
    tick_gap_s_max: int = 15
    ttl_s: int = 300
    cooldown_s: int = 900
    exponent: Decimal = Decimal(1)
    calibration: Calibration | None = None
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        ordered = sorted(self.sources, key=lambda rules: (-rules.weight, rules.source))
        object.__setattr__(self, "sources", tuple(ordered))
        _check_sources(self.sources)
        _check_bars(self)
        _check_times(self)
        object.__setattr__(self, "digest", sha256_of(settings_document(self)))


def settings_document(settings: ConsensusSettings) -> dict[str, Any]:
    """What is stored under the digest; `parse_settings` gives it back."""
    named = {
        item.name: getattr(settings, item.name)
        for item in fields(settings)
        if item.name not in {"sources", "calibration", "digest"}
    }
    calibration = settings.calibration
    return {
        **{name: _plain(value) for name, value in named.items()},
        "sources": [
            {item.name: _plain(getattr(rules, item.name)) for item in fields(rules)}
            for rules in settings.sources
        ],
        "calibration": None if calibration is None else calibration_document(calibration),
    }


def parse_settings(document: Mapping[str, Any]) -> ConsensusSettings:
    """Rules from a document; what is left out is as shipped. Raises InputError CONSENSUS_SETTING or VALUE_..."""
    given = _known(document, ConsensusSettings, "consensus")
    calibration = given.pop("calibration", None)
    sources = given.pop("sources", None)
    if sources is not None:
        _require(isinstance(sources, list), "sources", "is a list")
        given["sources"] = tuple(_source_of(item) for item in sources)
    if calibration is not None:
        given["calibration"] = parse_calibration(calibration)
    return ConsensusSettings(**given)


def _source_of(document: object) -> SourceRules:
    _require(isinstance(document, Mapping), "sources", "is a list of objects")
    assert isinstance(document, Mapping)
    given = _known(document, SourceRules, "sources")
    for name in ("source", "weight", "half_life_s", "cut_s"):
        _require(name in given, name, "must stand with every source")
    return SourceRules(**given)


_DECIMALS: Final = frozenset(
    {"weight", "fire_at", "clear_below", "weight_min", "conflict_at", "exponent"}
)
_WHOLE: Final = frozenset(
    {
        "half_life_s",
        "cut_s",
        "sources_min",
        "ticks_min",
        "tick_gap_s_max",
        "ttl_s",
        "cooldown_s",
    }
)
_FLAGS: Final = frozenset({"skip_weekends", "required"})


def _known(
    document: Mapping[str, Any], shape: type[ConsensusSettings | SourceRules], place: str
) -> dict[str, Any]:
    names = {item.name for item in fields(shape) if item.init}
    return {
        name: _value(name, value)
        for name, value in document.items()
        if _require(name in names, str(name), f"is no setting of {place}")
    }


def _value(name: str, value: Any) -> Any:
    if name in _DECIMALS:
        return parse_decimal(value, field=name)
    if name in _WHOLE:
        _require(type(value) is int, name, "is a whole number")
    elif name in _FLAGS:
        _require(type(value) is bool, name, "is true or false")
    elif name == "source":
        _require(isinstance(value, str), name, "is text")
    elif name == "method":
        _require(isinstance(value, str) and value in set(Method), name, f"is {' or '.join(Method)}")
        return Method(value)
    return value


def _plain(value: Decimal | int | str) -> str | int:
    if isinstance(value, Decimal):
        return decimal_text(value)
    return value.value if isinstance(value, StrEnum) else value


def _check_sources(sources: tuple[SourceRules, ...]) -> None:
    names = [rules.source for rules in sources]
    _require(len(names) <= SOURCES_MAX, "sources", f"are at most {SOURCES_MAX}")
    _require(len(set(names)) == len(names), "sources", "names every source once")
    total = sum((rules.weight for rules in sources), Decimal(0))
    _require(total == 1, "weight", f"of all sources adds up to 1, not {total}")
    for rules in sources:
        _require(rules.source != "", "source", "has a name")
        is_exact = rules.weight == round(rules.weight, WEIGHT_PLACES)
        _require(rules.weight > 0 and is_exact, "weight", "is above 0, in at most 6 decimals")
        _require_span(rules.half_life_s, "half_life_s", least=1)
        _require_span(rules.cut_s, "cut_s", least=1)


def _check_bars(settings: ConsensusSettings) -> None:
    half = Decimal("0.5")
    _require(half < settings.fire_at <= 1, "fire_at", "is above 0.5 and at most 1")
    _require(
        half <= settings.clear_below <= settings.fire_at,
        "clear_below",
        "is from 0.5 to fire_at",
    )
    _require(
        0 <= settings.sources_min <= len(settings.sources),
        "sources_min",
        "is from 0 to the number of sources",
    )
    _require(0 <= settings.weight_min <= 1, "weight_min", "is from 0 to 1")
    _require(0 < settings.conflict_at <= 1, "conflict_at", "is above 0 and at most 1")
    _require(0 < settings.exponent <= 10, "exponent", "is above 0 and at most 10")


def _check_times(settings: ConsensusSettings) -> None:
    _require(settings.ticks_min >= 1, "ticks_min", "is 1 or more")
    for name, least in (("tick_gap_s_max", 1), ("ttl_s", 1), ("cooldown_s", 0)):
        _require_span(getattr(settings, name), name, least=least)


def _require_span(seconds: int, name: str, *, least: int) -> None:
    _require(least <= seconds <= SPAN_S_MAX, name, f"is from {least} s to a year")


def _require(good: bool, name: str, what: str) -> bool:
    if not good:
        raise InputError(
            f"{name} {what}", code="CONSENSUS_SETTING", field=name, fix=f"{name} {what}"
        )
    return True
