"""The known name that a wrong one looks like."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str | None:
    found = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return found[0] if found else None
