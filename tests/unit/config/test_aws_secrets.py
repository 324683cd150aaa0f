"""Secrets from AWS as a process holds them: asked for rarely, kept in memory, old ones told of, a no taken for a no."""

import json
from typing import Any

import pytest

from argos.config.aws_secrets import RETRY_S, STALE_S_MAX, AwsSecrets, parse_secret
from argos.config.loading import complete
from argos.config.model import AwsSection
from argos.core.errors import ArgosError, InputError, StoreError

MARK = "Zq9SECRETq9Z"
SETTINGS = AwsSection(secret_id="argos", ttl_s=60)
LIVE = {"alpaca": {"production": {"api_key": f"{MARK}K", "secret_key": f"{MARK}S"}}}
AWAY = StoreError("away", code="SECRETS_UNREACHABLE")


class Cloud:
    """Plays AWS: gives what `answer` holds, or raises it, and counts."""

    def __init__(self, answer: Any = None) -> None:
        self.answer = json.dumps(LIVE) if answer is None else answer
        self.asked = 0
        self.now = 1000.0

    def fetch(self, _: AwsSection) -> str:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return str(self.answer)

    def secrets(self) -> AwsSecrets:
        return AwsSecrets(SETTINGS, fetch=self.fetch, clock=lambda: self.now)


def test_names_are_dotted_or_nested_and_others_are_left_alone() -> None:
    secrets = parse_secret(
        json.dumps(
            {
                "alpaca.production.api_key": "K",
                "alpaca": {"production": {"secret_key": "S"}},
                "x_api": {"bearer_token": "X"},
                "database_password": "of somebody else",
            }
        )
    )
    assert secrets.values == {
        "alpaca.production.api_key": "K",
        "alpaca.production.secret_key": "S",
        "x_api.api_key": "X",
    }
    assert secrets.unused == ("database_password",)
    assert "'K'" not in repr(secrets)


@pytest.mark.parametrize(
    ("text", "code", "hint"),
    [
        (MARK, "SECRETS_MALFORMED", "JSON object"),
        (f'["{MARK}"]', "SECRETS_MALFORMED", "JSON object"),
        (json.dumps({"massive.api_key": [MARK]}), "SECRETS_MALFORMED", "JSON object"),
        (json.dumps({"massive.api_key": ""}), "SECRETS_MALFORMED", "JSON object"),
        (
            json.dumps({"alpaca.production.secretkey": MARK}),
            "SECRETS_NAME_UNKNOWN",
            "alpaca.production.secret_key",
        ),
        (json.dumps({"trading": {"auto_execute": MARK}}), "SECRETS_NAME_UNKNOWN", "it may hold"),
    ],
)
def test_a_secret_that_cannot_be_used_is_refused_without_its_text(
    text: str, code: str, hint: str
) -> None:
    with pytest.raises(InputError) as caught:
        parse_secret(text)
    assert caught.value.code == code
    assert hint in caught.value.fix
    assert MARK not in f"{caught.value} {caught.value.fix} {caught.value.field}"


def test_it_asks_once_in_its_time() -> None:
    cloud = Cloud()
    secrets = cloud.secrets()
    first = secrets.read()
    cloud.now += 59
    again = secrets.read()
    assert cloud.asked == 1
    assert again.values == first.values
    assert (again.age_s, again.trouble) == (59, "")
    cloud.answer = json.dumps({"massive.api_key": "new"})
    cloud.now += 1
    assert secrets.read().values == {"massive.api_key": "new"}
    assert cloud.asked == 2


def test_old_ones_are_used_while_aws_is_away_and_it_is_told() -> None:
    cloud = Cloud()
    secrets = cloud.secrets()
    fresh = secrets.read()
    cloud.answer = AWAY
    cloud.now += 61
    old = secrets.read()
    assert old.values == fresh.values
    assert old.trouble == "AWS does not answer; the secrets in use are 61 s old"
    for _ in range(5):
        secrets.read()
    assert cloud.asked == 2, "it is not asked again at once"
    cloud.now += RETRY_S
    assert secrets.read().trouble
    assert cloud.asked == 3
    cloud.answer = json.dumps(LIVE)
    cloud.now += RETRY_S
    assert secrets.read().trouble == ""


