"""The running gateway against its own document: no 5xx, no answer that the document does not promise."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from requests.auth import AuthBase
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from argos.dsn import Dsn
from argos.gateway.app import build_app
from argos.protocol.signing import (
    HEADER_COUNTER,
    HEADER_EPOCH,
    HEADER_NODE,
    HEADER_SIGNATURE,
    HEADER_TIME,
    sign_request,
)
from argos.stack.free_ports import FIRST_PORT, LAST_PORT, is_free
from argos.stack.home import Home
from eventually import eventually
from fresh_database import FreshDatabase, drop, make_template
from spine import ACCOUNTS, API_KEY, ASK, HEDGE, intent_body, open_spine

pytestmark = pytest.mark.acceptance

DATABASE = "argos"
OPEN_HOOK = "open-hook-key"
BEARER = {"Authorization": f"Bearer {API_KEY}"}
EXAMPLES = 40
bounded = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
DOCUMENT = build_app(None).openapi()
schema = schemathesis.openapi.from_dict(DOCUMENT)


class Signed(AuthBase):
    """Signs each request as the node of meridian-hedge, whatever was generated for it."""

    def __init__(self, *, epoch: int) -> None:
        self._epoch = epoch

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body or b""
        node, counter, time_ms = f"node-{HEDGE}", time.time_ns(), time.time_ns() // 1_000_000
        signature = sign_request(
            bytes(32),
            method=str(request.method),
            path=urlsplit(str(request.url)).path,
            body=body if isinstance(body, bytes) else body.encode(),
            node=node,
            epoch=self._epoch,
            counter=counter,
            time_ms=time_ms,
        )
        request.headers.update(
            {
                HEADER_NODE: node,
                HEADER_EPOCH: str(self._epoch),
                HEADER_COUNTER: str(counter),
                HEADER_TIME: str(time_ms),
                HEADER_SIGNATURE: signature,
            }
        )
        return request


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The gateway process, and what is known of the trade T-1 in its database."""

    url: str
    epoch: int
    alert_id: str


async def _configure(database: FreshDatabase) -> None:
    async with open_spine(database) as spine:
        await spine.control.put_hook(
            "open", key=OPEN_HOOK, needs_secret=False, rate_per_minute=1_000_000
        )


async def _trade(database: FreshDatabase, url: str) -> Running:
    """T-1 becomes a filled, reconciled trade: the lists have something to show."""
    async with open_spine(database) as spine:
        answer = requests.post(
            f"{url}/api/intents", json=intent_body("T-1"), headers=BEARER, timeout=10
        )
        assert answer.status_code == 202, answer.text
        await spine.decide()
        for account in ACCOUNTS:
            for command in await spine.lease(account):
                await spine.fill(command, account=account, price=ASK)
        await spine.reconcile()
        return Running(
            url=url, epoch=spine.sessions[HEDGE].epoch, alert_id=answer.json()["alert_id"]
        )


def _is_ready(url: str) -> bool:
    try:
        return requests.get(f"{url}/health/ready", timeout=2).status_code == 200
    except requests.ConnectionError:
        return False


@pytest.fixture(scope="module")
def running(postgres_server: Dsn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """`python -m argos.entries.gateway`, on a database of its own."""
    database = asyncio.run(make_template(postgres_server, name=DATABASE))
    home = Home.at(tmp_path_factory.mktemp("gateway") / "home")
    for role, password in database.passwords.items():
        home.set_secret(f"password_{role}", password)
    asyncio.run(_configure(database))
    port = next(port for port in range(FIRST_PORT, LAST_PORT) if is_free(port))
    environment = {
        **os.environ,
        "ARGOS_HOME": str(home.root),
        "ARGOS_DATABASE_URL": str(database.superuser),
        "ARGOS_GATEWAY_PORT": str(port),
    }
    process = subprocess.Popen([sys.executable, "-m", "argos.entries.gateway"], env=environment)
    url = f"http://127.0.0.1:{port}"
    try:
        asyncio.run(eventually(lambda: _is_ready(url), within_s=30, what="the gateway is ready"))
        yield asyncio.run(_trade(database, url))
    finally:
        process.terminate()
        process.wait(timeout=20)
        asyncio.run(drop(database, server=postgres_server))


def test_the_running_gateway_tells_the_document_that_it_is_tested_against(
    running: Running,
) -> None:
    assert requests.get(f"{running.url}/openapi.json", timeout=10).json() == DOCUMENT


@schema.exclude(tag="node protocol").parametrize()
@bounded
def test_no_request_gets_an_answer_that_the_document_does_not_promise(
    case: schemathesis.Case, running: Running
) -> None:
    if "hook_key" in case.path_parameters:
        case.path_parameters["hook_key"] = OPEN_HOOK
    case.call_and_validate(base_url=running.url, headers=BEARER, checks=CHECKS)


@schema.include(tag="node protocol").parametrize()
@bounded
def test_no_signed_request_of_a_node_does_either(case: schemathesis.Case, running: Running) -> None:
    if isinstance(case.body, dict) and isinstance(case.body.get("wait_ms"), int):
        case.body["wait_ms"] = min(case.body["wait_ms"], 0)  # no test waits for work
    case.call_and_validate(base_url=running.url, auth=Signed(epoch=running.epoch), checks=CHECKS)


KNOWN = {
    "/api/trades/{trade_id}": {"trade_id": "T-1"},
    "/api/reconciled/{trade_id}/{account}/revisions": {"trade_id": "T-1", "account": HEDGE},
}


def test_what_is_there_is_found_as_documented(running: Running) -> None:
    known = {**KNOWN, "/api/alerts/{alert_id}": {"alert_id": running.alert_id}}
    for path, names in known.items():
        case = schema[path]["GET"].Case(path_parameters=names)
        response = case.call_and_validate(base_url=running.url, headers=BEARER, checks=CHECKS)
        assert response.status_code == 200, path
