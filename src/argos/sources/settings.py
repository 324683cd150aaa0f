"""Settings of the sources: the sections massive, alpha_vantage, x_api and sonar of `config.json` in the home.

Other sections of that file belong to others and are not looked at. A source without a key asks its fixture server,
and everything made from that says simulated.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from ipaddress import ip_address
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)

from argos.core.errors import InputError
from argos.sources.budget import Budget, Window, microdollars

CONFIG: Final = "config.json"
FIXTURE_KEY: Final = "fixture-key"
"""What fixture servers are given in place of a key: a real key never goes there."""

KEY_NAMES: Final = frozenset({"api_key", "bearer_token"})
"""What a provider's key may be called. A variable goes before the file whichever of them either uses."""

Seconds = Annotated[float, Field(gt=0, le=604_800)]
Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
Dollars = Annotated[Decimal, Field(ge=0, le=1_000_000)]
Symbol = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9.\-]{0,11}$")]


class ProviderSettings(BaseModel):
    """One provider: where it is, how often it is asked, and what it may use up. null is no limit."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    api_key: Annotated[
        SecretStr, Field(validation_alias=AliasChoices("api_key", "bearer_token"))
    ] = SecretStr("")
    base_url: str
    every_s: Seconds
    cache_s: Annotated[float, Field(ge=0, le=604_800)]
    timeout_s: Annotated[float, Field(gt=0, le=120)] = 10.0
    body_bytes_max: Annotated[int, Field(ge=1024, le=1 << 26)] = 4 << 20
    retries_max: Annotated[int, Field(ge=0, le=3)] = 1
    calls_per_second: Count | None = None
    calls_per_minute: Count | None = None
    calls_per_15_minutes: Count | None = None
    calls_per_day: Count | None = None
    usd_per_day: Dollars | None = None

    @field_validator("base_url")
    @classmethod
    def _is_safe(cls, value: str) -> str:
        return safe_url(value)

    @property
    def budget(self) -> Budget:
        spans = (
            (1, self.calls_per_second),
            (60, self.calls_per_minute),
            (900, self.calls_per_15_minutes),
        )
        return Budget(
            windows=tuple(
                Window(seconds=seconds, calls_max=calls)
                for seconds, calls in spans
                if calls is not None
            ),
            calls_per_day=self.calls_per_day,
            microdollars_per_day=None
            if self.usd_per_day is None
            else microdollars(self.usd_per_day),
        )


class MassiveSettings(ProviderSettings):
    """Price action and trend: one snapshot of all symbols. On the free plan: every_s 15, calls_per_minute 5."""

    base_url: str = "https://api.massive.com"
    every_s: Seconds = 5.0
    cache_s: Annotated[float, Field(ge=0, le=604_800)] = 0.0
    timeout_s: Annotated[float, Field(gt=0, le=120)] = 4.0
    body_bytes_max: Annotated[int, Field(ge=1024, le=1 << 26)] = 16 << 20
    calls_per_minute: Count | None = 20
    stale_s: Seconds = 60.0


class AlphaVantageSettings(ProviderSettings):
    """RSI, MACD and moving averages, computed here: one daily series per symbol and session."""

    base_url: str = "https://www.alphavantage.co"
    every_s: Seconds = 60.0
    cache_s: Annotated[float, Field(ge=0, le=604_800)] = 3600.0
    calls_per_second: Count | None = 1
    calls_per_minute: Count | None = 5
    calls_per_day: Count | None = 25


class XApiSettings(ProviderSettings):
    """Sentiment of posts. Every post read costs money; texts are scored and dropped."""

    base_url: str = "https://api.x.com"
    every_s: Seconds = 30.0
    cache_s: Annotated[float, Field(ge=0, le=604_800)] = 120.0
    retries_max: Annotated[int, Field(ge=0, le=3)] = 0
    calls_per_15_minutes: Count | None = 300
    usd_per_day: Dollars | None = Decimal(1)
    usd_per_post: Dollars = Decimal("0.005")
    posts_max: Annotated[int, Field(ge=10, le=100)] = 10
    authors_min: Annotated[int, Field(ge=2, le=100)] = 10
    window_s: Seconds = 1800.0
    fields_parameter: Literal["tweet.fields", "post.fields"] = "tweet.fields"


class SonarSettings(ProviderSettings):
    """News: a forced search by the Agent API, then a decision; without one the agent's own word."""

    base_url: str = "https://api.perplexity.ai"
    every_s: Seconds = 60.0
    cache_s: Annotated[float, Field(ge=0, le=604_800)] = 1800.0
    timeout_s: Annotated[float, Field(gt=0, le=120)] = 20.0
    retries_max: Annotated[int, Field(ge=0, le=3)] = 0
    calls_per_minute: Count | None = 50
    usd_per_day: Dollars | None = Decimal(1)
    usd_per_search_max: Dollars = Decimal("0.02")
    usd_per_decision_max: Dollars = Decimal("0.001")
    model: str = "perplexity/sonar"
    decider: str = "pplx-decider-v1.2"
    decisions: bool = True
    horizon_days: Annotated[int, Field(ge=1, le=31)] = 3


