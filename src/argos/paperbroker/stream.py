"""The live stream: newline-delimited JSON per account. A hint for clients, never the truth."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

QUEUE_MAX: Final = 2_000
"""Lines a slow reader may lag behind before it is cut off; it starts afresh when it comes back."""


@dataclass(slots=True, eq=False)
class Subscriber:
    """One open stream. None in the queue ends it."""

    account: str
    lines: asyncio.Queue[bytes | None] = field(
        default_factory=lambda: asyncio.Queue(maxsize=QUEUE_MAX)
    )


class StreamHub:
    """All open streams of the broker."""

    def __init__(self) -> None:
        self._subscribers: set[Subscriber] = set()

    def subscribe(self, account: str) -> Subscriber:
        subscriber = Subscriber(account=account)
        self._subscribers.add(subscriber)
        return subscriber

    def unsubscribe(self, subscriber: Subscriber) -> None:
        self._subscribers.discard(subscriber)

    def is_heard(self, account: str) -> bool:
        return any(subscriber.account == account for subscriber in self._subscribers)

    def send(self, account: str, messages: Iterable[dict[str, Any]]) -> None:
        block = b"".join(orjson.dumps(message) + b"\n" for message in messages)
        for subscriber in [s for s in self._subscribers if s.account == account]:
            self._offer(subscriber, block)

    def send_to(self, subscriber: Subscriber, message: dict[str, Any]) -> None:
        self._offer(subscriber, orjson.dumps(message) + b"\n")

    def broadcast(self, message: dict[str, Any]) -> None:
        line = orjson.dumps(message) + b"\n"
        for subscriber in list(self._subscribers):
            self._offer(subscriber, line)

    def cut(self, account: str | None) -> None:
        """End the streams of one account, or all of them."""
        for subscriber in list(self._subscribers):
            if account is None or subscriber.account == account:
                self._end(subscriber)

    def _offer(self, subscriber: Subscriber, block: bytes) -> None:
        if subscriber.lines.full():
            self._end(subscriber)
        else:
            subscriber.lines.put_nowait(block)

    def _end(self, subscriber: Subscriber) -> None:
        self.unsubscribe(subscriber)
        while not subscriber.lines.empty():
            subscriber.lines.get_nowait()
        subscriber.lines.put_nowait(None)
