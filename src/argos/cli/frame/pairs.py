"""NAME=VALUE words of a command line."""

from collections.abc import Iterable

from argos.core.errors import InputError


def pairs_of(words: Iterable[str], *, code: str, fix: str) -> dict[str, str]:
    """Name to value, both without blanks around them. Raises InputError with `code` for a word that is no such pair."""
    found = {}
    for text in words:
        name, equals, value = text.partition("=")
        if not equals or not value.strip():
            raise InputError(f"{text!r} is no NAME=VALUE", code=code, field="NAME=VALUE", fix=fix)
        found[name.strip()] = value.strip()
    return found
