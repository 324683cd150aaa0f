"""One call at a time; what did not begin in time never begins."""

import asyncio
import threading

import pytest

from argos.core.errors import VenueRefused, VenueUnreachable
from argos.venues.mt5.thread import TerminalThread


async def test_calls_run_in_one_thread_in_the_order_they_came():
    thread, ran = TerminalThread(), []

    def work(number: int) -> int:
        ran.append((number, threading.get_ident()))
        return number

    found = await asyncio.gather(
        *(thread.call(lambda n=n: work(n), timeout_s=5) for n in range(20))
    )
    assert found == [number for number, _ in ran] == list(range(20))
    assert {ident for _, ident in ran}.isdisjoint({threading.get_ident()})
    assert len({ident for _, ident in ran}) == 1
    await thread.stop(lambda: None, timeout_s=5)


async def test_what_waits_behind_a_call_that_hangs_ends_as_doubt_and_is_never_done():
    thread, let_go, done = TerminalThread(), threading.Event(), []
    hanging = asyncio.create_task(thread.call(let_go.wait, timeout_s=0.05))
    waiting = asyncio.create_task(thread.call(lambda: done.append("sent"), timeout_s=0.05))
    for call in (hanging, waiting):
        with pytest.raises(VenueUnreachable) as doubt:
            await call
        assert doubt.value.code == "VENUE_TIMEOUT"
    let_go.set()
    await thread.call(lambda: None, timeout_s=5)
    assert done == []
    await thread.stop(lambda: None, timeout_s=5)


async def test_an_order_does_not_wait_for_a_look_that_asks_many_questions():
    thread, begun, may_go_on, done = TerminalThread(), threading.Event(), threading.Event(), []

    def look() -> None:
        done.append("first question")
        begun.set()
        may_go_on.wait()
        thread.let_urgent_pass()
        done.append("second question")

    calls = [asyncio.create_task(thread.call(look, timeout_s=5))]
    await asyncio.to_thread(begun.wait)
    calls.append(asyncio.create_task(thread.call(lambda: done.append("poll"), timeout_s=5)))
    order = thread.call(lambda: done.append("order"), timeout_s=5, urgent=True)
    calls.append(asyncio.create_task(order))
    await asyncio.sleep(0)
    may_go_on.set()
    await asyncio.gather(*calls)
    assert done == ["first question", "order", "second question", "poll"]
    await thread.stop(lambda: None, timeout_s=5)


async def test_an_urgent_call_goes_before_those_that_wait_and_never_begins_after_its_time():
    thread, begun, let_go, done = TerminalThread(), threading.Event(), threading.Event(), []

    def hang() -> None:
        begun.set()
        let_go.wait()

    calls = [asyncio.create_task(thread.call(hang, timeout_s=5))]
    await asyncio.to_thread(begun.wait)
    calls.append(asyncio.create_task(thread.call(lambda: done.append("query"), timeout_s=5)))
    with pytest.raises(VenueUnreachable):
        await thread.call(lambda: done.append("too late"), timeout_s=0.05, urgent=True)
    order = thread.call(lambda: done.append("order"), timeout_s=5, urgent=True)
    calls.append(asyncio.create_task(order))
    await asyncio.sleep(0)
    let_go.set()
    await asyncio.gather(*calls)
    assert done == ["order", "query"]
    await thread.stop(lambda: None, timeout_s=5)


@pytest.mark.parametrize("error", [AttributeError, KeyError, TypeError, ValueError])
async def test_an_answer_of_unexpected_form_counts_as_none(error):
    def work() -> None:
        raise error("form")

    thread = TerminalThread()
    with pytest.raises(VenueUnreachable):
        await thread.call(work, timeout_s=5)
    await thread.stop(lambda: None, timeout_s=5)


async def test_a_refusal_passes_as_it_is():
    def work() -> None:
        raise VenueRefused("no")

    thread = TerminalThread()
    with pytest.raises(VenueRefused):
        await thread.call(work, timeout_s=5)
    await thread.stop(lambda: None, timeout_s=5)
