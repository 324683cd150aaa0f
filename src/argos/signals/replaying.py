"""A stored day computed again, from stored votes, ticks and rules alone, and held against what was recorded.

A day begins with what the board stood at before its first tick: a checkpoint. That is no article of faith, as the
replay of the day before must lead to it. The first checkpoint of a file holds nothing; `whole` begins there, or at the
first that is kept where old days are pruned.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from argos.consensus.decision import Decision, Verdict
from argos.consensus.documents import signal_document
from argos.consensus.replay import Board
from argos.consensus.vote import Vote
from argos.core.canonical import sha256_of
from argos.core.errors import InputError
from argos.core.texts import optional_moment, parse_moment
from argos.signals.cut import check_day_kept, cut_of
from argos.signals.documents import (
    NOT_WATCHED,
    checkpoint_document,
    decided_part,
    end_document,
    ending_of,
    standing_from,
)
from argos.signals.findings import Finding, FindingCode
from argos.signals.stored_ticks import Document, StoredTicks


@dataclass(slots=True)
class Replayed:
    """What a replay went over, and all that it found to differ; nothing differs when `findings` is empty.

    signals: ids of those that the votes give on the day, in their order. pruned_before: days before it cannot be
    replayed any more, empty for none.
    """

    day: str
    first_tick: int
    pruned_before: str = ""
    ticks: int = 0
    votes: int = 0
    signals: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def decisions_hash(self) -> str:
        """SHA-256 over the ids, each of which is made of a decision's hash."""
        return sha256_of(self.signals)

    def find(self, code: FindingCode, where: str, text: str) -> None:
        self.findings.append(Finding(code=code.value, where=where, text=text))


def replay_day(connection: sqlite3.Connection, day: str, *, whole: bool = False) -> Replayed:
    """The day, or with `whole` all ticks from the first that is kept to that day's end.

    Raises InputError SIGNAL_DAY_PRUNED for a day that is kept no more, SIGNAL_DAY_UNKNOWN for one without ticks,
    SIGNAL_ROWS_GONE for a file that is not whole.
    """
    check_day_kept(connection, day)
    cut = cut_of(connection)
    first, last = connection.execute(
        "SELECT min(number), max(number) FROM ticks WHERE day = ?", (day,)
    ).fetchone()
    if first is None:
        raise InputError(
            f"no tick of {day} is stored",
            code="SIGNAL_DAY_UNKNOWN",
            field="DAY",
            fix="see `argos signals heads` for the days there are; days are UTC",
        )
    stored = StoredTicks(connection, first=cut.tick if whole else first, last=last)
    done = _Replay(stored, day).run()
    done.pruned_before = cut.day
    return done


