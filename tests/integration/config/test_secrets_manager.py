"""Secrets through boto3 itself, against moto's Secrets Manager in this process."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from argos.config import aws_secrets
from argos.config.aws_secrets import AwsSecrets, fetch_secret, secrets_at
from argos.config.loading import complete
from argos.config.model import AwsSection
from argos.core.errors import InputError, StoreError

REGION = "eu-central-1"
KEYS = {"alpaca.production.api_key": "AK-live", "alpaca": {"production": {"secret_key": "live-s"}}}


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of nobody: no real account can be reached from here."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    secrets_at.cache_clear()


@pytest.fixture
def manager() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("secretsmanager", region_name=REGION)


def settings(name: str = "argos", **more: Any) -> AwsSection:
    return AwsSection(secret_id=name, region=REGION, **more)


def test_production_trades_with_the_keys_that_aws_holds(manager: Any) -> None:
    manager.create_secret(Name="argos", SecretString=json.dumps(KEYS))
    text = json.dumps(
        {"environment": "production", "aws": {"secret_id": "argos", "region": REGION}}
    )
    config = complete(text, {})
    assert (config.alpaca.key_id, config.alpaca.secret_key) == ("AK-live", "live-s")
    manager.put_secret_value(SecretId="argos", SecretString="{}")
    assert complete(text, {}).alpaca.key_id == "AK-live", "within ttl_s it is not asked again"


def test_it_is_asked_from_any_thread_and_by_its_arn(manager: Any) -> None:
    arn = manager.create_secret(Name="argos", SecretString=json.dumps(KEYS))["ARN"]
    assert AwsSecrets(settings(arn)).read().values["alpaca.production.secret_key"] == "live-s"


def test_a_binary_secret_is_read_when_it_is_text(manager: Any) -> None:
    manager.create_secret(Name="text", SecretBinary=json.dumps(KEYS).encode())
    assert AwsSecrets(settings("text")).read().values["alpaca.production.api_key"] == "AK-live"
    manager.create_secret(Name="bytes", SecretBinary=b"\xff\xfe")
    with pytest.raises(InputError) as caught:
        AwsSecrets(settings("bytes")).read()
    assert caught.value.code == "SECRETS_MALFORMED"


def test_a_secret_that_is_not_there_is_a_no(manager: Any) -> None:
    with pytest.raises(InputError) as caught:
        fetch_secret(settings("nothing"))
    assert caught.value.code == "SECRETS_DENIED"
    assert "ResourceNotFoundException" in caught.value.message
    manager.create_secret(Name="gone", SecretString="{}")
    manager.delete_secret(SecretId="gone")
    with pytest.raises(InputError) as deleted:
        fetch_secret(settings("gone"))
    assert "marked for deletion" in deleted.value.message


def test_a_rotated_secret_comes_with_the_next_question(manager: Any) -> None:
    manager.create_secret(Name="argos", SecretString=json.dumps(KEYS))
    now = [0.0]
    secrets = AwsSecrets(settings(ttl_s=60), clock=lambda: now[0])
    assert secrets.read().values["alpaca.production.api_key"] == "AK-live"
    manager.put_secret_value(
        SecretId="argos", SecretString=json.dumps({**KEYS, "alpaca.production.api_key": "AK-new"})
    )
    now[0] = 61
    assert secrets.read().values["alpaca.production.api_key"] == "AK-new"


def test_nobody_at_the_address_is_no_answer() -> None:
    with socket.socket() as held:  # bound and never listening: a connection is refused
        held.bind(("127.0.0.1", 0))
        away = settings(endpoint_url=f"http://127.0.0.1:{held.getsockname()[1]}", timeout_s=1)
        with pytest.raises(StoreError) as caught:
            AwsSecrets(away).read()
    assert caught.value.code == "SECRETS_UNREACHABLE"
    assert "EndpointConnectionError" in caught.value.message
    assert "argos" in caught.value.message


def test_no_credentials_and_no_region_are_told_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(StoreError, match="NoCredentialsError"):
        fetch_secret(settings())
    with pytest.raises(StoreError, match="NoRegionError"):
        fetch_secret(AwsSection(secret_id="argos"))


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws_secrets, "find_spec", lambda _: None)
    with pytest.raises(InputError) as caught:
        fetch_secret(settings())
    assert caught.value.code == "AWS_MISSING"
    assert "argos[aws]" in caught.value.fix
