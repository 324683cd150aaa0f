"""A calendar of news as a CSV file: `at`, `title`, `currencies`."""

import csv
import io
import re
from typing import Final

from argos.core.errors import InputError
from argos.core.rule_set import NewsEvent
from argos.protocol.values import parse_moment

COLUMNS: Final = ("at", "title")
ROWS_MAX: Final = 20_000
TITLE_MAX: Final = 200
_PARTS: Final = re.compile(r"[\s;,|/]+")
_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)


def parse_news(text: str) -> tuple[NewsEvent, ...]:
    """Events in the order of the file. `currencies` may be left out, or empty: then an event concerns all.

    Raises InputError NEWS_FILE_INVALID that names the line.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    header = [name.strip().lower() for name in reader.fieldnames or ()]
    reader.fieldnames = header
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise _invalid(1, f"it has no column {', '.join(missing)}")
    found: list[NewsEvent] = []
    for row in reader:
        if len(found) == ROWS_MAX:
            raise _invalid(reader.line_num, f"more than {ROWS_MAX} events")
        found.append(_event(row, line=reader.line_num))
    return tuple(found)


def _event(row: dict[str, str | None], *, line: int) -> NewsEvent:
    try:
        at = parse_moment((row["at"] or "").strip(), field="at")
    except InputError as error:
        raise _invalid(line, f"at: {error.message}") from None
    title = (row["title"] or "").strip()
    if not 0 < len(title) <= TITLE_MAX:
        raise _invalid(line, f"a title has 1 to {TITLE_MAX} characters")
    told = (row.get("currencies") or "").strip().upper()
    currencies = frozenset(_PARTS.split(told)) - {""} if told else frozenset()
    for currency in sorted(currencies):
        if _CURRENCY.fullmatch(currency) is None:
            raise _invalid(line, f"{currency!r} is no currency such as USD")
    return NewsEvent(at=at, title=title, currencies=currencies)


def _invalid(line: int, why: str) -> InputError:
    return InputError(
        f"line {line}: {why}",
        code="NEWS_FILE_INVALID",
        field="FILE",
        fix="CSV with the columns at (2026-12-04T13:30:00Z), title and currencies (USD;EUR, or none for all)",
    )
