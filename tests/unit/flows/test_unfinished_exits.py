"""An exit that was not sent is followed up, unless it says that nothing was open."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from argos.core.order import FactKind, OrderStatus
from argos.flows.collect import order_facts_of
from argos.flows.unfinished_exits import follow_up_notice


def fact(kind: FactKind, code: str | None = None) -> Mapping[str, Any]:
    told = {"command_kind": "close", "command_id": None, "qty": None, "venue_exec_id": None}
    return {"kind": kind.value, "code": code, **told}


@pytest.mark.parametrize(
    ("facts", "followed"),
    [
        ([fact(FactKind.UNSENT, "CLOSE_NOTHING_OPEN")], False),
        ([fact(FactKind.UNSENT)], False),
        ([fact(FactKind.UNSENT, "NODE_FROZEN")], True),
        ([fact(FactKind.UNSENT, "NODE_FIFO")], True),
        ([fact(FactKind.NOT_FOUND)], True),
    ],
    ids=["nothing open", "no code", "frozen", "an older one first", "looked for in vain"],
)
def test_an_exit_that_was_not_sent(facts: list[Mapping[str, Any]], followed: bool) -> None:
    row = {"role": "exit", "order_id": "x", "ended_close_id": None, "facts": facts}
    notice = follow_up_notice(
        row,
        after=OrderStatus.EXPIRED_UNSENT,
        facts=order_facts_of(facts),
        qty=Decimal(10),
        closed_qty=Decimal(0),
        newly_filled=False,
    )
    assert (notice is not None) is followed
