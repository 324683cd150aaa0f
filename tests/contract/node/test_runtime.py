"""The whole node against a gateway over real HTTP: hello, work, faults, fencing, stop and a new start."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from argos.core.errors import VenueUnreachable
from argos.core.instrument import Instrument
from argos.node.clock import SystemClock
from argos.node.enrolment import read_key, write_key
from argos.node.exit_codes import ExitCode
from argos.node.gateway_client import NodeKey
from argos.node.log import NodeLog
from argos.node.runtime import run_node
from argos.node.settings import NodeSettings, NodeTimings
from argos.ports import VenueAnswer, VenueOrder, VenueScan
from argos.protocol.commands import Command
from argos.protocol.snapshots import decode_snapshot
from contract.node.gateway_stub import CODE, KEY, NODE, GatewayStub
from unit.node.fake_venue import ACCOUNT, FakeClock, FakeVenue, instrument
from unit.node.rig import entry as entry_of_long_ago

TIMINGS = NodeTimings(
    poll_wait_ms=200,
    scan_ms=20,
    scan_gap_ms=1,
    scan_gap_awaited_ms=1,
    hint_settle_ms=1,
    retry_ms_min=1,
    retry_ms_max=20,
    flush_ms_max=2_000,
    instruments_ms=30,
)


class NowClock(FakeClock):
    """The system's clock, for a broker that lives in real time; `advance` has nothing to move."""

    def now(self) -> datetime:
        return datetime.now(tz=UTC)

    def advance(self, ms: int) -> None: ...


class LiveVenue(FakeVenue):
    """The fake broker with a gate before submits and a say in connecting and hints."""

    def __init__(self, *, unique_client_ids: bool = False) -> None:
        super().__init__(NowClock(), unique_client_ids=unique_client_ids)
        self.gate = asyncio.Event()
        self.gate.set()
        self.connect_failures = 0
        self.connected = 0
        self.closed = False
        self.hint = asyncio.Event()
        self.more_instruments: tuple[str, ...] = ()

    async def connect(self) -> None:
        if self.connect_failures:
            self.connect_failures -= 1
            raise VenueUnreachable("not yet")
        self.connected += 1

    async def aclose(self) -> None:
        self.closed = True

    async def instruments(self) -> Sequence[Instrument]:
        return (*await super().instruments(), *map(instrument, self.more_instruments))

    async def submit(self, order: VenueOrder, *, timeout_s: float) -> VenueAnswer:
        await self.gate.wait()
        return await super().submit(order, timeout_s=timeout_s)

    async def hints(self) -> AsyncIterator[str]:
        while True:
            await self.hint.wait()
            self.hint.clear()
            yield ""


def entry(name: str = "a", **changes: object) -> Command:
    now = datetime.now(tz=UTC)
    times = {"valid_until": now + timedelta(minutes=1), "alert_received_at": now}
    return entry_of_long_ago(name, **{**times, **changes})


async def until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0.002)


@pytest.fixture
async def gateway() -> AsyncIterator[GatewayStub]:
    async with GatewayStub(SystemClock()) as stub:
        yield stub


@pytest.fixture
def venue() -> LiveVenue:
    return LiveVenue()


@pytest.fixture
def settings(tmp_path: Path, gateway: GatewayStub) -> NodeSettings:
    return NodeSettings(
        name=NODE,
        account=ACCOUNT,
        gateway_url=gateway.url,
        log_path=tmp_path / "node.db",
        key=KEY,
        timings=TIMINGS,
    )


@asynccontextmanager
async def running(
    settings: NodeSettings, venue: LiveVenue, *, exit_code: ExitCode = ExitCode.STOPPED
) -> AsyncIterator[asyncio.Event]:
    """A node at work, stopped at the end unless it has stopped by itself."""
    stop = asyncio.Event()
    task = asyncio.create_task(run_node(settings, venue, stop=stop))
    try:
        yield stop
    finally:
        stop.set()
        async with asyncio.timeout(10):
            code = await task
    assert code == exit_code
    assert venue.closed


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


