"""What is allowed and may still surprise, in plain words, for `argos config check`."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from argos.config.config import AlpacaChoice
from argos.config.model import AwsSection, Environment
from argos.signals.settings import SignalSettings
from argos.sources.settings import SourcesSettings

LARGEST_POSITION: Final = Decimal("0.15")
"""Of equity: what sizing gives at most, whatever is asked."""


def notes_of(
    *, sources: SourcesSettings, signals: SignalSettings, alpaca: AlpacaChoice, aws: AwsSection
) -> tuple[str, ...]:
    return (
        *_of_sources(sources, signals),
        *_of_trading(signals),
        *_of_accounts(alpaca, aws),
    )


def _of_sources(sources: SourcesSettings, signals: SignalSettings) -> Iterator[str]:
    counted = [rules.source for rules in signals.consensus.sources]
    simulated = [name for name in counted if sources.is_simulated(name)]
    if simulated:
        yield f"{', '.join(simulated)}: fixture servers answer, and every signal says simulated"
    for rules in signals.consensus.sources:
        provider = sources.providers[rules.source]
        # A daily series is as old as its session: how often it is fetched says nothing of its age.
        every_s = max(provider.every_s, provider.cache_s)
        if not rules.skip_weekends and every_s >= rules.cut_s:
            yield (
                f"{rules.source}: a vote comes every {every_s:g} s and is too old after {rules.cut_s} s, "
                "so it often will not count"
            )


def _of_trading(signals: SignalSettings) -> Iterator[str]:
    if signals.min_confidence > signals.consensus.fire_at:
        yield (
            "trading.min_confidence is above strategy.threshold_pct: signals between the two are recorded and refused"
        )
    if signals.position_fraction > LARGEST_POSITION:
        yield "trading.position_size_pct is above 15, which is what sizing gives at most"
    if signals.auto_execute and signals.stop_fraction is None:
        yield "trading.stop_loss_pct is null: trades have no stop at the venue"
    yield (
        f"signals become intents for the route {signals.route}"
        if signals.auto_execute
        else "trading.auto_execute is false: signals are recorded, and nothing is traded"
    )


def _of_accounts(alpaca: AlpacaChoice, aws: AwsSection) -> Iterator[str]:
    if not alpaca.has_keys:
        yield f"alpaca.{alpaca.environment} has no keys: nothing can be traded at Alpaca"
    if aws.secret_id and alpaca.environment is Environment.DEV:
        yield "aws.secret_id is set, and AWS is not asked in dev"