class SourcesSettings(BaseModel):
    """What all sources share, and each of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    symbols: Annotated[tuple[Symbol, ...], Field(min_length=1, max_length=500)] = (
        "AAPL",
        "MSFT",
        "IBM",
        "GOOG",
    )
    fixture_url: str = "http://127.0.0.1:8090"
    massive: MassiveSettings = MassiveSettings()
    alpha_vantage: AlphaVantageSettings = AlphaVantageSettings()
    x_api: XApiSettings = XApiSettings()
    sonar: SonarSettings = SonarSettings()

    @field_validator("symbols")
    @classmethod
    def _are_different(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) != len(value):
            raise ValueError("names a symbol twice")
        return value

    @field_validator("fixture_url")
    @classmethod
    def _is_here(cls, value: str) -> str:
        if not is_loopback(value):
            raise ValueError("a fixture server is on this machine")
        return value.rstrip("/")

    @property
    def providers(self) -> dict[str, ProviderSettings]:
        return {name: getattr(self, name) for name in PROVIDERS}

    @property
    def budgets(self) -> dict[str, Budget]:
        return {name: chosen.budget for name, chosen in self.providers.items()}

    def url_of(self, provider: str) -> str:
        """Where the provider is asked: at its fixture server while it has no key."""
        chosen = self.providers[provider]
        return chosen.base_url if has_key(chosen) else f"{self.fixture_url}/{provider}"

    def key_of(self, provider: str) -> str:
        chosen = self.providers[provider]
        return chosen.api_key.get_secret_value() if has_key(chosen) else FIXTURE_KEY

    def is_simulated(self, provider: str) -> bool:
        """Whatever answers on this machine is taken for a fixture server, whether it says so or not."""
        return is_loopback(self.url_of(provider))

    @property
    def simulated(self) -> frozenset[str]:
        return frozenset(name for name in PROVIDERS if self.is_simulated(name))


PROVIDERS: Final = ("massive", "alpha_vantage", "x_api", "sonar")
SECTIONS: Final = ("sources", *PROVIDERS)


def has_key(settings: ProviderSettings) -> bool:
    return bool(settings.api_key.get_secret_value())


def safe_url(value: str, *, schemes: tuple[str, str] = ("https", "http")) -> str:
    """The address without a last slash; the second scheme on this machine alone. Raises ValueError."""
    parts = urlsplit(value)
    secure, plain = schemes
    if parts.scheme not in schemes or not parts.hostname or parts.query:
        raise ValueError(f"is not an address such as {secure}://host")
    if parts.username or parts.password or parts.fragment:
        raise ValueError("holds more than scheme, host, port and path")
    if parts.scheme == plain and not is_loopback(value):
        raise ValueError(f"must begin with {secure}:// unless it is on this machine")
    return value.rstrip("/")


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def parse_sources(text: str | None, environ: Mapping[str, str]) -> SourcesSettings:
    """From the text of `config.json`, if there is one, then the environment: ARGOS_MASSIVE_API_KEY and its like.

    Raises InputError SOURCES_INVALID that names the field and never a value.
    """
    held: Any = {}
    if text is not None:
        try:
            held = json.loads(text)
        except (ValueError, RecursionError):
            held = None
        if not isinstance(held, dict):
            raise _invalid(CONFIG, "is not a JSON object")
    return sources_of(held, environ)


def sources_of(held: Mapping[str, Any], environ: Mapping[str, str]) -> SourcesSettings:
    """As `parse_sources`, from what the file holds; other sections are passed over."""
    given: dict[str, Any] = {name: held[name] for name in SECTIONS if name in held}
    for name, section in given.items():
        if not isinstance(section, dict):
            raise _invalid(name, "is not an object")
    for section, values in _from_environment(environ).items():
        held_here = given.get(section, {})
        if KEY_NAMES & values.keys():
            held_here = {name: held_here[name] for name in held_here.keys() - KEY_NAMES}
        given[section] = {**held_here, **values}
    document = {**given.pop("sources", {}), **given}
    try:
        return SourcesSettings.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise _invalid(".".join(str(part) for part in first["loc"]), first["msg"]) from None


def _from_environment(environ: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for section in SECTIONS:
        prefix = f"ARGOS_{section.upper()}_"
        for name, value in environ.items():
            if name.startswith(prefix):
                field = name.removeprefix(prefix).lower()
                found.setdefault(section, {})[field] = _given(field, value)
    return found


def _given(field: str, text: str) -> Any:
    if text == "null":
        return None
    return text.split(",") if field == "symbols" else text


def _invalid(field: str, what: str) -> InputError:
    return InputError(
        f"{field}: {what}",
        code="SOURCES_INVALID",
        field=field,
        fix=f"mend it in {CONFIG} in the home, or in the environment (ARGOS_MASSIVE_API_KEY and its like)",
    )
