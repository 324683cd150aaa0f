"""The live stream: lines of JSON per account. A hint for clients, never the truth."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from argos.paperbroker.settings import Fault

QUEUE_MAX: Final = 2_000
"""Lines a slow reader may lag behind before it is cut off; it starts afresh when it comes back."""

Message = dict[str, Any]
Encode = Callable[[Message], bytes | None]
"""A message as one line for a subscriber, without its end; None if it is not for him."""


@dataclass(slots=True, eq=False)
class Subscriber:
    """One open stream. What is queued are whole lines, each with its end; None ends the stream."""

    account: str
    encode: Encode = orjson.dumps
    listening: bool = True
    lines: asyncio.Queue[bytes | None] = field(
        default_factory=lambda: asyncio.Queue(maxsize=QUEUE_MAX)
    )


class StreamHub:
    """All open streams of the broker, and what goes wrong with them on purpose."""

    def __init__(self) -> None:
        self._subscribers: set[Subscriber] = set()
        self._disturbed: dict[str, Fault] = {}
        self._held: dict[str, Sequence[Message]] = {}

    def subscribe(
        self, account: str, *, encode: Encode = orjson.dumps, listening: bool = True
    ) -> Subscriber:
        """A new stream; one that is not listening is told nothing yet, but ends with the others."""
        subscriber = Subscriber(account=account, encode=encode, listening=listening)
        self._subscribers.add(subscriber)
        return subscriber

    def unsubscribe(self, subscriber: Subscriber) -> None:
        self._subscribers.discard(subscriber)

    def is_heard(self, account: str) -> bool:
        return any(s.account == account and s.listening for s in self._subscribers)

    def listeners(self) -> dict[str, int]:
        """How many streams each account listens to."""
        return dict(Counter(s.account for s in self._subscribers if s.listening))

    def send(self, account: str, messages: Iterable[Message]) -> None:
        told = self._as_disturbed(account, list(messages))
        self._spread([s for s in self._subscribers if s.account == account], told)

    def send_to(self, subscriber: Subscriber, message: Message) -> None:
        self._spread([subscriber], [message])

    def broadcast(self, message: Message) -> None:
        self._spread(list(self._subscribers), [message])

    def cut(self, account: str | None) -> None:
        """End the streams of one account, or all of them."""
        for subscriber in list(self._subscribers):
            if account is None or subscriber.account == account:
                self._end(subscriber)

    def disturb(self, account: str, fault: Fault) -> None:
        """Tell what comes next to the account twice, or (STREAM_SWAP) keep its first message back."""
        self._disturbed[account] = fault

    def release(self, account: str) -> None:
        """Tell what was kept back and has not been followed by anything."""
        self._disturbed.pop(account, None)
        self.send(account, [])

    def _as_disturbed(self, account: str, messages: list[Message]) -> list[Message]:
        held = self._held.pop(account, ()) if self._held else ()
        if not self._disturbed or not messages:
            return [*messages, *held]
        fault = self._disturbed.pop(account, None)
        if fault is Fault.STREAM_TWICE:
            messages = [message for message in messages for _ in range(2)]
        elif fault is Fault.STREAM_SWAP:
            self._held[account] = messages[:1]
            messages = messages[1:]
        return [*messages, *held]

    def _spread(self, subscribers: Sequence[Subscriber], messages: Sequence[Message]) -> None:
        blocks: dict[Encode, bytes] = {}
        for subscriber in subscribers:
            if not subscriber.listening:
                continue
            encode = subscriber.encode
            if encode not in blocks:
                lines = [line for message in messages if (line := encode(message)) is not None]
                blocks[encode] = b"".join(line + b"\n" for line in lines)
            if blocks[encode]:
                self._offer(subscriber, blocks[encode])

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
