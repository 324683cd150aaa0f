"""Perplexity's Agent and Decisions API: bytes in, dated news, probabilities and the agent's own word out."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from argos.sources.budget import microdollars
from argos.sources.documents import items, moment_of_s, number, object_of, part
from argos.sources.reasons import SourceReason

CHOICES: Final = ("LONG", "SHORT", "ABSTAIN")
_SUM_TOLERANCE: Final = Decimal("0.02")
_TITLE_MAX: Final = 300
_SNIPPET_MAX: Final = 1_000
_RESULTS_MAX: Final = 40
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One result of the search. The words are untrusted: they are handed to the decider and to nobody else."""

    dated: date | None
    title: str
    snippet: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A choice and what it is worth: lean, -1 (down) to 1 (up); 0 for ABSTAIN."""

    choice: str
    lean: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What the agent found at `created_at`. searched: it did search. word: its own, None if not of the schema."""

    created_at: datetime
    searched: bool
    news: tuple[News, ...]
    word: Word | None


def parse_agent(body: bytes) -> Search | SourceReason:
    """An answer may be HTTP 200 and failed all the same: `status` says so."""
    document = object_of(body)
    if document is None:
        return SourceReason.BODY_UNREADABLE
    status, created_at = document.get("status"), moment_of_s(document.get("created_at"))
    if status == "failed":
        return SourceReason.PROVIDER_FAILED
    if status != "completed" or created_at is None or not isinstance(document.get("output"), list):
        return SourceReason.BODY_UNREADABLE
    output = [item for item in document["output"] if isinstance(item, Mapping)]
    found = [item for item in output if item.get("type") == "search_results"]
    results = [result for item in found for result in items(item, "results")]
    return Search(
        created_at=created_at,
        searched=bool(found),
        news=tuple(_news(results[:_RESULTS_MAX])),
        word=_own_word(output),
    )


def parse_decision(body: bytes) -> Word | SourceReason:
    """Probabilities of the question `vote`. They are the provider's own; nobody has calibrated them."""
    answer = part(part(object_of(body), "answers"), "vote")
    choice, told = answer.get("choice"), part(answer, "probabilities")
    chances = [number(told.get(name)) for name in CHOICES]
    known = [chance for chance in chances if chance is not None and 0 <= chance <= 1]
    if choice not in CHOICES or len(known) != len(CHOICES):
        return SourceReason.BODY_UNREADABLE
    if abs(sum(known, Decimal(0)) - 1) > _SUM_TOLERANCE:
        return SourceReason.BODY_UNREADABLE
    lean = Decimal(0) if choice == "ABSTAIN" else known[0] - known[1]
    if (choice == "LONG" and lean < 0) or (choice == "SHORT" and lean > 0):
        return SourceReason.BODY_UNREADABLE
    return Word(choice=str(choice), lean=lean)


def cost_microdollars(body: bytes) -> int | None:
    """What the provider says that it cost, rounded up; None if it does not say."""
    cost = part(part(object_of(body), "usage"), "cost")
    amount = number(cost.get("total_cost"))
    if amount is None or not 0 <= amount <= 1000 or cost.get("currency", "USD") != "USD":
        return None
    return microdollars(amount)


def _news(results: list[Any]) -> Iterator[News]:
    for result in results:
        if isinstance(result, Mapping):
            yield News(
                dated=_date(result.get("date")) or _date(result.get("last_updated")),
                title=_clean(result.get("title"))[:_TITLE_MAX],
                snippet=_clean(result.get("snippet"))[:_SNIPPET_MAX],
            )


def _own_word(output: list[Mapping[str, Any]]) -> Word | None:
    """The agent was asked for {"vote", "p_up"}; anything else counts for nothing."""
    texts = [
        content.get("text")
        for item in output
        if item.get("type") == "message"
        for content in items(item, "content")
        if isinstance(content, Mapping) and content.get("type") == "output_text"
    ]
    said = object_of(_clean(texts[-1]).encode()) if texts and isinstance(texts[-1], str) else None
    if said is None:
        return None
    choice, p_up = said.get("vote"), number(said.get("p_up"))
    if choice == "ABSTAIN":
        return Word(choice=choice, lean=Decimal(0))
    if choice not in CHOICES or p_up is None or not 0 <= p_up <= 1:
        return None
    lean = 2 * p_up - 1
    return Word(choice=choice, lean=lean) if (lean > 0) is (choice == "LONG") else None


def _clean(value: Any) -> str:
    """Text without halves of surrogate pairs, which JSON may hold and no hash takes."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


def _date(value: Any) -> date | None:
    if not isinstance(value, str) or _DATE.match(value) is None:
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None
