"""The `story` fixture: an order's life as a table, one event and what it leads to per line."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID, uuid5

import pytest

from argos.core.order import (
    ALARMING,
    FINAL_STATUSES,
    CommandKind,
    FactKind,
    OrderFact,
    OrderStatus,
    event_of,
    filled_qty,
    is_legal,
    status,
)

Story = Callable[[str], None]

_NAMESPACE = UUID("3f0a5f0e-52a5-5d8b-9a0e-9a64f1a7a001")
_REQUESTS = {"cancel": CommandKind.CANCEL, "modify": CommandKind.MODIFY}
_FACTS = {
    "lease": FactKind.LEASED,
    "unsent": FactKind.UNSENT,
    "send": FactKind.SEND_STARTED,
    "accept": FactKind.ACCEPTED,
    "reject": FactKind.REJECTED,
    "canceled": FactKind.CANCELED,
    "expired": FactKind.EXPIRED,
    "doubt": FactKind.IN_DOUBT,
    "not_found": FactKind.NOT_FOUND,
    "modified": FactKind.MODIFIED,
    "fill": FactKind.FILL,
}


@dataclass(slots=True)
class _Telling:
    """One order while its story is told. `events` makes ids of fills and requests."""

    qty: Decimal = Decimal(0)
    facts: list[OrderFact] = field(default_factory=list)
    denied: bool = False
    events: int = 0

    @property
    def status(self) -> OrderStatus:
        return status(self.facts, qty=self.qty, denied=self.denied)

    def add(self, words: list[str]) -> OrderFact:
        """`fill 4 [as NAME]`, `cancel send`, `cancel reject`, or a word about the order itself."""
        kind = CommandKind.SUBMIT
        if words[0] in _REQUESTS:
            kind, words = _REQUESTS[words[0]], words[1:]
        self.events += 1
        fact_kind = _FACTS[words[0]]
        is_fill = fact_kind is FactKind.FILL
        fact = OrderFact(
            kind=fact_kind,
            command_kind=kind,
            command_id=uuid5(_NAMESPACE, kind.value),
            qty=Decimal(words[1]) if is_fill else Decimal(0),
            venue_exec_id=self._name_of_fill(words) if is_fill else "",
        )
        self.facts.append(fact)
        return fact

    def _name_of_fill(self, words: list[str]) -> str:
        return words[words.index("as") + 1] if "as" in words else f"exec-{self.events}"

    def leaves(self) -> Decimal:
        if self.status in FINAL_STATUSES:
            return Decimal(0)
        return self.qty - filled_qty(self.facts)


def _tell(text: str) -> None:
    """Columns: event -> state, filled, leaves; a `!` after the state means: legal, and alarming.

    `?` instead means: illegal, so it is recorded and alarmed. The first event is `plan QTY` or `deny QTY`.
    """
    telling = _Telling()
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    for line in lines[1:]:
        event_text, outcome = (part.strip() for part in line.split("->"))
        words = event_text.split("@")[0].split()
        state, filled, leaves = outcome.split()
        mark = ""
        if words[0] in {"plan", "deny"}:
            telling.qty, telling.denied = Decimal(words[1]), words[0] == "deny"
        else:
            mark = _step(telling, words)
        seen = (f"{telling.status.value}{mark}", filled_qty(telling.facts), telling.leaves())
        assert seen == (state, Decimal(filled), Decimal(leaves)), f"after: {line}"


def _step(telling: _Telling, words: list[str]) -> str:
    before = telling.status
    event = event_of(telling.add(words))
    if not is_legal(before, event, telling.status):
        return "?"
    return "!" if (before, event) in ALARMING else ""


@pytest.fixture
def story() -> Story:
    return _tell