def test_what_is_older_than_a_day_is_not_used() -> None:
    cloud = Cloud()
    secrets = cloud.secrets()
    secrets.read()
    cloud.answer = AWAY
    cloud.now += STALE_S_MAX + 1
    for _ in range(2):
        with pytest.raises(StoreError) as caught:
            secrets.read()
        assert caught.value.code == "SECRETS_UNREACHABLE"


def test_with_none_held_aws_away_is_an_error() -> None:
    cloud = Cloud(AWAY)
    secrets = cloud.secrets()
    for _ in range(3):
        with pytest.raises(StoreError) as caught:
            secrets.read()
        assert caught.value.code == "SECRETS_UNREACHABLE"
    assert cloud.asked == 1
    cloud.answer = json.dumps(LIVE)
    cloud.now += RETRY_S
    assert secrets.read().values["alpaca.production.api_key"] == f"{MARK}K"


def test_a_no_is_a_no_whatever_is_held() -> None:
    cloud = Cloud()
    secrets = cloud.secrets()
    secrets.read()
    cloud.answer = InputError("no", code="SECRETS_DENIED")
    cloud.now += 61
    with pytest.raises(InputError):
        secrets.read()


FILE = {"environment": "production", "aws": {"secret_id": "argos"}}


def loaded(cloud: Cloud, document: dict[str, Any], **environ: str) -> Any:
    secrets = cloud.secrets()
    return complete(json.dumps(document), environ, vault=lambda _: secrets)


def test_production_takes_its_keys_from_aws() -> None:
    cloud = Cloud(json.dumps({**LIVE, "massive.api_key": f"{MARK}M", "other": "x"}))
    config = loaded(cloud, FILE)
    assert config.alpaca.key_id == f"{MARK}K"
    assert config.sources.key_of("massive") == f"{MARK}M"
    assert config.origins["alpaca.production.secret_key"] == "AWS Secrets Manager"
    assert config.document["alpaca"]["production"]["secret_key"] is True
    assert config.file == FILE
    assert "1 names that Argos does not use" in config.notes[0]
    assert MARK not in repr(config)


def test_the_environment_goes_before_aws_and_aws_before_the_file() -> None:
    document = {
        **FILE,
        "massive": {"api_key": "of the file"},
        "x_api": {"bearer_token": "of the file"},
        "sonar": {"api_key": "of the file"},
    }
    answer = {**LIVE, "massive.api_key": "of aws", "x_api.bearer_token": "of aws"}
    config = loaded(Cloud(json.dumps(answer)), document, ARGOS_MASSIVE_API_KEY="of environment")
    assert config.sources.key_of("massive") == "of environment"
    assert config.sources.key_of("x_api") == "of aws"
    assert config.sources.key_of("sonar") == "of the file"


@pytest.mark.parametrize(
    "document",
    [
        {**FILE, "environment": "dev"},
        {**FILE, "environment": "auto"},
        {"environment": "production", "alpaca": LIVE["alpaca"]},
    ],
)
def test_aws_is_asked_in_production_alone_and_only_when_it_is_named(
    document: dict[str, Any],
) -> None:
    cloud = Cloud()
    loaded(cloud, document)
    assert cloud.asked == 0


def test_an_empty_variable_leaves_aws_out() -> None:
    cloud = Cloud(AWAY)
    environ = {"ARGOS_AWS_SECRET_ID": "", "APCA_API_KEY_ID": "K", "APCA_API_SECRET_KEY": "S"}
    assert loaded(cloud, FILE, **environ).alpaca.key_id == "K"
    assert cloud.asked == 0


def test_aws_away_at_the_start_stops_production_and_says_what_to_do() -> None:
    with pytest.raises(ArgosError) as caught:
        loaded(Cloud(AWAY), FILE)
    assert caught.value.code == "SECRETS_UNREACHABLE"
