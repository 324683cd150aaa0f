"""How a bug is put into the product from outside: one name in a module or class stands for something else."""

from collections.abc import Callable, Mapping
from typing import Any

Plant = Callable[[], None]
Plants = Mapping[str, Plant]
"""Planted bugs by name. Calling one changes this process, for good."""


def put(owner: Any, name: str, replacement: Any) -> None:
    """Let `owner.name` be `replacement`. AttributeError if the product has no such name any more."""
    getattr(owner, name)
    setattr(owner, name, replacement)


def put_sql(statements: Mapping[str, str], name: str, *, old: str, new: str) -> None:
    """Change a named SQL statement of a store. LookupError if its text has moved on."""
    text = statements[name]
    if old not in text:
        raise LookupError(f"{name} holds no {old!r}: the planted bug must follow the product")
    assert isinstance(statements, dict), "named statements are kept in a dict"
    statements[name] = text.replace(old, new)
