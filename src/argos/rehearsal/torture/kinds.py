"""The kinds of nodes that a torture run has in its stack, and how a user names them."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from argos.core.errors import InputError


class NodeKind(StrEnum):
    PAPER = "paper"
    """Nodes whose venue is a paper broker, of both characters."""
    MT5_PYTHON = "mt5-python"
    """The Python node beside a terminal; the terminal is the stand-in, with faults of its own."""
    MT5_EA = "mt5-ea"
    """The expert advisor's own source, compiled for this machine, in a simulated terminal."""


ALL_KINDS: Final = tuple(NodeKind)


def read_kinds(text: str) -> tuple[NodeKind, ...]:
    """The kinds in a list parted by commas, each once, in their usual order. InputError for any other word."""
    words = {word.strip() for word in text.split(",") if word.strip()}
    unknown = words - set(ALL_KINDS)
    if unknown or not words:
        raise InputError(
            f"no such kind of node: {', '.join(sorted(unknown)) or 'nothing was named'}",
            code="NODE_KIND_UNKNOWN",
            field="nodes",
            fix=f"use some of {', '.join(ALL_KINDS)}",
        )
    return tuple(kind for kind in ALL_KINDS if kind in words)


def without(kinds: Iterable[NodeKind], kind: NodeKind) -> tuple[NodeKind, ...]:
    return tuple(item for item in kinds if item is not kind)