async def test_the_next_poll_is_out_while_the_command_is_still_at_the_broker(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    venue.gate.clear()
    command = entry()
    async with running(settings, venue):
        gateway.lease(command)
        await until(lambda: any(body["in_flight"] for body in gateway.bodies("poll")))
        await until(lambda: gateway.kinds(command) == ["send_started"])
        venue.gate.set()
        await until(lambda: "fill" in gateway.kinds(command))


async def test_commands_of_one_answer_go_out_in_their_planned_order(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    first, second, third = (entry(name, seq=seq) for seq, name in enumerate("abc"))
    async with running(settings, venue):
        gateway.lease(third, first, second)
        await until(lambda: venue.count("submit") == 3)
    assert [magic for _, magic in venue.calls] == [first.magic, second.magic, third.magic]


async def test_a_hint_brings_the_scan_forward(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    gateway.settings = {"scan_ms": 1_000_000}
    async with running(settings, venue):
        await until(lambda: gateway.bodies("poll"))
        await until(lambda: len(venue.cursors) >= 1)
        venue.trade_by_hand(Decimal(1))
        venue.hint.set()
        await until(lambda: any(f.kind.value == "deal" for f in gateway.facts.values()))


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


async def test_a_refused_fact_is_kept_and_does_not_hold_up_the_others(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    gateway.refuse = {"accepted": "FACT_MALFORMED"}
    command = entry()
    async with running(settings, venue):
        gateway.lease(command)
        await until(lambda: "fill" in gateway.kinds(command))
    assert gateway.kinds(command) == ["send_started", "fill"]
    log = NodeLog.open(settings.log_path, account=ACCOUNT, now_ms=0)
    assert log.read.pending_facts(limit=9) == []
    log.close()


def _in_no_hurry(settings: NodeSettings) -> NodeSettings:
    """Once the node pauses because its lanes are full, it does so for longer than the test lasts."""
    timings = replace(TIMINGS, retry_ms_min=1_000_000, again_ms_max=1_000_000)
    return replace(settings, timings=timings)


async def test_a_command_of_which_no_fact_is_taken_does_not_come_again_and_again(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    gateway.refuse = dict.fromkeys(("send_started", "accepted", "fill"), "FACT_MALFORMED")
    command = entry()
    gateway.insists_on = [command]
    async with running(_in_no_hurry(settings), venue):
        await until(lambda: gateway.given.count(command.command_id) > 1)
        scans = len(venue.cursors)
        await until(lambda: len(venue.cursors) > scans + 10)
    assert venue.count("submit") == 1
    # Each time it is in flight at the next poll, which therefore waits.
    assert gateway.given.count(command.command_id) <= 3


async def test_commands_that_find_no_place_are_not_asked_for_without_a_pause(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    venue.gate.clear()
    held, waiting = entry("held"), entry("waiting", symbol="AAPL")
    gateway.insists_on = [held]
    async with running(replace(_in_no_hurry(settings), queue_max=1), venue):
        await until(lambda: gateway.kinds(held) == ["send_started"])
        gateway.insists_on = [held, waiting]
        await until(lambda: waiting.command_id in gateway.given)
        scans = len(venue.cursors)
        await until(lambda: len(venue.cursors) > scans + 10)
        given = gateway.given.count(waiting.command_id)
        venue.gate.set()
    assert given == 1


async def test_what_found_no_place_is_carried_out_once_there_is_room(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    venue.gate.clear()
    held, waiting = entry("held"), entry("waiting", symbol="AAPL")
    gateway.insists_on = [held, waiting]
    async with running(replace(settings, queue_max=1), venue):
        await until(lambda: gateway.given.count(waiting.command_id) > 2)
        gateway.insists_on = [waiting]
        venue.gate.set()
        await until(lambda: "fill" in gateway.kinds(waiting))


async def test_a_batch_that_is_too_large_is_split(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    for _ in range(39):
        venue.trade_by_hand(Decimal(1))
    gateway.faults["reports"].extend(["too_large"] * 2)
    async with running(settings, venue):
        await until(lambda: len(gateway.facts) >= 40)
    # 40 facts: 39 deals and the positions; halved twice.
    assert gateway.batches[:4] == [10, 10, 10, 10]


async def test_batches_hold_five_hundred_at_most(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    for _ in range(1_100):
        venue.trade_by_hand(Decimal(1))
    async with running(settings, venue):
        await until(lambda: len(gateway.facts) >= 1_101)
    assert gateway.batches[:3] == [500, 500, 101]


async def test_a_broker_that_comes_late_is_waited_for(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    venue.connect_failures = 3
    venue.scan_script.extend(["unreachable", "unreachable"])
    async with running(settings, venue):
        await until(lambda: gateway.bodies("poll"))
    assert venue.connected == 1
    assert venue.cursors[:3] == ["", "", ""]


async def test_failing_scans_do_not_stop_the_work(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    command = entry()
    async with running(settings, venue):
        await until(lambda: gateway.bodies("poll"))
        venue.scan_script.extend(["unreachable"] * 5)
        gateway.lease(command)
        await until(lambda: "fill" in gateway.kinds(command) and not venue.scan_script)


async def test_a_stop_finishes_the_call_that_is_out_and_reports_it(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    venue.gate.clear()
    first, *rest = (entry(f"order {seq}", seq=seq) for seq in range(100))
    async with running(settings, venue) as stop:
        gateway.lease(first, *rest)
        await until(lambda: gateway.kinds(first) == ["send_started"])
        stop.set()
        venue.gate.set()
    assert gateway.kinds(first) == ["send_started", "accepted", "fill"]
    assert venue.count("submit") < 1 + len(rest)
    assert sum("fill" in gateway.kinds(command) for command in (first, *rest)) == venue.count(
        "submit"
    )


async def test_a_stop_works_while_nothing_else_does(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    venue.connect_failures = 10**9
    async with running(settings, venue):
        await until(lambda: venue.connect_failures < 10**9 - 2)
    assert gateway.requests == []


async def test_what_was_in_doubt_at_the_kill_is_settled_by_the_next_start(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    command = entry()
    venue.gate.clear()
    stop = asyncio.Event()
    task = asyncio.create_task(run_node(settings, venue, stop=stop))
    gateway.lease(command)
    await until(lambda: gateway.kinds(command) == ["send_started"])
    task.cancel()  # in the middle of the call
    with pytest.raises(asyncio.CancelledError):
        await task
    venue.gate.set()

    async with running(settings, venue):
        await until(lambda: "in_doubt" in gateway.kinds(command))
        gateway.lease(replace(command, attempt=2))
        await until(lambda: len(gateway.bodies("poll")) > 4)
    assert venue.count("submit") == 0


async def test_a_doubt_ends_by_looking_while_everything_goes_on(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    venue.script.append("lost_answer")
    command = entry()
    async with running(settings, venue):
        gateway.lease(command)
        await until(lambda: "accepted" in gateway.kinds(command))
    assert gateway.kinds(command) == ["send_started", "in_doubt", "fill", "accepted"]


async def test_a_repeat_at_a_venue_with_unique_ids_goes_through_the_lane(
    settings: NodeSettings, gateway: GatewayStub
) -> None:
    venue = LiveVenue(unique_client_ids=True)
    venue.script.append("lost_request")
    command = entry()
    async with running(settings, venue):
        gateway.lease(command)
        await until(lambda: "fill" in gateway.kinds(command))
    assert venue.count("submit") == 2


# Keys.


async def test_a_node_enrols_once_and_keeps_its_key(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue, tmp_path: Path
) -> None:
    gateway.faults["enrol"].append("away")
    path = tmp_path / "keys" / "node.key"
    settings = replace(settings, key=None, key_file=path, enrol_code=CODE, name="other")
    for _ in range(2):
        before = len(gateway.bodies("poll"))
        async with running(settings, venue):
            await until(lambda before=before: len(gateway.bodies("poll")) > before)
    assert gateway.bodies("enrol") == [{"code": CODE, "account": ACCOUNT, "venue": "fake"}]
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("lack", ["no key", "used code", "broken file", "log in use"])
async def test_a_node_that_cannot_start_says_so_by_its_exit_code(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue, tmp_path: Path, lack: str
) -> None:
    path = tmp_path / "node.key"
    log = NodeLog.open(tmp_path / "other.db", account=ACCOUNT, now_ms=0)
    match lack:
        case "no key":
            settings = replace(settings, key=None)
        case "used code":
            settings = replace(settings, key=None, key_file=path, enrol_code="used")
        case "broken file":
            path.write_text("not json")
            settings = replace(settings, key=None, key_file=path)
        case "log in use":
            settings = replace(settings, log_path=tmp_path / "other.db")
    code = await run_node(settings, venue, stop=asyncio.Event())
    log.close()
    assert code == ExitCode.MISCONFIGURED
    assert venue.connected == 0


class BrokenVenue(LiveVenue):
    """A broker connection with a bug in it."""

    async def scan(self, *, cursor: str) -> VenueScan:
        if len(self.cursors) > 3:
            raise ZeroDivisionError
        return await super().scan(cursor=cursor)


async def test_a_bug_ends_the_process_and_frees_the_log(
    settings: NodeSettings, gateway: GatewayStub
) -> None:
    venue = BrokenVenue()
    with pytest.raises(ExceptionGroup):
        await run_node(settings, venue, stop=asyncio.Event())
    assert venue.closed
    NodeLog.open(settings.log_path, account=ACCOUNT, now_ms=0).close()


@pytest.fixture
def enrolled(settings: NodeSettings, tmp_path: Path) -> NodeSettings:
    """A node that finds its key in a file, as enrolment leaves it."""
    key_file = tmp_path / "node.key"
    write_key(key_file, NodeKey(node=NODE, key=KEY))
    return replace(settings, key=None, key_file=key_file)


async def test_a_node_takes_a_new_key_keeps_it_and_loses_no_work_over_it(
    enrolled: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    gateway.faults["rekey"].extend(["away", "foreign", "lost"])
    async with running(enrolled, venue):
        await until(lambda: gateway.polling)
        gateway.wants_rekey = True
        command = entry()
        gateway.lease(command)
        await until(lambda: not gateway.wants_rekey)
        await until(lambda: "fill" in gateway.kinds(command))
    assert [len(gateway.keys), gateway.keys[0] != KEY] == [1, True]
    assert enrolled.key_file is not None
    assert read_key(enrolled.key_file) == NodeKey(node=NODE, key=gateway.keys[0])
    assert [magic for _, magic in venue.calls] == [command.magic]
    async with running(enrolled, venue):
        await until(lambda: gateway.epoch == 2 and gateway.polling)


async def test_a_node_that_cannot_keep_a_new_key_goes_on_with_the_old_one(
    enrolled: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    assert enrolled.key_file is not None
    (enrolled.key_file.parent / "node.key.new").mkdir()
    async with running(enrolled, venue):
        gateway.wants_rekey = True
        await until(lambda: len(gateway.bodies("rekey")) > 1)
        command = entry()
        gateway.lease(command)
        await until(lambda: "fill" in gateway.kinds(command))
    assert gateway.keys[0] == KEY
    assert read_key(enrolled.key_file).key == KEY


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
