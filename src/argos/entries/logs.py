"""How every process writes its log: one JSON object a line, and never a secret."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Final, TextIO

import structlog

SECRET_NAMES: Final = frozenset(
    {
        "secret",
        "secret_key",
        "key",
        "api_key",
        "bearer_token",
        "password",
        "authorization",
        "signature",
        "token",
        "dsn",
    }
)


def _mask_secrets(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for name in event.keys() & SECRET_NAMES:
        event[name] = "***"
    return event


def set_up_logs(process: str, *, stream: TextIO = sys.stderr) -> None:
    """Log lines of this process to `stream`, from INFO up."""
    logging.basicConfig(level=logging.WARNING, stream=stream, format="%(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _mask_secrets,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(),
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
