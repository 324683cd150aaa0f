"""The stream hub: who is told what, and what faults make of it."""

import orjson
import pytest

from argos.paperbroker.settings import Fault
from argos.paperbroker.stream import QUEUE_MAX, StreamHub, Subscriber


def numbers(subscriber: Subscriber) -> list[int | None]:
    """What was told so far; None where the stream ended."""
    told: list[int | None] = []
    while not subscriber.lines.empty():
        block = subscriber.lines.get_nowait()
        told += (
            [None] if block is None else [orjson.loads(line)["n"] for line in block.splitlines()]
        )
    return told


@pytest.fixture
def hub() -> StreamHub:
    return StreamHub()


def tell(hub: StreamHub, *items: int) -> None:
    hub.send("a", [{"n": item} for item in items])


def test_an_account_hears_its_own_and_what_is_for_all(hub):
    own, other = hub.subscribe("a"), hub.subscribe("b")
    tell(hub, 1, 2)
    hub.broadcast({"n": 3})
    assert (numbers(own), numbers(other)) == ([1, 2, 3], [3])


def test_who_does_not_listen_yet_is_not_heard_but_ends_with_the_others(hub):
    waiting = hub.subscribe("a", listening=False)
    assert not hub.is_heard("a")
    assert hub.listeners() == {}
    tell(hub, 1)
    waiting.listening = True
    assert hub.listeners() == {"a": 1}
    tell(hub, 2)
    hub.cut("a")
    assert numbers(waiting) == [None], "what was queued is gone with the connection"


def test_a_subscriber_may_have_words_of_its_own_or_none(hub):
    odd = hub.subscribe("a", encode=lambda m: orjson.dumps(m) if m["n"] % 2 else None)
    every = hub.subscribe("a")
    tell(hub, 1, 2)
    tell(hub, 4)
    assert (numbers(odd), numbers(every)) == ([1], [1, 2, 4])


def test_told_twice_once(hub):
    ear = hub.subscribe("a")
    hub.disturb("a", Fault.STREAM_TWICE)
    tell(hub, 1)
    tell(hub, 2)
    assert numbers(ear) == [1, 1, 2]


@pytest.mark.parametrize(
    ("batches", "heard"),
    [([[1], [2]], [2, 1]), ([[1, 2], [3]], [2, 3, 1]), ([[1], [2], [3]], [2, 1, 3])],
)
def test_the_first_comes_after_what_follows(hub, batches, heard):
    ear = hub.subscribe("a")
    hub.disturb("a", Fault.STREAM_SWAP)
    for batch in batches:
        tell(hub, *batch)
    assert numbers(ear) == heard


def test_what_nothing_follows_is_told_late(hub):
    ear = hub.subscribe("a")
    hub.disturb("a", Fault.STREAM_SWAP)
    tell(hub, 1)
    assert numbers(ear) == []
    hub.release("a")
    hub.release("a")
    assert numbers(ear) == [1]


def test_a_reader_that_lags_too_far_behind_is_cut_off(hub):
    slow = hub.subscribe("a")
    for number in range(QUEUE_MAX + 1):
        tell(hub, number)
    assert numbers(slow) == [None]
    assert not hub.is_heard("a")
