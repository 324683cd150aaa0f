"""Posts alerts as TradingView does, and keeps the sender's own evidence of what was sent and answered."""

import asyncio
import hashlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Final, Self

import aiohttp
import orjson

from argos.protocol.values import moment_text
from argos.rehearsal.alerts import Alert

ANSWER_TIMEOUT_S: Final = 3.0
"""TradingView cancels a request after 3 s and does not send it again."""
RESENDS_MAX: Final = 3
RESEND_DELAY_S: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One attempt to deliver. `status` is None if no answer came: then it is open whether it arrived."""

    at: datetime
    attempt: int
    kind: str
    event_id: str
    trade_id: str
    body_sha256: str
    expected_status: int
    expected_verdict: str
    expected_code: str | None
    expected_denial: str | None
    status: int | None
    answer: object
    error: str | None
    ms: float

    @property
    def was_taken(self) -> bool:
        """Whether a 2xx answer promised that the alert is stored."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def as_expected(self) -> bool:
        """Whether the answer is the one the alert must get, code included where the contract fixes one.

        A second attempt may find that the first was stored although its answer was lost.
        """
        found_again = self.attempt > 1 and (self.expected_status, self.status) == (202, 200)
        if self.status != self.expected_status and not found_again:
            return False
        return self.expected_code is None or answer_code(self.answer) == self.expected_code


def answer_code(answer: object) -> str | None:
    """The error code in an answer, if it is an error in the form of the contract."""
    error = answer.get("error") if isinstance(answer, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) else None


class DeliveryLog:
    """One JSON object per line and attempt, written through to the file at once."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def append(self, delivery: Delivery) -> None:
        line = {name: getattr(delivery, name) for name in Delivery.__slots__} | {
            "at": moment_text(delivery.at),
            "as_expected": delivery.as_expected,
        }
        self._file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        self.count += 1


class AlertSender:
    """Delivers alerts to one hook: again after 500 to 599 except 504, never after a timeout or a cut link.

    The alert's secret goes over the wire only; the log has the body's SHA-256.
    """

    def __init__(
        self,
        *,
        session: aiohttp.ClientSession,
        gateway_url: str,
        hook_key: str,
        log: DeliveryLog,
        resend_delay_s: float = RESEND_DELAY_S,
        timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> None:
        self._session = session
        self._url = f"{gateway_url.rstrip('/')}/hooks/tradingview/{hook_key}"
        self._log = log
        self._resend_delay_s = resend_delay_s
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)

    async def send(self, alert: Alert) -> tuple[Delivery, ...]:
        """All attempts made, the last one deciding. Bounded: four attempts at most."""
        attempts: list[Delivery] = []
        while True:
            delivery = await self._deliver(alert, attempt=len(attempts) + 1)
            self._log.append(delivery)
            attempts.append(delivery)
            if not _is_sent_again(delivery.status) or len(attempts) > RESENDS_MAX:
                return tuple(attempts)
            await asyncio.sleep(self._resend_delay_s)

    async def _deliver(self, alert: Alert, *, attempt: int) -> Delivery:
        at, began = datetime.now(UTC), time.perf_counter()
        body = alert.body.encode()
        status: int | None = None
        answer: object = None
        error: str | None = None
        try:
            async with self._session.post(
                self._url,
                data=body,
                headers={"Content-Type": "text/plain; charset=utf-8"},
                timeout=self._timeout,
            ) as response:
                answer = _readable(await response.read())
                status = response.status
        except (aiohttp.ClientError, TimeoutError) as failure:
            error = f"{type(failure).__name__}: {failure}"
        return Delivery(
            at=at,
            attempt=attempt,
            kind=alert.kind.value,
            event_id=alert.event_id,
            trade_id=alert.trade_id,
            body_sha256=hashlib.sha256(body).hexdigest(),
            expected_status=alert.expected.status,
            expected_verdict=alert.expected.verdict.value,
            expected_code=alert.expected.code,
            expected_denial=alert.expected.denial.value if alert.expected.denial else None,
            status=status,
            answer=answer,
            error=error,
            ms=round((time.perf_counter() - began) * 1000, 3),
        )


def _is_sent_again(status: int | None) -> bool:
    return status is not None and 500 <= status <= 599 and status != HTTPStatus.GATEWAY_TIMEOUT


def _readable(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace")
