"""The alpaca character's door: who asks, how often he may, and in which words he is answered."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import orjson
from aiohttp import web

from argos.core.errors import InputError
from argos.paperbroker.alpaca_protocol import BODY_INVALID, FORBIDDEN, TOO_MANY, AlpacaRefusal
from argos.paperbroker.alpaca_shapes import as_alpaca
from argos.paperbroker.exchange_clock import real_now
from argos.paperbroker.gate import FaultAnswers, Gate, answer, has_key_pair
from argos.paperbroker.rate_limit import RateLimit

UNAUTHORIZED: Final = 40110000
FAULT_RETRY_AFTER_S: Final = 1

Handler = Callable[[web.Request], Awaitable[web.Response]]
Serve = Callable[[str, web.Request], Awaitable[web.Response]]


def refusal_body(refusal: AlpacaRefusal) -> dict[str, Any]:
    return {"code": refusal.alpaca_code, "message": refusal.message, **refusal.details}


def refusal_answer(refusal: AlpacaRefusal) -> web.Response:
    return answer(refusal_body(refusal), status=refusal.status)


def _too_many() -> web.Response:
    return answer({"code": TOO_MANY, "message": "too many requests."}, status=429)


def _too_many_by_chance() -> web.Response:
    reply = _too_many()
    reply.headers["Retry-After"] = str(FAULT_RETRY_AFTER_S)
    return reply


FAULT_ANSWERS: Final = FaultAnswers(
    rejected=lambda: answer(
        {"code": FORBIDDEN, "message": "new orders are rejected by user request"}, status=403
    ),
    timed_out=lambda: answer({"message": "upstream request timeout"}, status=504),
    failed=lambda: answer(
        {"code": 50010000, "message": "internal server error occurred"}, status=500
    ),
    limited=_too_many_by_chance,
)


class Door:
    """Stands before every handler of `/v2/...`."""

    def __init__(self, gate: Gate, *, requests_per_minute: int) -> None:
        self._gate = gate
        self._limit = RateLimit(requests_per_minute, real_now)

    def guarded(self, serve: Serve) -> Handler:
        """A handler that knows its account, keeps its rate, and answers refusals in Alpaca's form."""

        async def handle(http: web.Request) -> web.Response:
            account = self._gate.account_of(http)
            if account is None:
                body = {"code": UNAUTHORIZED, "message": "request is not authorized"}
                return answer(body, status=401)
            allowance = self._limit.take(account)
            if allowance is not None and not allowance.granted:
                reply = _too_many()
            else:
                reply = await _served(serve, account, http)
            if allowance is not None:
                reply.headers.update(allowance.headers(real_now()))
            return _in_alpacas_words(reply) if has_key_pair(http) else reply

        return handle


async def _served(serve: Serve, account: str, http: web.Request) -> web.Response:
    try:
        return await serve(account, http)
    except AlpacaRefusal as refusal:
        return refusal_answer(refusal)
    except (InputError, ValueError) as error:
        return answer({"code": BODY_INVALID, "message": str(error)}, status=422)


def _in_alpacas_words(reply: web.Response) -> web.Response:
    if isinstance(reply.body, bytes) and reply.body:
        reply.body = orjson.dumps(as_alpaca(orjson.loads(reply.body)))
    return reply
