"""Markdown as the reference is written: tables, and cells that cannot break them."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

MADE: Final = "<!-- Made by `argos docs` from the code. Edits are lost. -->"


def page(title: str, *parts: str) -> str:
    """A whole page; empty parts are left out."""
    return (
        "\n\n".join([f"# {title}", MADE, *(part.strip() for part in parts if part.strip())]) + "\n"
    )


def section(title: str, *parts: str) -> str:
    return "\n\n".join([f"## {title}", *(part.strip() for part in parts if part.strip())])


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table; None and empty cells are blank."""
    lines = [_line(headings), _line(["---"] * len(headings))]
    return "\n".join([*lines, *(_line(row) for row in rows)])


def _line(cells: Sequence[Any]) -> str:
    return f"| {' | '.join(_cell(value) for value in cells)} |"


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return " ".join(text.split()).replace("|", "\\|")


def code(text: object) -> str:
    """Verbatim; empty for nothing."""
    return f"`{text}`" if text not in (None, "") else ""
