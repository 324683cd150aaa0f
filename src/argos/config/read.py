"""`config.json`, the environment and secrets from elsewhere as one configuration, or the reason why not."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from argos.config.config import Config
from argos.config.document import plain
from argos.config.gathering import Gathered, gather
from argos.config.model import (
    AlpacaSection,
    AwsSection,
    BacktestSection,
    Environment,
    RetentionSection,
    StrategySection,
    TradingSection,
)
from argos.config.notes import notes_of
from argos.config.refusals import of_validation
from argos.config.services import alpaca_of, backtest_of, signals_of
from argos.core.canonical import sha256_of
from argos.core.errors import InputError
from argos.sources.settings import PROVIDERS, SourcesSettings, sources_of

NO_SECRETS: Final[Mapping[str, str]] = MappingProxyType({})
Model = TypeVar("Model", bound=BaseModel)


class Outlook(NamedTuple):
    """What has to be known before secrets are fetched."""

    environment: Environment
    aws: AwsSection


def outlook(text: str | None, environ: Mapping[str, str]) -> Outlook:
    """The environment in force and where its secrets lie. Raises InputError CONFIG_... as `parse_config` does."""
    gathered = gather(text, environ, secrets=NO_SECRETS)
    return Outlook(gathered.environment, _section(gathered, "aws", AwsSection, environ))


def parse_config(
    text: str | None, environ: Mapping[str, str], *, secrets: Mapping[str, str] = NO_SECRETS
) -> Config:
    """From the text of `config.json`, if there is one; secrets by dotted name, such as alpaca.production.secret_key.

    The environment goes before secrets, they before the file. Raises InputError with code, field and fix for anything
    that cannot be meant: CONFIG_..., ALPACA_..., SOURCES_INVALID, CONSENSUS_.... No message holds a secret.
    """
    gathered = gather(text, environ, secrets=secrets)
    sources = sources_of(gathered.held, environ)
    alpaca = _section(gathered, "alpaca", AlpacaSection, environ)
    strategy = _section(gathered, "strategy", StrategySection, environ)
    trading = _section(gathered, "trading", TradingSection, environ)
    retention = _section(gathered, "retention", RetentionSection, environ)
    backtest = _section(gathered, "backtest", BacktestSection, environ)
    aws = _section(gathered, "aws", AwsSection, environ)
    choice = alpaca_of(alpaca, gathered.environment)
    document = {
        "environment": gathered.environment.value,
        **_sources_document(sources),
        "alpaca": {
            "dev": plain(alpaca.dev) | alpaca.dev.addresses,
            "production": plain(alpaca.production) | alpaca.production.addresses,
        },
        "strategy": plain(strategy),
        "trading": plain(trading),
        "retention": plain(retention),
        "backtest": plain(backtest),
        "aws": plain(aws),
    }
    digest = sha256_of(document)
    signals = signals_of(
        sources=sources,
        strategy=strategy,
        trading=trading,
        retention=retention,
        environment=gathered.environment,
        digest=digest,
        document=document,
    )
    _check_real_data(gathered.environment, sources, strategy, trading)
    return Config(
        environment=gathered.environment,
        reason=gathered.reason,
        sources=sources,
        signals=signals,
        alpaca=choice,
        backtest=backtest_of(backtest),
        aws=aws,
        digest=digest,
        document=document,
        file=gathered.file,
        origins=gathered.origins,
        notes=notes_of(sources=sources, signals=signals, alpaca=choice, aws=aws),
    )


def _section(
    gathered: Gathered, name: str, model: type[Model], environ: Mapping[str, str]
) -> Model:
    try:
        return model.model_validate(gathered.held.get(name, {}))
    except ValidationError as error:
        raise of_validation(error, name, environ) from None


def _sources_document(sources: SourcesSettings) -> dict[str, Any]:
    whole = plain(sources)
    providers = {name: whole.pop(name) for name in PROVIDERS}
    return {"sources": whole, **providers}


def _check_real_data(
    environment: Environment,
    sources: SourcesSettings,
    strategy: StrategySection,
    trading: TradingSection,
) -> None:
    if environment is not Environment.PRODUCTION or not trading.auto_execute:
        return
    for name, weight in strategy.weights.items():
        if weight > 0 and sources.is_simulated(name):
            raise InputError(
                f"signals would trade real money, and {name} is simulated",
                code="CONFIG_SIMULATED_LIVE",
                field=f"{name}.api_key",
                fix=f"set the key of {name}, give it weight 0, or set trading.auto_execute to false",
            )
