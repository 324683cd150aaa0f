"""JSON answers and the one shape of every error."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson
import structlog
from starlette.responses import Response

from argos.core.errors import ArgosError, InputError, StoreError

STATUS_OF_CODE: Final[Mapping[str, int]] = {
    "UNAUTHORISED": 401,
    "SCOPE_MISSING": 403,
    "NOT_FOUND": 404,
    "BODY_TOO_LARGE": 413,
    "NODE_SIGNATURE_INVALID": 401,
    "NODE_CLOCK_SKEW": 401,
    "NODE_COUNTER_STALE": 401,
    "NODE_EPOCH_FENCED": 409,
    "ENROLMENT_REFUSED": 401,
    "NODE_REKEY_UNWANTED": 409,
}
"""Errors of the core know no HTTP: this is where they meet it. Everything else an InputError says is 422."""


TRY_AGAIN: Final = "nothing was stored; try again"
_log = structlog.get_logger("argos.gateway")


def json_bytes(content: Any) -> bytes:
    return orjson.dumps(content, default=str)


def answer(content: Any, *, status: int = 200) -> Response:
    return Response(json_bytes(content), status_code=status, media_type="application/json")


def error_body(*, code: str, message: str, field: str | None, fix: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "field": field, "fix": fix}}


def status_of(error: ArgosError) -> int:
    if isinstance(error, StoreError):
        return 503
    if isinstance(error, InputError):
        return STATUS_OF_CODE.get(error.code, 422)
    return 503


def error_document(error: ArgosError) -> dict[str, Any]:
    """What the outside is told. What the database said stays in our log: it may hold anything."""
    if status_of(error) >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("not_served", code=error.code, why=error.message)
        return error_body(
            code=error.code, message="it could not be stored or read now", field=None, fix=TRY_AGAIN
        )
    return error_body(
        code=error.code, message=error.message, field=error.field or None, fix=error.fix
    )


def error_answer(error: ArgosError) -> Response:
    return answer(error_document(error), status=status_of(error))


def unexpected_answer(error: Exception) -> Response:
    """For what nobody foresaw: whatever it was, nothing was promised, and the sender may try again."""
    return error_answer(StoreError(f"unexpected: {type(error).__name__}", code="UNEXPECTED"))
