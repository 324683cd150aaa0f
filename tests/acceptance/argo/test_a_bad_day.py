"""One thing after the other goes wrong; nothing is lost, nothing doubled, and doctor says what it is.

One stand for all of it, as starting one takes longer than most of these stories. The last test compares all books.
"""

import asyncio
import signal
from collections.abc import Iterator

import pytest

from argo_stand import ArgoStand
from argos.cli.doctor.finding import State
from argos.paperbroker.settings import read_settings
from argos.plans import SIGNALS_ROUTE
from argos.rehearsal.checking import check
from argos.rehearsal.evidence import read_books, read_stored
from eventually import eventually

pytestmark = pytest.mark.acceptance
WITHIN_S = 120.0


@pytest.fixture(scope="module")
def stand() -> Iterator[ArgoStand]:
    with ArgoStand() as running:
        yield running


async def seen(condition, what: str) -> None:
    await eventually(condition, within_s=WITHIN_S, what=what)


async def test_signals_are_recorded_told_and_traded_while_all_is_well(stand: ArgoStand) -> None:
    async def traded() -> bool:
        return bool(stand.ask("/api/journal?limit=1")["items"])

    await seen(traded, "a signal becomes a trade")
    latest = stand.ask("/api/signals?limit=1")["items"][0]
    assert latest["simulated"] is True
    assert latest["record_hash"]


@pytest.mark.parametrize(
    ("provider", "fault", "reason"),
    [
        ("massive", "down", "UNREACHABLE"),
        ("massive", "huge", "BODY_TOO_LARGE"),
        ("x_api", "garbage", "BODY_UNREADABLE"),
        ("x_api", "html", "CONTENT_TYPE_WRONG"),
    ],
)
async def test_a_source_that_is_down_or_lies_is_named_and_takes_no_side(
    stand: ArgoStand, provider: str, fault: str, reason: str
) -> None:
    stand.fixture_fault(provider, fault)
    try:
        await seen(
            lambda: stand.says(f"source {provider}", State.FAIL, reason),
            f"doctor says that {provider} is {fault}",
        )
    finally:
        stand.fixture_fault(provider, None)
    await seen(
        lambda: stand.says(f"source {provider}", State.OK), f"{provider} is well again by itself"
    )


async def test_a_source_whose_budget_is_spent_is_asked_no_more(stand: ArgoStand) -> None:
    await seen(
        lambda: stand.says("source sonar", State.WARN, "DOLLARS_SPENT"),
        "doctor says that the day's dollars are spent",
    )


async def test_a_provider_whose_clock_is_ahead_is_not_believed(stand: ArgoStand) -> None:
    stand.provider_clock(3600)
    try:
        await seen(
            lambda: stand.says("source massive", State.FAIL, "DATA_FROM_FUTURE"),
            "doctor names the data from the future",
        )
    finally:
        stand.provider_clock(0)
    await seen(lambda: stand.says("source massive", State.OK), "it is believed again")


async def test_a_clock_that_goes_back_stops_the_ticks_and_no_record(stand: ArgoStand) -> None:
    before = await asyncio.to_thread(stand.book)
    stand.own_clock(-3.5)
    await seen(
        lambda: stand.says("signals", State.FAIL, "went back"),
        "doctor says that the clock went back",
    )
    stand.own_clock(0)
    await seen(lambda: stand.says("signals", State.OK), "ticks go on")

    async def more() -> bool:
        return (await asyncio.to_thread(stand.book)).ticks > before.ticks + 2

    await seen(more, "ticks are stored again")


async def test_an_order_that_was_taken_without_an_answer_is_found_not_sent_again(
    stand: ArgoStand,
) -> None:
    stand.exchange_faults(
        {"fault": "accept_then_timeout", "count": 1, "request": "submit", "delay_ms": 0}
    )
    await seen(
        lambda: stand.says("orders in doubt", State.OK, f"settled: {stand.account}"),
        "the doubt is over, and doctor tells of it",
    )


async def test_a_lost_stream_loses_no_fill(stand: ArgoStand) -> None:
    trades = len(stand.ask("/api/journal?limit=500")["items"])
    for _ in range(3):
        stand.exchange_faults({"fault": "stream_cut", "count": 1})
    stand.exchange_faults({"fault": "disconnect", "account": stand.account, "delay_ms": 4000})
    await seen(
        lambda: stand.says("venue links", State.WARN, stand.account),
        "doctor says that the account's stream is lost",
    )
    await seen(lambda: stand.says("venue links", State.OK), "the stream is back")

    async def more() -> bool:
        return len(stand.ask("/api/journal?limit=500")["items"]) > trades

    await seen(more, "trades go on")


async def test_signals_are_told_while_the_gateway_is_down(stand: ArgoStand) -> None:
    stand.kill("gateway", signal.SIGSTOP)
    try:
        async with stand.evidence() as store:
            told = await store.number("signals")

            async def more() -> bool:
                return await store.number("signals") > told

            await seen(more, "a signal reaches the database without the gateway")
    finally:
        stand.kill("gateway")
    await seen(lambda: stand.says("gateway", State.OK), "the gateway is up again by itself")


async def test_in_the_end_every_book_says_the_same(stand: ArgoStand) -> None:
    halt = {"scope": "route", "key": SIGNALS_ROUTE, "mode": "reducing", "reason": "the day is over"}
    stand.order("/api/halt", halt)
    async with stand.evidence() as store:

        async def closed() -> bool:
            return not (
                await store.number("unsettled", stand.account) or await store.number("underway")
            )

        await seen(closed, "everything is closed")
        await seen(lambda: stand.says("signal delivery", State.OK), "everything is told")
        book = await asyncio.to_thread(stand.book)
        assert book.faults == ()
        assert book.recorded >= 5
        findings = check(
            await read_stored(store),
            read_books([read_settings(stand.home.brokers / "exchange.json")]),
            acknowledged=book.handed_over.values(),
        )
        assert findings.clean, findings

        async def told() -> bool:
            rows = await store.rows("signals_told")
            known = {str(row["signal_id"]): row["record_hash"] for row in rows}
            return all(known.get(signal) == hash_ for signal, hash_ in book.hashes.items())

        await seen(told, "every record is in the database as it is in the chain")
    assert len(book.handed_over) + book.outcomes.get("intent: EXPIRED_UNSENT", 0) == book.valid
