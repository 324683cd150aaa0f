"""An Alpaca account from its keys to a closed trade: the exchange never answers an order and often cuts its stream."""

import json
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from argos.paperbroker.ledger import read_ledger
from argos_command import ArgosCommand, RunningArgos
from eventually import eventually

pytestmark = pytest.mark.acceptance

NODE = "share-account"
FAULTS = ("--fault", "accept_then_timeout=1", "--fault", "stream_cut=0.5", "--seed", "11")


@contextmanager
def exchange(argos: ArgosCommand) -> Iterator[dict[str, Any]]:
    """`argos paper-alpaca`, and what it told."""
    words = ("paper-alpaca", "--json", "--speed", "10", "--start", "2012-03-09", *FAULTS)
    process = subprocess.Popen(
        argos.argv(*words), env=argos.environ, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0


@contextmanager
def node(argos: ArgosCommand, file: str, *, code: str) -> Iterator[None]:
    process = subprocess.Popen(argos.argv("node", file, "--enrol", code), env=argos.environ)
    try:
        yield
    finally:
        process.terminate()
        assert process.wait(timeout=30) == 0


def add_alpaca(argos: ArgosCommand, told: dict[str, Any], **keys: str) -> dict[str, Any]:
    words = ("nodes", "add-alpaca", NODE, "--api-url", told["api_url"], "--symbols", "aapl, ibm")
    ran = subprocess.run(
        argos.argv(*words, "--json"),
        env={**argos.environ, **keys},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    document: dict[str, Any] = json.loads(ran.stdout)
    return document


def enrolled(argos: ArgosCommand, told: dict[str, Any]) -> dict[str, Any]:
    """The node's file and code, after what goes wrong first."""
    keys = {"APCA_API_KEY_ID": told["key_id"], "APCA_API_SECRET_KEY": "of another one"}
    assert add_alpaca(argos, told, **keys)["error"]["code"] == "ALPACA_ACCOUNT_UNSEEN"
    keys["APCA_API_SECRET_KEY"] = told["secret_key"]
    added = add_alpaca(argos, told, **keys)
    assert added["alpaca"] == {"account_number": "PA3ARGOSPAPER", "blocks": []}
    file = Path(added["file"])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["symbols"] == ["AAPL", "IBM"]
    return added


async def test_a_trade_at_an_exchange_that_never_answers_is_done_once(
    argos: ArgosCommand, stack: RunningArgos
) -> None:
    with exchange(argos) as told:
        added = enrolled(argos, told)
        with node(argos, added["file"], code=added["code"]):
            await eventually(
                lambda: argos.ask("nodes", "show", NODE)["status"] == "connected",
                within_s=60,
                what="the node works",
            )
            argos.ask("routes", "add", "shares", "--leg", NODE, "--size", "units:10")
            trade = ("--route", "shares", "--symbol", "AAPL", "--trade-id", "alpaca-1", "--wait")
            exits = ("--side", "buy", "--sl", "40", "--tp", "120")
            (opened,) = argos.ask("send", *trade, *exits)["legs"]
            assert (opened["account"], opened["status"]) == (NODE, "filled")
            (closed,) = argos.ask("send", *trade, "--action", "close")["legs"]
            assert (closed["account"], closed["status"]) == (NODE, "filled")
            stages = [item["stage"] for item in argos.ask("trade", "alpaca-1")["timeline"]]
            assert "in_doubt" in stages
            assert stages.count("fill") == len(read_ledger(Path(told["ledger"])).deals)
        ledger = read_ledger(Path(told["ledger"]))
    assert sum(deal.qty for deal in ledger.deals) == 20
    assert ledger.positions == ()
    assert not [order for order in ledger.orders if order.is_live]
