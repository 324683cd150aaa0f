"""Secrets from AWS Secrets Manager: one secret whose text is a JSON object, by dotted names or nested.

boto3 is the extra `aws` and takes half a second to load, so it is loaded here alone and when it is needed. It blocks:
in a process that must not wait, `read` is called in a thread. What was fetched is kept in memory, never on disk.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from threading import Lock
from typing import Any, Final

from argos.config.document import ALIASES, SECRET_PATHS, leaves
from argos.config.model import AwsSection
from argos.config.nearest import nearest
from argos.config.refusals import TOP
from argos.core.errors import ArgosError, InputError, StoreError

STALE_S_MAX: Final = 86_400.0
"""How long what was fetched last is used while AWS does not answer."""
RETRY_S: Final = 30.0
"""How long nobody asks again after AWS did not answer."""
DEFINITE: Final[Mapping[str, tuple[str, str]]] = {
    "ResourceNotFoundException": (
        "there is no such secret in that region",
        "look at aws.secret_id and aws.region; the secret must not be marked for deletion",
    ),
    "AccessDeniedException": (
        "these credentials may not read it",
        "allow secretsmanager:GetSecretValue on it for the role of this process",
    ),
    "UnrecognizedClientException": (
        "AWS does not know these credentials",
        "give this process a role, or credentials as boto3 finds them",
    ),
    "InvalidRequestException": (
        "the secret is marked for deletion or has no value",
        "restore it, or name another by aws.secret_id",
    ),
    "DecryptionFailure": (
        "AWS could not decrypt it with its key",
        "allow kms:Decrypt on the key of the secret for the role of this process",
    ),
}
"""What AWS says when asking again changes nothing; everything else may pass."""

Fetch = Callable[[AwsSection], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """Secrets by dotted name, `age_s` seconds old. trouble: why they are not fresh, or empty.

    unused: names in the secret that no setting of Argos has.
    """

    values: Mapping[str, str] = field(repr=False)
    unused: tuple[str, ...] = ()
    age_s: float = 0.0
    trouble: str = ""


class AwsSecrets:
    """One secret, asked for at most once in `ttl_s`, for any thread of this process."""

    def __init__(
        self,
        settings: AwsSection,
        *,
        fetch: Fetch | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._fetch = fetch or fetch_secret
        self._clock = clock
        self._lock = Lock()
        self._held: Secrets | None = None
        self._fetched_at = 0.0
        self._failed_at: float | None = None

    def read(self) -> Secrets:
        """The secrets, fetched or held. Blocks for a few times `timeout_s` at most.

        Raises StoreError SECRETS_UNREACHABLE when AWS does not answer and nothing is held that is less than a day old;
        InputError SECRETS_... when it says no, or what it gives cannot be used.
        """
        with self._lock:
            now = self._clock()
            if self._held is not None and now - self._fetched_at < self._settings.ttl_s:
                return replace(self._held, age_s=now - self._fetched_at)
            if self._failed_at is not None and now - self._failed_at < RETRY_S:
                return self._stale(now)
            try:
                self._held = parse_secret(self._fetch(self._settings))
            except StoreError as error:
                self._failed_at = now
                return self._stale(now, error)
            self._fetched_at, self._failed_at = now, None
            return self._held

    def _stale(self, now: float, error: StoreError | None = None) -> Secrets:
        """What is held, with word that it is old. Raises the error if there is nothing that may be used."""
        age_s = now - self._fetched_at
        if self._held is None or age_s > STALE_S_MAX:
            raise error or _unreachable(self._settings, "it did not answer a moment ago")
        trouble = f"AWS does not answer; the secrets in use are {age_s:.0f} s old"
        return replace(self._held, age_s=age_s, trouble=trouble)


@lru_cache(maxsize=4)
def secrets_at(settings: AwsSection) -> AwsSecrets:
    """The one of this process for these settings, so that reading a configuration again does not ask again."""
    return AwsSecrets(settings)


def parse_secret(text: str) -> Secrets:
    """Raises InputError SECRETS_MALFORMED, or SECRETS_NAME_UNKNOWN for a name that is nearly one of ours."""
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        held = None
    if not isinstance(held, dict):
        raise _malformed("it is not a JSON object")
    values: dict[str, str] = {}
    unused: list[str] = []
    for name, value in leaves(held):
        path = ALIASES.get(name, name)
        if path in SECRET_PATHS:
            if not isinstance(value, str) or not value:
                raise _malformed(f"{name} is not text")
            values[path] = value
        elif name.partition(".")[0] in TOP:
            hint = nearest(name, SECRET_PATHS)
            raise InputError(
                f"the secret holds {name}, which is no secret of Argos",
                code="SECRETS_NAME_UNKNOWN",
                field=name,
                fix=f"did you mean {hint}?" if hint else f"it may hold {', '.join(SECRET_PATHS)}",
            )
        else:
            unused.append(name)
    return Secrets(values=values, unused=tuple(unused))


def fetch_secret(settings: AwsSection) -> str:
    """The secret's text, from AWS. Raises InputError SECRETS_DENIED or AWS_MISSING, StoreError SECRETS_UNREACHABLE."""
    boto3, exceptions, config = _boto()
    try:
        client = boto3.session.Session().client(
            "secretsmanager",
            region_name=settings.region or None,
            endpoint_url=settings.endpoint_url or None,
            config=config.Config(
                connect_timeout=settings.timeout_s,
                read_timeout=settings.timeout_s,
                retries={"mode": "standard", "total_max_attempts": 2},
            ),
        )
        answer = client.get_secret_value(SecretId=settings.secret_id)
    except exceptions.ClientError as error:
        raise _refused(settings, error.response.get("Error", {}).get("Code", "")) from None
    except (exceptions.BotoCoreError, ValueError) as error:
        # The names of these errors say what is wrong (NoCredentialsError, EndpointConnectionError, NoRegionError)
        raise _unreachable(settings, type(error).__name__) from None
    text = answer.get("SecretString")
    return str(text) if text is not None else _text_of(answer.get("SecretBinary"))


