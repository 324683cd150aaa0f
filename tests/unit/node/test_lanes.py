"""Lanes: one symbol's commands in order and one at a time, symbols side by side, everything bounded."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from argos.node.lanes import Lanes
from argos.node.work import Outcome, Work
from unit.node.rig import entry


def work(name: str, symbol: str = "EURUSD") -> Work:
    return Work(command=entry(name, symbol=symbol, comment=name), lease_until_ms=0)


class Runner:
    """Runs commands until each is let go, and remembers what happened."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.abandoned: list[str] = []
        self.gates: dict[str, asyncio.Future[Outcome]] = {}

    async def run(self, work: Work) -> Outcome:
        name = work.command.comment
        self.begun.append(name)
        self.gates[name] = asyncio.get_running_loop().create_future()
        return await self.gates[name]

    def abandon(self, work: Work) -> None:
        self.abandoned.append(work.command.comment)

    async def begins(self, *names: str) -> None:
        await settled(lambda: set(names) <= set(self.begun))

    def lanes(self, *, lanes_max: int = 9, queue_max: int = 99) -> Lanes:
        return Lanes(
            run=self.run,
            abandon=self.abandon,
            spawn=asyncio.create_task,
            lanes_max=lanes_max,
            queue_max=queue_max,
        )


async def settled(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not is_so():
            await asyncio.sleep(0)


async def test_one_symbol_is_strictly_serial_and_keeps_its_order() -> None:
    runner = Runner()
    lanes = runner.lanes()
    for name in "abc":
        assert lanes.put(work(name))
    for name in "abc":
        await runner.begins(name)
        assert runner.begun[-1] == name
        runner.gates[name].set_result(Outcome.DONE)
    await lanes.close()
    assert runner.begun == ["a", "b", "c"]


async def test_symbols_run_side_by_side() -> None:
    runner = Runner()
    lanes = runner.lanes()
    lanes.put(work("a", "EURUSD"))
    lanes.put(work("b", "AAPL"))
    await runner.begins("a", "b")
    assert len(lanes.in_flight) == 2
    for gate in runner.gates.values():
        gate.set_result(Outcome.DONE)
    await lanes.close()
    assert lanes.in_flight == ()


async def test_no_more_lanes_work_at_once_than_allowed() -> None:
    runner = Runner()
    lanes = runner.lanes(lanes_max=1)
    lanes.put(work("a", "EURUSD"))
    lanes.put(work("b", "AAPL"))
    await runner.begins("a")
    assert runner.begun == ["a"]
    runner.gates["a"].set_result(Outcome.DONE)
    await runner.begins("b")
    runner.gates["b"].set_result(Outcome.DONE)
    await lanes.close()


async def test_a_command_that_is_here_already_is_not_queued_twice() -> None:
    runner = Runner()
    lanes = runner.lanes()
    assert lanes.put(work("a"))
    assert not lanes.put(work("a"))
    await runner.begins("a")
    assert not lanes.put(work("a"))
    runner.gates["a"].set_result(Outcome.DONE)
    await settled(lambda: not lanes.in_flight)
    runner.begun.clear()
    assert lanes.put(work("a"))
    await runner.begins("a")
    runner.gates["a"].set_result(Outcome.DONE)
    await lanes.close()


async def test_full_lanes_take_nothing_more() -> None:
    runner = Runner()
    lanes = runner.lanes(queue_max=2)
    assert lanes.put(work("a"))
    assert lanes.put(work("b"))
    assert not lanes.put(work("c"))
    await runner.begins("a")
    runner.gates["a"].set_result(Outcome.DROPPED)
    await lanes.close()


async def test_a_dropped_command_takes_those_behind_it_along_so_that_order_holds() -> None:
    runner = Runner()
    lanes = runner.lanes()
    for name in "abc":
        lanes.put(work(name))
    lanes.put(work("other", "AAPL"))
    await runner.begins("a", "other")
    runner.gates["a"].set_result(Outcome.DROPPED)
    await settled(lambda: len(lanes.in_flight) == 1)
    assert lanes.put(work("b"))
    await runner.begins("b")
    for name in ("b", "other"):
        runner.gates[name].set_result(Outcome.DONE)
    await lanes.close()
    assert runner.begun == ["a", "other", "b"]


async def test_an_unforeseen_error_abandons_that_command_and_the_lane_lives_on() -> None:
    runner = Runner()
    lanes = runner.lanes()
    lanes.put(work("a"))
    await runner.begins("a")
    runner.gates["a"].set_exception(ZeroDivisionError())
    await settled(lambda: not lanes.in_flight)
    assert runner.abandoned == ["a"]
    assert lanes.put(work("b"))
    await runner.begins("b")
    runner.gates["b"].set_result(Outcome.DONE)
    await lanes.close()


async def test_when_even_abandoning_fails_the_lanes_task_does() -> None:
    tasks: list[asyncio.Task[None]] = []

    async def run(work: Work) -> Outcome:
        raise ZeroDivisionError

    def abandon(work: Work) -> None:
        raise OSError("disk full")

    def spawn(step: Awaitable[None]) -> asyncio.Task[None]:
        tasks.append(asyncio.ensure_future(step))
        return tasks[-1]

    lanes = Lanes(run=run, abandon=abandon, spawn=spawn, lanes_max=1, queue_max=9)
    lanes.put(work("a"))
    with pytest.raises(OSError, match="disk full"):
        await tasks[0]


async def test_closing_finishes_the_running_call_and_drops_the_queue() -> None:
    runner = Runner()
    lanes = runner.lanes()
    lanes.put(work("a"))
    lanes.put(work("b"))
    await runner.begins("a")
    closing = asyncio.create_task(lanes.close())
    await settled(lambda: len(lanes.in_flight) == 1)
    assert not closing.done()
    assert not lanes.put(work("c"))
    runner.gates["a"].set_result(Outcome.DONE)
    await closing
    assert runner.begun == ["a"]
