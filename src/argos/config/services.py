"""Sections as the settings of what uses them: percent becomes fractions, names become objects."""

from collections.abc import Mapping
from typing import Any, Final

from argos.config.config import AlpacaChoice, BacktestChoice
from argos.config.model import (
    AlpacaAccount,
    AlpacaSection,
    BacktestSection,
    Environment,
    RetentionSection,
    StrategySection,
    TradingSection,
)
from argos.config.percent import fraction
from argos.consensus.calibration import parse_calibration
from argos.consensus.settings import ConsensusSettings, SourceRules
from argos.core.errors import InputError
from argos.signals.settings import Retention, SignalSettings
from argos.sources.settings import PROVIDERS, SourcesSettings

FIELDS: Final[Mapping[str, str]] = {
    "fire_at": "threshold_pct",
    "clear_below": "clear_below_pct",
    "weight_min": "weight_min_pct",
    "conflict_at": "conflict_pct",
    "weight": "weights",
}
"""What the consensus calls otherwise than the file does."""


def consensus_of(strategy: StrategySection) -> ConsensusSettings:
    """The rules of the consensus. Raises InputError CONSENSUS_SETTING that names the field as the file does."""
    counted = [name for name, weight in strategy.weights.items() if weight > 0]
    silent = sorted({*strategy.required} - {*counted})
    if silent:
        raise InputError(
            f"strategy.required names {silent[0]}, which has no weight",
            code="CONSENSUS_SETTING",
            field="strategy.required",
            fix="give it a weight, or take it off the list: else no signal can ever be given",
        )
    try:
        return ConsensusSettings(
            sources=tuple(_rules(name, strategy) for name in counted),
            method=strategy.method,
            fire_at=fraction(strategy.threshold_pct),
            clear_below=fraction(strategy.clear_below_pct),
            sources_min=strategy.sources_min,
            weight_min=fraction(strategy.weight_min_pct),
            conflict_at=fraction(strategy.conflict_pct),
            ticks_min=strategy.ticks_min,
            tick_gap_s_max=strategy.tick_gap_s_max,
            ttl_s=strategy.ttl_s,
            cooldown_s=strategy.cooldown_s,
            exponent=strategy.exponent,
            calibration=None
            if strategy.calibration is None
            else parse_calibration(strategy.calibration),
        )
    except InputError as error:
        name = FIELDS.get(error.field or "", error.field or "")
        raise InputError(
            f"strategy.{name}: {error.message} (as fractions)",
            code=error.code,
            field=f"strategy.{name}",
            fix=f"docs/concepts/consensus.md says what {name} does",
        ) from None


def _rules(source: str, strategy: StrategySection) -> SourceRules:
    return SourceRules(
        source=source,
        weight=fraction(strategy.weights[source]),
        half_life_s=strategy.half_life_s[source],
        cut_s=strategy.cut_s[source],
        skip_weekends=source in strategy.skip_weekends,
        required=source in strategy.required,
    )


def signals_of(
    *,
    sources: SourcesSettings,
    strategy: StrategySection,
    trading: TradingSection,
    retention: RetentionSection,
    environment: Environment,
    digest: str,
    document: Mapping[str, Any],
) -> SignalSettings:
    drawdown, stop, target = (
        None if percent is None else fraction(percent)
        for percent in (
            trading.max_drawdown_pct,
            trading.stop_loss_pct,
            trading.take_profit_pct,
        )
    )
    return SignalSettings(
        strategy=strategy.name,
        version=strategy.version,
        route=strategy.route,
        symbols=sources.symbols,
        simulated={name: sources.is_simulated(name) for name in PROVIDERS},
        consensus=consensus_of(strategy),
        cycle_s=trading.cycle_s,
        session=trading.session,
        min_confidence=fraction(trading.min_confidence),
        auto_execute=trading.auto_execute,
        position_fraction=fraction(trading.position_size_pct),
        max_drawdown_fraction=drawdown,
        stop_fraction=stop,
        target_fraction=target,
        time_stop_s=trading.time_stop_s,
        close_when_ended=trading.close_when_ended,
        intent_ttl_s=trading.intent_ttl_s,
        keep=Retention(votes_days=retention.votes_days, outbox_days=retention.outbox_days),
        environment=environment.value,
        config_digest=digest,
        config_document=document,
    )


def alpaca_of(alpaca: AlpacaSection, environment: Environment) -> AlpacaChoice:
    """The account in force. Raises InputError ALPACA_KEYS_... for keys that are missing, halved or mixed up."""
    accounts = {Environment.DEV: alpaca.dev, Environment.PRODUCTION: alpaca.production}
    for name, account in accounts.items():
        _check_pair(name, account)
    _check_apart(alpaca)
    chosen = accounts[environment]
    if environment is Environment.PRODUCTION and not chosen.has_keys:
        raise InputError(
            "the environment is production, and alpaca.production has no keys",
            code="ALPACA_KEYS_MISSING",
            field="alpaca.production.api_key",
            fix="set api_key and secret_key there, or aws.secret_id, or APCA_API_KEY_ID and APCA_API_SECRET_KEY",
        )
    return AlpacaChoice(
        key_id=chosen.api_key.get_secret_value(),
        secret_key=chosen.secret_key.get_secret_value(),
        environment=environment,
        **chosen.addresses,
    )


def _check_pair(environment: Environment, account: AlpacaAccount) -> None:
    key, secret = account.api_key.get_secret_value(), account.secret_key.get_secret_value()
    if bool(key) != bool(secret):
        missing = "secret_key" if key else "api_key"
        raise InputError(
            f"alpaca.{environment}.{missing} is not set, and its other half is",
            code="ALPACA_KEYS_HALF",
            field=f"alpaca.{environment}.{missing}",
            fix="set both halves of the pair, from the same place",
        )


def _check_apart(alpaca: AlpacaSection) -> None:
    """One pair in both places means that dev would trade real money, or production nothing."""
    for field in ("api_key", "secret_key"):
        dev, production = (
            getattr(account, field).get_secret_value()
            for account in (alpaca.dev, alpaca.production)
        )
        if dev and dev == production:
            raise InputError(
                f"alpaca.dev.{field} and alpaca.production.{field} are the same",
                code="ALPACA_KEYS_SAME",
                field=f"alpaca.dev.{field}",
                fix="Alpaca gives the paper account keys of its own: put those into alpaca.dev",
            )


def backtest_of(section: BacktestSection) -> BacktestChoice:
    return BacktestChoice(**{name: getattr(section, name) for name in type(section).model_fields})
