"""Dev or production: what is said counts, what is in doubt is dev, and the accounts are never mixed up."""

import json
from typing import Any

import pytest

from argos.config.model import Environment
from argos.config.read import outlook, parse_config
from argos.core.errors import InputError

DEV = {"api_key": "PKDEV", "secret_key": "dev-secret"}
LIVE = {"api_key": "AKLIVE", "secret_key": "live-secret"}
BOTH = {"dev": DEV, "production": LIVE}
LAMBDA = {"AWS_EXECUTION_ENV": "AWS_ECS_FARGATE"}
ECS = {"ECS_CONTAINER_METADATA_URI_V4": "http://169.254.170.2/v4/x"}


def parse(document: Any, environ: dict[str, str]) -> Any:
    return parse_config(json.dumps(document), environ)


@pytest.mark.parametrize(
    ("document", "environ", "environment", "reason"),
    [
        ({}, {}, "dev", "nothing says production"),
        ({"environment": "auto"}, {}, "dev", "nothing says production"),
        ({"environment": "dev", "alpaca": BOTH}, LAMBDA, "dev", "config.json says dev"),
        ({"environment": "production", "alpaca": BOTH}, {}, "production", "config.json says"),
        ({"environment": "production"}, {"ARGOS_ENVIRONMENT": "dev"}, "dev", "ARGOS_ENVIRONMENT"),
        ({"alpaca": BOTH}, {"ARGOS_ENVIRONMENT": "production"}, "production", "ARGOS_ENVIRONMENT"),
        ({"alpaca": BOTH}, {}, "dev", "nothing says production"),
        ({"alpaca": BOTH}, LAMBDA, "production", "AWS_EXECUTION_ENV says AWS"),
        ({"alpaca": BOTH}, ECS, "production", "ECS_CONTAINER_METADATA_URI_V4 says AWS"),
        ({"alpaca": {"dev": DEV}}, LAMBDA, "dev", "no keys in alpaca.production"),
        ({"aws": {"secret_id": "argos"}}, LAMBDA, "dev", "ARGOS_ENVIRONMENT=production states it"),
        ({"alpaca": BOTH}, {"AWS_REGION": "eu-west-1", "AWS_PROFILE": "x"}, "dev", "nothing says"),
        ({"environment": "dev"}, {"ARGOS_ENVIRONMENT": "auto"}, "dev", "nothing says production"),
        ({"environment": "dev"}, {"ARGOS_ENVIRONMENT": ""}, "dev", "config.json says dev"),
        (
            {},
            {**LAMBDA, "APCA_API_KEY_ID": "K", "APCA_API_SECRET_KEY": "S"},
            "dev",
            "no keys in alpaca.production",
        ),
        (
            {},
            {
                **LAMBDA,
                "ARGOS_ALPACA_PRODUCTION_API_KEY": "K",
                "ARGOS_ALPACA_PRODUCTION_SECRET_KEY": "S",
            },
            "production",
            "alpaca.production has its keys",
        ),
    ],
)
def test_the_environment_and_why(
    document: Any, environ: dict[str, str], environment: str, reason: str
) -> None:
    config = parse(document, environ)
    assert config.environment == environment
    assert reason in config.reason
    assert config.signals.environment == environment
    assert config.alpaca.environment == environment
    assert outlook(json.dumps(document), environ).environment == environment


def test_each_environment_has_its_own_account() -> None:
    for environment, keys in (("dev", DEV), ("production", LIVE)):
        config = parse({"environment": environment, "alpaca": BOTH}, {})
        assert (config.alpaca.key_id, config.alpaca.secret_key) == tuple(keys.values())


@pytest.mark.parametrize("environment", Environment)
def test_alpacas_own_variables_are_for_the_account_in_force(environment: Environment) -> None:
    environ = {
        "ARGOS_ENVIRONMENT": environment.value,
        "APCA_API_KEY_ID": "K",
        "APCA_API_SECRET_KEY": "S",
    }
    config = parse({"alpaca": BOTH}, environ)
    assert (config.alpaca.key_id, config.alpaca.secret_key) == ("K", "S")
    assert config.origins[f"alpaca.{environment}.api_key"] == "APCA_API_KEY_ID"
    ours = {
        f"ARGOS_ALPACA_{environment.upper()}_{name}": "OURS" for name in ("API_KEY", "SECRET_KEY")
    }
    assert parse({"alpaca": BOTH}, environ | ours).alpaca.key_id == "OURS"


@pytest.mark.parametrize(
    ("document", "environ", "code", "field"),
    [
        ({"environment": "production"}, {}, "ALPACA_KEYS_MISSING", "alpaca.production.api_key"),
        (
            {"environment": "production", "alpaca": {"dev": DEV}},
            {},
            "ALPACA_KEYS_MISSING",
            "alpaca.production.api_key",
        ),
        (
            {"alpaca": {"dev": DEV, "production": DEV}},
            {},
            "ALPACA_KEYS_SAME",
            "alpaca.dev.api_key",
        ),
        (
            {"alpaca": {"dev": DEV, "production": {**LIVE, "secret_key": DEV["secret_key"]}}},
            {},
            "ALPACA_KEYS_SAME",
            "alpaca.dev.secret_key",
        ),
        (
            {"alpaca": {"production": LIVE}},
            {"APCA_API_KEY_ID": "AKLIVE", "APCA_API_SECRET_KEY": "live-secret"},
            "ALPACA_KEYS_SAME",
            "alpaca.dev.api_key",
        ),
        ({"alpaca": {"dev": {"api_key": "K"}}}, {}, "ALPACA_KEYS_HALF", "alpaca.dev.secret_key"),
        (
            {"alpaca": {"production": {"secret_key": "S"}}},
            {},
            "ALPACA_KEYS_HALF",
            "alpaca.production.api_key",
        ),
        ({}, {"APCA_API_KEY_ID": "K"}, "ALPACA_KEYS_HALF", "APCA_API_SECRET_KEY"),
        (
            {"alpaca": {"dev": {"base_url": "https://api.alpaca.markets/v2"}}},
            {},
            "ALPACA_URL_LIVE",
            "alpaca.dev.base_url",
        ),
        (
            {"alpaca": {"production": {"base_url": "https://paper-api.alpaca.markets"}}},
            {},
            "ALPACA_URL_PAPER",
            "alpaca.production.base_url",
        ),
        (
            {"alpaca": {"production": {"base_url": "http://127.0.0.1:9099"}}},
            {},
            "ALPACA_URL_PAPER",
            "alpaca.production.base_url",
        ),
        (
            {"alpaca": {"dev": {"base_url": "http://paper-api.alpaca.markets"}}},
            {},
            "CONFIG_INVALID",
            "alpaca.dev.base_url",
        ),
        (
            {"alpaca": {"dev": {"stream_url": "ws://paper-api.alpaca.markets/stream"}}},
            {},
            "CONFIG_INVALID",
            "alpaca.dev.stream_url",
        ),
        (
            {"environment": "production", "alpaca": BOTH, "trading": {"auto_execute": True}},
            {},
            "CONFIG_SIMULATED_LIVE",
            "massive.api_key",
        ),
    ],
)
def test_accounts_that_are_mixed_up_are_refused(
    document: Any, environ: dict[str, str], code: str, field: str
) -> None:
    with pytest.raises(InputError) as caught:
        parse(document, environ)
    assert (caught.value.code, caught.value.field) == (code, field)
    assert caught.value.fix
