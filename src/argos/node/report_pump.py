"""Carries facts from the outbox to the gateway until each is taken or refused. Nothing is ever dropped."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import structlog

from argos.node.backoff import Backoff
from argos.node.clock import unix_ms
from argos.node.gateway_client import GatewayClient, GatewayError
from argos.node.log import NodeLog
from argos.node.log_reader import PendingFact
from argos.node.session import Session

PATH: Final = "/node/v1/reports"
BATCH_MAX: Final = 500
_LOG: Final = structlog.get_logger(__name__)
_UNREADABLE: Final = frozenset({400, 413, 422})
"""Refusals of a whole batch because of what is in it: it is split until the culprit stands alone."""


class ReportPump:
    def __init__(self, *, client: GatewayClient, log: NodeLog, session: Session) -> None:
        self._client = client
        self._log = log
        self._session = session
        self._batch_max = BATCH_MAX
        self._rest_over_ms = 0
        self._hurried = asyncio.Event()

    def hurry(self) -> None:
        """Something waits for what is told next: it does not rest before that."""
        self._hurried.set()

    async def run(self) -> None:
        """Reports for ever: news at once, and what announces more to come together with that.

        After each report it rests, so that news which follow soon travel together: a report costs the gateway nearly
        the same, whatever it holds.
        """
        timings = self._session.timings
        backoff = Backoff.of(timings)
        while True:
            try:
                emptied = await self._send_oldest()
            except GatewayError as error:
                _LOG.warning("node.reports_wait", code=error.code, reason=error.message)
                await asyncio.sleep(backoff.next_s())
                continue
            backoff.reset()
            if not emptied:
                continue
            await self._log.facts_added.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(timings.report_gap_ms / 1000):
                    await self._log.news_added.wait()
            await self._rest()

    async def flush(self) -> None:
        """Empties the outbox; GatewayError when a batch could not be brought home."""
        while not await self._send_oldest():
            pass

    async def _rest(self) -> None:
        rest_ms = self._rest_over_ms - self._session.clock.monotonic_ms()
        if rest_ms > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(rest_ms / 1000):
                    await self._hurried.wait()

    async def _send_oldest(self) -> bool:
        """Sends one batch; True when nothing is left. GatewayError when it could not be brought home."""
        self._log.facts_added.clear()
        self._log.news_added.clear()
        facts = self._log.read.pending_facts(limit=self._batch_max)
        if facts:
            self._hurried.clear()
            session = self._session
            self._rest_over_ms = session.clock.monotonic_ms() + session.timings.report_rest_ms
            await self._send(facts)
            if len(facts) >= self._batch_max:
                return False
        self._batch_max = BATCH_MAX
        return True

    async def _send(self, facts: Sequence[PendingFact]) -> None:
        body = b'{"facts":[' + b",".join(fact.body for fact in facts) + b"]}"
        try:
            answer = await self._client.call(
                PATH,
                body,
                epoch=self._session.epoch,
                timeout_ms=self._session.timings.request_timeout_ms,
            )
        except GatewayError as error:
            if error.status not in _UNREADABLE:
                raise
            self._narrow_down(facts, error)
            return
        self._settle(facts, answer)

    def _narrow_down(self, facts: Sequence[PendingFact], error: GatewayError) -> None:
        """Anybody may make us send less at once; only the gateway itself may refuse a fact."""
        if len(facts) > 1:
            self._batch_max = max(1, len(facts) // 2)
        elif error.believed:
            self._mark_refused({facts[0].fact_id: error.code})
        else:
            raise error

    def _settle(self, facts: Sequence[PendingFact], answer: Mapping[str, Any]) -> None:
        accepted = set(answer.get("accepted", ()))
        sent = {fact.fact_id for fact in facts}
        refused = {
            item["fact_id"]: str(item["code"])
            for item in answer.get("refused", ())
            if item["fact_id"] in sent
        }
        taken = [fact for fact in facts if fact.fact_id in accepted]
        if not taken and not refused:
            raise GatewayError("the gateway named none of the facts", code="GATEWAY_UNTRUSTED")
        with self._log.transaction(durable=False) as writer:
            writer.mark_reported(taken, at_ms=unix_ms(self._session.now()))
        if refused:
            self._mark_refused(refused)

    def _mark_refused(self, codes: Mapping[str, str]) -> None:
        _LOG.error("node.facts_refused", codes=dict(codes))
        with self._log.transaction(durable=False) as writer:
            writer.mark_refused(codes)