class _Replay:
    def __init__(self, stored: StoredTicks, day: str) -> None:
        self._stored = stored
        self._done = Replayed(day=day, first_tick=stored.first)
        self._board = Board()
        self._symbols: frozenset[str] = frozenset()
        self._numbers: dict[tuple[str, str], int] = {}
        self._open = stored.last_signals()
        self._records = stored.records()
        self._ends = stored.ends()

    def run(self) -> Replayed:
        stored, done = self._stored, self._done
        checkpoints, upto = stored.checkpoints(), stored.votes_before()
        for number, at, rules_digest, votes_upto, symbols, fired in stored.ticks():
            if number in checkpoints:
                self._begin_at(number, checkpoints[number])
            self._take(f"tick {number} at {at}", after=upto, upto=votes_upto)
            upto = votes_upto
            decisions = self._board.tick(parse_moment(at, field="at"), stored.rules(rules_digest))
            self._compare_tick(f"tick {number} at {at}", decisions, symbols=symbols, fired=fired)
            done.ticks += 1
        following = checkpoints.get(stored.last + 1)
        if following is not None:
            self._compare_standing(stored.last + 1, following)
        self._compare_rest()
        return done

    def _take(self, where: str, *, after: int, upto: int) -> None:
        found = 0
        for number, vote in self._stored.votes(after=after, upto=upto):
            found += 1
            if self._board.take(vote):
                self._numbers[vote.source, vote.symbol] = number
        self._done.votes += found
        if found != upto - after:
            text = f"{found} of the votes {after + 1} to {upto} are stored"
            self._done.find(FindingCode.REPLAY_VOTES, where, text)

    def _compare_tick(
        self, where: str, decisions: list[Decision], *, symbols: int, fired: int
    ) -> None:
        firing = [one for one in decisions if one.verdict is Verdict.FIRED]
        if (len(decisions), len(firing)) != (symbols, fired):
            told = f"{len(decisions)} symbols and {len(firing)} signals, stored as {symbols} and {fired}"
            self._done.find(FindingCode.REPLAY_TICK, where, told)
        for decision in decisions:
            if decision.verdict is Verdict.ENDED:
                self._compare_end(decision)
        for decision in firing:
            self._compare_signal(decision)

    def _compare_signal(self, decision: Decision) -> None:
        signal = signal_document(decision)
        if signal["at"][:10] == self._done.day:
            self._done.signals.append(signal["signal_id"])
        record = self._records.get(signal["signal_id"]) or self._recorded_at(signal)
        where = f"{decision.symbol} at {signal['at']}"
        if record is None:
            self._open[decision.symbol] = signal["signal_id"]
            text = f"{signal['signal_id']} is not recorded"
            self._done.find(FindingCode.REPLAY_MISSING, where, text)
            return
        names = _differing(decided_part(record["signal"]), signal)
        if names:
            text = f"record {record['sequence']} differs in {', '.join(names)}"
            self._done.find(FindingCode.REPLAY_DIFFERS, where, text)
        signal_id = record["signal"]["signal_id"]
        del self._records[signal_id]
        self._open[decision.symbol] = signal_id

    def _recorded_at(self, signal: Document) -> Document | None:
        """The record of the same symbol and tick, which says another thing."""
        for record in self._records.values():
            held = record["signal"]
            if (held["symbol"], held["at"]) == (signal["symbol"], signal["at"]):
                return record
        return None

    def _compare_end(self, decision: Decision) -> None:
        signal_id = self._open.pop(decision.symbol, "")
        computed = end_document(ending_of(decision, signal_id))
        stored = self._ends.pop(signal_id, None)
        if stored != computed:
            text = f"computed {computed}, stored {stored}"
            self._done.find(FindingCode.REPLAY_END, f"end of {decision.symbol}", text)

    def _compare_rest(self) -> None:
        for record in self._records.values():
            signal = record["signal"]
            where, text = f"{signal['symbol']} at {signal['at']}", f"record {record['sequence']}"
            self._done.find(FindingCode.REPLAY_EXTRA, where, text)
        for signal_id, end in self._ends.items():
            text = f"stored as ended at {end['at']}, {end['reason']}"
            self._done.find(FindingCode.REPLAY_END, f"end of {signal_id}", text)

    def _begin_at(self, number: int, document: Document) -> None:
        """What stood there is taken up, once it was held against what was led to."""
        if number != self._stored.first:
            self._compare_standing(number, document)
        for symbol in self._open.keys() - frozenset(document["symbols"]):
            self._end_unwatched(self._open[symbol])
        ticked_at = optional_moment(document["ticked_at"], field="ticked_at")
        votes = self._held(document)
        if len(votes) < len(document["votes"]):
            text = f"{len(votes)} of {len(document['votes'])} votes that were held are stored"
            self._done.find(FindingCode.REPLAY_VOTES, f"before tick {number}", text)
        self._symbols = frozenset(document["symbols"])
        self._numbers = {(vote.source, vote.symbol): vote_number for vote_number, vote in votes}
        self._board = Board.resumed(
            votes=[vote for _, vote in votes],
            standings={
                symbol: standing_from(standing, ticked_at=ticked_at)
                for symbol, standing in document["standings"].items()
            },
            ticked_at=ticked_at,
        )
        self._board.watch(document["symbols"])

    def _held(self, document: Document) -> list[tuple[int, Vote]]:
        """The votes that a checkpoint names, with their numbers, as far as they are there."""
        found = [(number, self._stored.vote(number)) for number in document["votes"]]
        return [(number, vote) for number, vote in found if vote is not None]

    def _end_unwatched(self, signal_id: str) -> None:
        if self._ends.get(signal_id, {}).get("reason") == NOT_WATCHED:
            del self._ends[signal_id]

    def _compare_standing(self, number: int, stored: Document) -> None:
        """What stood before tick `number`, of the symbols that were watched before and after it."""
        both = self._symbols & frozenset(stored["symbols"])
        computed = checkpoint_document(
            symbols=both,
            standings={
                symbol: standing
                for symbol, standing in self._board.standings.items()
                if symbol in both
            },
            numbers={key: held for key, held in self._numbers.items() if key[1] in both},
            ticked_at=self._board.ticked_at,
        )
        held = {
            "standings": _of(both, stored["standings"]),
            "votes": [held for held, vote in self._held(stored) if vote.symbol in both],
            "ticked_at": stored["ticked_at"],
        }
        wrong = [name for name, value in held.items() if computed[name] != value]
        if wrong:
            text = f"differs in {', '.join(wrong)}"
            self._done.find(FindingCode.REPLAY_STANDING, f"before tick {number}", text)


def _of(symbols: frozenset[str], standings: Mapping[str, Any]) -> dict[str, Any]:
    return {symbol: standing for symbol, standing in standings.items() if symbol in symbols}


def _differing(stored: Document, computed: Document) -> list[str]:
    names = stored.keys() | computed.keys()
    return sorted(name for name in names if stored.get(name) != computed.get(name))
