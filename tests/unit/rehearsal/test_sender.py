import asyncio
import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from argos.core.intent import Action, Side
from argos.rehearsal.alerts import AlertSettings, AlertWriter
from argos.rehearsal.sender import RESENDS_MAX, AlertSender, DeliveryLog
from argos.rehearsal.strategy import Decision

ALERT = AlertWriter(settings=AlertSettings(account_route="demo", secret="s3cret")).write(
    Decision(
        action=Action.OPEN,
        trade_id="ema-IBM-0001",
        symbol="IBM",
        price=Decimal(98),
        why="test",
        side=Side.BUY,
    ),
    bar_date=date(2008, 3, 4),
    sent_at=datetime(2026, 1, 2, tzinfo=UTC),
)


class Gateway:
    """Answers with the next status of a list, the last one for ever; None never answers."""

    def __init__(self, *statuses):
        self.statuses = list(statuses)
        self.requests = []

    async def answer(self, request):
        self.requests.append(
            (request.match_info["key"], request.content_type, await request.read())
        )
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if status is None:
            await asyncio.sleep(60)
        body = {"status": "accepted"} if status < 300 else {"error": {"code": f"E{status}"}}
        return web.json_response(body, status=status)


@pytest.fixture
async def deliver(tmp_path):
    """Sends an alert to a gateway; gives the attempts and the lines of the log."""
    path = tmp_path / "evidence" / "sent.jsonl"
    servers = []

    async def send(gateway, *, alert=ALERT, timeout_s=5.0):
        app = web.Application()
        app.router.add_post("/hooks/tradingview/{key}", gateway.answer)
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
        async with aiohttp.ClientSession() as session:
            with DeliveryLog(path) as log:
                sender = AlertSender(
                    session=session,
                    gateway_url=str(server.make_url("")),
                    hook_key="h-1",
                    log=log,
                    resend_delay_s=0,
                    timeout_s=timeout_s,
                )
                attempts = await sender.send(alert)
        return attempts, [json.loads(line) for line in path.read_text().splitlines()]

    yield send
    for server in servers:
        await server.close()


async def test_the_body_goes_out_as_plain_text_to_the_hook(deliver):
    gateway = Gateway(202)
    [delivery], _ = await deliver(gateway)
    assert gateway.requests == [("h-1", "text/plain", ALERT.body.encode())]
    assert delivery.was_taken
    assert delivery.as_expected


async def test_every_attempt_is_in_the_log_with_its_answer_but_not_the_secret(deliver):
    attempts, lines = await deliver(Gateway(503, 202))
    assert [line["status"] for line in lines] == [503, 202] == [a.status for a in attempts]
    assert lines[1]["answer"] == {"status": "accepted"}
    assert lines[0]["body_sha256"] == hashlib.sha256(ALERT.body.encode()).hexdigest()
    assert "s3cret" not in json.dumps(lines)


@pytest.mark.parametrize(
    ("status", "deliveries"),
    [(202, 1), (409, 1), (422, 1), (504, 1), (500, 1 + RESENDS_MAX), (503, 1 + RESENDS_MAX)],
)
async def test_only_server_errors_except_504_are_sent_again_and_three_times_at_most(
    deliver, status, deliveries
):
    gateway = Gateway(status)
    attempts, _ = await deliver(gateway)
    assert len(attempts) == len(gateway.requests) == deliveries
    assert [delivery.attempt for delivery in attempts] == list(range(1, deliveries + 1))


async def test_an_alert_without_an_answer_is_not_sent_again_and_stays_open(deliver):
    gateway = Gateway(None)
    [delivery], [line] = await deliver(gateway, timeout_s=0.1)
    assert delivery.status is None
    assert not delivery.was_taken
    assert "Timeout" in line["error"]


async def test_a_gateway_that_is_away_leaves_one_line_of_evidence(tmp_path):
    async with aiohttp.ClientSession() as session:
        with DeliveryLog(tmp_path / "sent.jsonl") as log:
            sender = AlertSender(
                session=session,
                gateway_url=f"http://127.0.0.1:{unused_port()}",
                hook_key="h",
                log=log,
            )
            [delivery] = await sender.send(ALERT)
    assert delivery.status is None
    assert delivery.error


async def test_a_resend_that_finds_itself_stored_is_as_expected(deliver):
    attempts, _ = await deliver(Gateway(503, 200))
    assert attempts[-1].as_expected


async def test_the_right_status_with_the_wrong_code_is_not_as_expected(deliver):
    refused = replace(ALERT.expected, status=422, code="INTENT_SYMBOL_MISSING")
    [delivery], _ = await deliver(Gateway(422), alert=replace(ALERT, expected=refused))
    assert not delivery.as_expected
    right = replace(refused, code="E422")
    [delivery], _ = await deliver(Gateway(422), alert=replace(ALERT, expected=right))
    assert delivery.as_expected
