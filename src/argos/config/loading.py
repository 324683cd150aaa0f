"""A configuration with all that it needs from elsewhere: in production its secrets come from AWS, if it says so."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from argos.config.aws_secrets import AwsSecrets, Secrets, secrets_at
from argos.config.config import Config
from argos.config.model import AwsSection, Environment
from argos.config.read import outlook, parse_config


def complete(
    text: str | None,
    environ: Mapping[str, str],
    *,
    vault: Callable[[AwsSection], AwsSecrets] = secrets_at,
) -> Config:
    """As `parse_config`, with secrets from AWS where they are used. May block for seconds: see `aws_secrets`.

    Raises what `parse_config` and `AwsSecrets.read` raise. Old secrets are used while AWS is away, and `notes` say so.
    """
    ahead = outlook(text, environ)
    if ahead.environment is not Environment.PRODUCTION or not ahead.aws.secret_id:
        return parse_config(text, environ)
    secrets = vault(ahead.aws).read()
    config = parse_config(text, environ, secrets=secrets.values)
    return replace(config, notes=(*_notes(secrets), *config.notes))


def _notes(secrets: Secrets) -> tuple[str, ...]:
    unused = f"the secret in AWS holds {len(secrets.unused)} names that Argos does not use"
    return tuple(note for note in (secrets.trouble, unused if secrets.unused else "") if note)
