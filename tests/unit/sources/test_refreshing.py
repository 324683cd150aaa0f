"""One source's round: who is asked, what the others say, and how often it is tried again."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from argos.consensus.vote import Vote
from argos.sources.answers import ERROR_AGAIN_S, Answer, is_old
from argos.sources.board import Board, VoteStore
from argos.sources.ledger import SourceFile
from argos.sources.reasons import OF_ONE_QUESTION, WAITED_OUT, SourceReason
from argos.sources.refreshing import SLOWER_MAX, Refresher
from argos.sources.voting import About, abstention, lean_vote

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SYMBOLS = ("A", "B", "C")


class FakeSource:
    """Says what it is told to say, symbol by symbol; a reason of None is a vote."""

    name = "fake"
    batch_max = 1

    def __init__(self) -> None:
        self.says: dict[str, SourceReason | None] = {}
        self.breaks = False
        self.asked: list[str] = []

    def is_due(self, last: Vote | None, *, now: datetime) -> bool:
        assert last is None or now >= last.fetched_at
        return True

    async def ask(self, symbols: Sequence[str]) -> Answer:
        (symbol,) = symbols
        self.asked.append(symbol)
        if self.breaks:
            raise RuntimeError("unmistakable words")
        about = About(source=self.name, symbol=symbol, fetched_at=NOON, simulated=False)
        reason = self.says.get(symbol)
        if reason is None:
            return Answer(votes=(lean_vote(about, Decimal(1), as_of=NOON, inputs={}),))
        return Answer(votes=(abstention(about, reason),), failed=reason)


class Stand:
    def __init__(self) -> None:
        self.source = FakeSource()
        self.board = Board(VoteStore(SourceFile.empty()))
        self.slept: list[float] = []
        self.refresher = Refresher(
            self.source,
            board=self.board,
            symbols=SYMBOLS,
            every_s=10,
            simulated=False,
            clock=lambda: NOON,
            sleep=self._sleep,
        )

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) == 6:
            raise asyncio.CancelledError

    def reasons(self) -> dict[str, str]:
        return {vote.symbol: vote.reason for vote in self.board.latest()}


@pytest.mark.parametrize("reason", sorted(OF_ONE_QUESTION, key=lambda reason: reason.code))
async def test_one_bad_symbol_stops_nobody(reason: SourceReason) -> None:
    stand = Stand()
    stand.source.says = {"A": reason}
    assert await stand.refresher.refresh() is False
    assert stand.reasons() == {"A": reason.code, "B": "LEANS_UP", "C": "LEANS_UP"}


async def test_a_provider_that_is_down_is_asked_once_and_all_say_so() -> None:
    stand = Stand()
    stand.source.says = dict.fromkeys(SYMBOLS, SourceReason.UNREACHABLE)
    assert await stand.refresher.refresh() is True
    assert stand.source.asked == ["A"]
    assert stand.reasons() == dict.fromkeys(SYMBOLS, "UNREACHABLE")


async def test_the_next_round_begins_with_another_symbol() -> None:
    stand = Stand()
    stand.source.says = {"A": SourceReason.TIMED_OUT}
    await stand.refresher.refresh()
    await stand.refresher.refresh()
    assert stand.source.asked == ["A", "B", "C", "A"]


@pytest.mark.parametrize("reason", sorted(WAITED_OUT, key=lambda reason: reason.code))
async def test_a_vote_stands_while_its_source_waits_and_the_first_one_says_why(
    reason: SourceReason,
) -> None:
    stand = Stand()
    await stand.refresher.refresh()
    stand.source.says = dict.fromkeys(SYMBOLS, reason)
    assert await stand.refresher.refresh() is False
    assert stand.reasons() == dict.fromkeys(SYMBOLS, "LEANS_UP")
    fresh = Stand()
    fresh.source.says = dict.fromkeys(SYMBOLS, reason)
    await fresh.refresher.refresh()
    assert fresh.reasons() == dict.fromkeys(SYMBOLS, reason.code)


async def test_any_other_failure_takes_the_vote_away() -> None:
    stand = Stand()
    await stand.refresher.refresh()
    stand.source.says = {"A": SourceReason.DOLLARS_SPENT}
    await stand.refresher.refresh()
    assert stand.reasons() == dict.fromkeys(SYMBOLS, "DOLLARS_SPENT")


async def test_code_that_breaks_is_an_abstention_without_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stand = Stand()
    stand.source.breaks = True
    assert await stand.refresher.refresh() is True
    assert stand.reasons() == dict.fromkeys(SYMBOLS, "SOURCE_BROKEN")
    assert "RuntimeError" in caplog.text
    assert "unmistakable" not in caplog.text


async def test_a_source_that_fails_is_asked_ever_more_rarely_and_then_no_more_rarely() -> None:
    stand = Stand()
    stand.source.says = dict.fromkeys(SYMBOLS, SourceReason.UNREACHABLE)
    with pytest.raises(asyncio.CancelledError):
        await stand.refresher.run()
    assert stand.slept == [20, 40, 80, 80, 80, 80]
    assert max(stand.slept) == 10 * SLOWER_MAX


@pytest.mark.parametrize(
    ("reason", "age_s", "old"),
    [
        (SourceReason.NO_LEAN, 3599, False),
        (SourceReason.NO_LEAN, 3600, True),
        (SourceReason.NO_LEAN, -1, True),
        (SourceReason.UNREACHABLE, ERROR_AGAIN_S - 1, False),
        (SourceReason.UNREACHABLE, ERROR_AGAIN_S, True),
        (SourceReason.RATE_SPENT, 0, True),
    ],
)
def test_an_answer_is_kept_by_what_it_is(reason: SourceReason, age_s: float, old: bool) -> None:
    about = About(source="fake", symbol="A", fetched_at=NOON, simulated=False)
    now = NOON + timedelta(seconds=age_s)
    assert is_old(abstention(about, reason), keep_s=3600, now=now) is old
    assert is_old(None, keep_s=3600, now=now)
