"""What the OpenAPI document says of the journal and its figures."""

from typing import Any, Final

from pydantic import BaseModel

from argos.gateway.openapi import answered, error_answers, operation
from argos.gateway.reading_documents import listed
from argos.gateway.schemas.equity import AccountHistoryAnswer
from argos.gateway.schemas.journal import (
    JournalItem,
    PerformanceAnswer,
    WinRatesAnswer,
)


def _figures(name: str, model: type[BaseModel], summary: str, description: str) -> dict[str, Any]:
    return operation(
        name,
        tag="reading",
        summary=summary,
        description=description,
        answers={200: answered(model, "Worked out now."), **error_answers(401, 403, 422, 503)},
    )


JOURNAL: Final = listed(
    "journal",
    JournalItem,
    "Journal",
    "Every trade that was filled: why it was entered and left, votes, risk verdicts, result, R.",
)
WIN_RATE: Final = _figures(
    "read_win_rate",
    WinRatesAnswer,
    "Win rates",
    "Of finished trades, overall and by group, each with n and Wilson's interval.",
)
PERFORMANCE: Final = _figures(
    "read_performance",
    PerformanceAnswer,
    "Performance",
    "All figures of finished trades, overall and by group: money, return, Sharpe with PSR and n, drawdown, R.",
)
EQUITY: Final = operation(
    "read_account_equity",
    tag="reading",
    summary="Equity of an account",
    description="By day and as points, with time-weighted return and the drawdown that counts floating results.",
    answers={
        200: answered(AccountHistoryAnswer, "Worked out now."),
        **error_answers(401, 403, 404, 422, 503),
    },
)
