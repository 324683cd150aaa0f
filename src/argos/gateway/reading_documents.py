"""What the OpenAPI document says of the operations that read."""

from typing import Any, Final

from pydantic import BaseModel

from argos.gateway.openapi import Answers, answered, error_answers, operation
from argos.gateway.schemas.answers import PageOf
from argos.gateway.schemas.configured import (
    AccountItem,
    HaltItem,
    InstrumentItem,
    NodeItem,
    RouteItem,
)
from argos.gateway.schemas.readings import (
    AlarmItem,
    AlertAnswer,
    AlertItem,
    DiscrepancyItem,
    ExecutionItem,
    IntentItem,
    LegItem,
    OrderItem,
    PositionItem,
)
from argos.gateway.schemas.signals import (
    LatestSignalsAnswer,
    SignalItem,
    SignalStatsAnswer,
)
from argos.gateway.schemas.story import RevisionsAnswer, StoryAnswer
from argos.gateway.schemas.values import example_of

_CURSOR_EXAMPLE: Final = {
    "error": {
        "code": "CURSOR_INVALID",
        "message": "this cursor was not given out by this list",
        "field": "cursor",
        "fix": "send next_cursor of the page before as it is, or none for the first page",
    }
}


def _refusals(*statuses: int) -> Answers:
    found = error_answers(401, 403, 422, 503, *statuses)
    found[422] |= {"content": {"application/json": {"example": _CURSOR_EXAMPLE}}}
    return found


def listed(name: str, item: type[BaseModel], summary: str, description: str) -> dict[str, Any]:
    """The operation of a list, `list_<name>`."""
    page = {
        "model": PageOf[item],  # type: ignore[valid-type]  # the generic is filled in at run time
        "description": "A page, newest first.",
        "content": {
            "application/json": {"example": {"items": [example_of(item)], "next_cursor": None}}
        },
    }
    return operation(
        f"list_{name}",
        tag="reading",
        summary=summary,
        description=description,
        answers={200: page, **_refusals()},
    )


def _one(name: str, model: type[BaseModel], summary: str, description: str) -> dict[str, Any]:
    return operation(
        name,
        tag="reading",
        summary=summary,
        description=description,
        answers={200: answered(model, "Found."), **_refusals(404)},
    )


ALERTS: Final = listed(
    "alerts", AlertItem, "Alerts", "Every delivery, refused ones with the reason."
)
INTENTS: Final = listed(
    "intents", IntentItem, "Intents", "What strategies wanted, in the order of acceptance."
)
ORDERS: Final = listed(
    "orders", OrderItem, "Orders", "Planned, denied, sent, ended: with the checks of each."
)
EXECUTIONS: Final = listed(
    "executions", ExecutionItem, "Executions", "Fills as the brokers told them; never edited."
)
POSITIONS: Final = listed(
    "positions", PositionItem, "Positions", "What each account holds, as its broker last showed it."
)
TRADES: Final = listed(
    "trades", LegItem, "Reconciled trades", "One item per trade and account, newest revision."
)
DISCREPANCIES: Final = listed(
    "discrepancies",
    DiscrepancyItem,
    "Discrepancies",
    "What reconciliation found to differ, and how it was resolved.",
)
ALARMS: Final = listed("alarms", AlarmItem, "Alarms", "What somebody must look at.")
ACCOUNTS: Final = listed(
    "accounts", AccountItem, "Accounts", "With the last snapshot, its age, and the mode in force."
)
INSTRUMENTS: Final = listed(
    "instruments",
    InstrumentItem,
    "Instruments",
    "What each account can trade, on the terms that its node read at the venue, with the last quote.",
)
ROUTES: Final = listed("routes", RouteItem, "Routes", "Where intents go, with every leg.")
NODES: Final = listed(
    "nodes", NodeItem, "Nodes", "Heartbeat age, epoch, flags, lanes, doubt, keys."
)
HALTS: Final = listed("halts", HaltItem, "Brakes in force", "Empty when everybody may trade.")

ALERT: Final = _one(
    "read_alert", AlertAnswer, "One alert", "Its raw body, the secret removed, and every verdict."
)
TRADE: Final = _one(
    "read_trade",
    StoryAnswer,
    "The story of a trade",
    "From alert to reconciliation: everything that is known of it, and a timeline in words.",
)
REVISIONS: Final = _one(
    "list_revisions",
    RevisionsAnswer,
    "Revisions of a reconciled leg",
    "A new fact makes a new revision; old ones stay readable.",
)
SIGNALS: Final = listed(
    "signals",
    SignalItem,
    "Signals",
    "Every signal that fired, refused ones with the reasons, and what became of it.",
)
SIGNALS_LATEST: Final = operation(
    "latest_signals",
    tag="reading",
    summary="Signals that stand",
    description="The newest valid signal of each symbol, where it is neither over nor ended; and the newest of all.",
    answers={
        200: answered(LatestSignalsAnswer, "Empty: none stands."),
        **error_answers(401, 403, 422, 503),
    },
)
SIGNAL_STATS: Final = operation(
    "signal_stats",
    tag="reading",
    summary="Figures over signals",
    description="Counts since a moment (a day ago by default), the newest heads, how the signal services are doing.",
    answers={200: answered(SignalStatsAnswer, "Figures."), **error_answers(401, 403, 422, 503)},
)