def _text_of(body: object) -> str:
    try:
        return body.decode() if isinstance(body, bytes) else ""
    except UnicodeDecodeError:
        raise _malformed("it is binary") from None


def _boto() -> tuple[Any, Any, Any]:
    if find_spec("boto3") is None:
        raise InputError(
            "aws.secret_id is set, and boto3 is not installed",
            code="AWS_MISSING",
            field="aws.secret_id",
            fix="install argos with its extra aws (argos[aws]), or give the keys in config.json or the environment",
        )
    return (
        import_module("boto3"),
        import_module("botocore.exceptions"),
        import_module("botocore.config"),
    )


def _refused(settings: AwsSection, code: str) -> ArgosError:
    if code not in DEFINITE:
        return _unreachable(settings, code)
    what, fix = DEFINITE[code]
    return InputError(
        f"the secret {settings.secret_id}: {what} ({code})",
        code="SECRETS_DENIED",
        field="aws.secret_id",
        fix=fix,
    )


def _unreachable(settings: AwsSection, why: str) -> StoreError:
    return StoreError(
        f"the secret {settings.secret_id} cannot be read: {why}",
        code="SECRETS_UNREACHABLE",
        field="aws.secret_id",
        fix="look at aws.region, at the network and at the credentials of this process; "
        "an empty ARGOS_AWS_SECRET_ID leaves AWS out, and keys then come from config.json or the environment",
    )


def _malformed(why: str) -> InputError:
    return InputError(
        f"the text of the secret in AWS cannot be used: {why}",
        code="SECRETS_MALFORMED",
        field="aws.secret_id",
        fix='store a JSON object such as {"alpaca.production.api_key": "...", "massive": {"api_key": "..."}}',
    )
