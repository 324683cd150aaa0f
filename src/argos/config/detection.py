"""Which environment a process is in: what is said counts, and what is in doubt is dev."""

from collections.abc import Mapping
from typing import Final

from argos.config.model import Environment, Stated
from argos.config.nearest import nearest
from argos.core.errors import InputError

VARIABLE: Final = "ARGOS_ENVIRONMENT"
AUTO: Final = "auto"
WORDS: Final = (AUTO, *Environment)
AWS_MARKERS: Final = (
    "AWS_EXECUTION_ENV",
    "ECS_CONTAINER_METADATA_URI_V4",
    "ECS_CONTAINER_METADATA_URI",
)
"""Variables that AWS sets in what it runs; a developer's own AWS settings are none of them."""


def stated_environment(in_file: object, environ: Mapping[str, str]) -> tuple[Stated, str]:
    """What the variable, else the file says, and where it was said. Raises InputError CONFIG_ENVIRONMENT."""
    told = environ.get(VARIABLE, "")
    place, word = (
        (VARIABLE, told) if told else ("environment", AUTO if in_file is None else in_file)
    )
    if not isinstance(word, str) or word not in WORDS:
        hint = nearest(word, WORDS) if isinstance(word, str) else None
        raise InputError(
            f"{place} is not one of {', '.join(WORDS)}",
            code="CONFIG_ENVIRONMENT",
            field=place,
            fix=f"did you mean {hint}?" if hint else "write dev or production",
        )
    where = VARIABLE if told else "config.json"
    return _STATED[word], where


_STATED: Final[Mapping[str, Stated]] = {
    "auto": "auto",
    "dev": "dev",
    "production": "production",
}


def detect(
    stated: Stated, *, where: str, environ: Mapping[str, str], has_production_keys: bool
) -> tuple[Environment, str]:
    """The environment in force and, in words, why.

    With `auto` it is production only in what AWS itself runs and with the production account's keys at hand, both of
    which nobody has by accident.
    """
    if stated != AUTO:
        return Environment(stated), f"{where} says {stated}"
    marker = next((name for name in AWS_MARKERS if environ.get(name)), None)
    if marker is None:
        return Environment.DEV, "nothing says production: dev is taken when in doubt"
    if not has_production_keys:
        return (
            Environment.DEV,
            f"{marker} says AWS, but there are no keys in alpaca.production: dev is taken when in doubt; "
            f"{VARIABLE}=production states it",
        )
    return Environment.PRODUCTION, f"{marker} says AWS, and alpaca.production has its keys"
