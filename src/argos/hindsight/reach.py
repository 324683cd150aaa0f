"""Whether the votes that are to be had could ever make a signal. A silence that was certain is told beforehand."""

from collections.abc import Sequence
from decimal import Decimal

from argos.consensus.log_odds import P_MAX, log_odds, probability, times
from argos.consensus.settings import ConsensusSettings, Method, SourceRules
from argos.core.errors import InputError
from argos.hindsight.voting import Inputs, Origin


def require_reachable(settings: ConsensusSettings, inputs: Inputs) -> None:
    """Raises InputError CONSENSUS_CANNOT_FIRE if all that can vote, at their surest, agreed and were not enough."""
    able = [
        rules for rules in settings.sources if inputs.origin_of(rules.source) is not Origin.NONE
    ]
    silent = [rules.source for rules in settings.sources if rules not in able]
    if not silent:
        return
    lacking = _lacking(settings, able, silent)
    if not lacking:
        return
    names = " and ".join(silent)
    raise InputError(
        f"no signal is possible: there is no history of {names} for these prices, and "
        f"{_sum_of(able)}: {'; '.join(lacking)}",
        code="CONSENSUS_CANNOT_FIRE",
        field="votes",
        fix="give stored votes (--votes FILE), or state the weights of those that can vote "
        "(--weights massive=60,alpha_vantage=40)",
    )


def _lacking(
    settings: ConsensusSettings, able: Sequence[SourceRules], silent: Sequence[str]
) -> list[str]:
    weight = sum((rules.weight for rules in able), Decimal(0))
    found = [
        f"{rules.source} is required"
        for rules in settings.sources
        if rules.required and rules.source in silent
    ]
    if _score(settings, able) < settings.fire_at:
        found.append(f"fire_at is {_percent(settings.fire_at)}")
    if weight < settings.weight_min:
        found.append(f"weight_min is {_percent(settings.weight_min)}")
    if len(able) < settings.sources_min:
        found.append(f"sources_min is {settings.sources_min}")
    return found


def _score(settings: ConsensusSettings, able: Sequence[SourceRules]) -> Decimal:
    weight = sum((rules.weight for rules in able), Decimal(0))
    if settings.method is Method.WEIGHTED_VOTE:
        return weight
    return probability(times(settings.exponent, times(weight, log_odds(P_MAX))))


def _sum_of(able: Sequence[SourceRules]) -> str:
    if not able:
        return "nobody else has a weight"
    parts = " + ".join(f"{rules.source} {_percent(rules.weight)}" for rules in able)
    whole = sum((rules.weight for rules in able), Decimal(0))
    return f"{parts} = {_percent(whole)}" if len(able) > 1 else f"{parts} is alone"


def _percent(value: Decimal) -> str:
    return f"{float(value * 100):g} %"
