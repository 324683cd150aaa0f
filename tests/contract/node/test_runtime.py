"""A whole node against a gateway over real HTTP: what it says, when it asks, and answers that it cannot believe."""

from dataclasses import replace

import pytest

from argos.node.exit_codes import ExitCode
from argos.node.log import NodeLog
from argos.node.settings import NodeSettings
from argos.protocol.snapshots import decode_snapshot
from contract.node.gateway_stub import GatewayStub
from contract.node.live import LiveVenue, entry, running, until
from unit.node.fake_venue import ACCOUNT


async def test_hello_tells_account_instruments_and_log_before_any_poll(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    async with running(settings, venue):
        await until(lambda: gateway.bodies("poll"))
    (hello,) = gateway.bodies("hello")
    info = decode_snapshot(hello["info"])
    assert (hello["version"], hello["account"], info.account) == ("1", ACCOUNT, ACCOUNT)
    assert set(info.instruments) == {"EURUSD", "AAPL"} == set(info.quotes)
    assert hello["terminal"]["unique_client_ids"] is False
    assert gateway.requests[0][0] == "hello"
    log = NodeLog.open(settings.log_path, account=ACCOUNT, now_ms=0)
    assert hello["log_id"] == log.log_id
    log.close()


async def test_polls_bear_the_epoch_and_hello_bears_none(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    gateway.epoch = 6
    async with running(settings, venue):
        await until(lambda: gateway.bodies("poll"))
    assert set(gateway.epochs) <= {("hello", 0), ("poll", 7), ("reports", 7)}


async def test_instruments_travel_again_only_when_they_changed(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    async with running(settings, venue):
        await until(lambda: gateway.bodies("poll"))
        venue.more_instruments = ("MSFT",)
        await until(
            lambda: any((b["snapshot"] or {}).get("instruments") for b in gateway.bodies("poll"))
        )
        seen = len(gateway.bodies("poll"))
        await until(lambda: len(gateway.bodies("poll")) > seen + 1)
    told = [
        len(body["snapshot"]["instruments"]) for body in gateway.bodies("poll") if body["snapshot"]
    ]
    assert sorted(told)[-2:] == [0, 3]


@pytest.mark.parametrize(
    "fault", ["away", "broken", "unsigned", "foreign", "replayed", "malformed"]
)
@pytest.mark.parametrize("call", ["hello", "poll", "reports"])
async def test_answers_that_cannot_be_believed_are_asked_for_again(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue, call: str, fault: str
) -> None:
    gateway.faults[call].extend([fault, fault])
    command = entry()
    async with running(settings, venue):
        await until(lambda: not gateway.faults["hello"] and gateway.bodies("poll"))
        gateway.lease(command)
        await until(lambda: "fill" in gateway.kinds(command))
    assert venue.count("submit") == 1


async def test_lost_answers_lose_no_fact_and_double_no_order(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    gateway.faults["hello"].append("lost")
    gateway.faults["poll"].append("lost")
    gateway.faults["reports"].extend(["lost", "lost"])
    command = entry()
    gateway.lease(command)
    async with running(settings, venue):
        await until(lambda: gateway.kinds(command) == ["send_started", "accepted", "fill"])
    assert venue.count("submit") == 1
    assert gateway.epoch == 2


async def test_an_overtaken_request_goes_again_under_a_higher_counter(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    gateway.faults["poll"].extend(["stale"] * 3)
    async with running(settings, venue):
        await until(lambda: len(gateway.bodies("poll")) > 1)
    assert len(set(gateway.counters)) == len(gateway.counters)


async def test_hello_tells_the_highest_counter_that_the_log_knows(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    for _ in range(2):
        before = gateway.counters[-1] if gateway.counters else 0
        async with running(settings, venue):
            await until(lambda known=before: any(c > known for c in gateway.counters[1:]))
            await until(lambda: gateway.polling)
    first, second = gateway.bodies("hello")
    assert first["log_counter"] == 0
    [hello_at] = [number for number, (call, _) in enumerate(gateway.epochs) if call == "hello"][1:]
    assert second["log_counter"] == max(gateway.counters[:hello_at])


async def test_a_log_that_the_gateway_calls_a_copy_goes_on_under_a_new_id(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    gateway.log_id = "00000000-0000-4000-8000-0000000000c0"
    async with running(settings, venue):
        await until(lambda: gateway.bodies("poll"))
    first = gateway.bodies("hello")[0]
    gateway.log_id = ""
    async with running(settings, venue):
        await until(lambda: len(gateway.bodies("hello")) > 1)
    second = gateway.bodies("hello")[1]
    assert first["log_id"] != second["log_id"] == "00000000-0000-4000-8000-0000000000c0"


async def test_a_fenced_node_finishes_reports_and_leaves(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    venue.gate.clear()
    command = entry()
    async with running(settings, venue, exit_code=ExitCode.FENCED):
        gateway.lease(command)
        await until(lambda: gateway.kinds(command) == ["send_started"])
        gateway.faults["poll"].append("fenced")
        await until(lambda: not gateway.faults["poll"])
        venue.gate.set()
        await until(lambda: venue.closed)
    assert gateway.kinds(command) == ["send_started", "accepted", "fill"]


async def test_a_node_the_gateway_does_not_know_keeps_asking_and_scanning(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    gateway.faults["hello"].extend(["unknown"] * 5)
    async with running(settings, venue):
        await until(lambda: gateway.bodies("poll"))
    assert len(venue.cursors) > 1


async def test_the_snapshot_tells_how_much_is_still_to_be_told(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    def told() -> list[int]:
        polls = [body["snapshot"] for body in gateway.bodies("poll") if body["snapshot"]]
        return [snapshot["node"]["unreported"] for snapshot in polls]

    gateway.faults["reports"].extend(["away"] * 1_000)
    timings = replace(settings.timings, snapshot_gap_ms=1)
    async with running(replace(settings, timings=timings), venue):
        gateway.lease(entry())
        await until(lambda: any(told()))
        gateway.faults["reports"].clear()
        await until(lambda: told()[-1] == 0)
