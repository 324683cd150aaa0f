"""Votes that were given in the past, from a file: what the signal service kept, or anybody's own."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from argos.consensus.vote import VOTE_FIELDS, Vote, newness, parse_vote, vote_document
from argos.core.errors import InputError
from argos.sources.voting import is_simulated


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredVotes:
    """by_symbol: each symbol's, in the order in which they came. sources: those that voted at all; simulated: those of
    which any vote says that a fixture server had a part in it.
    """

    by_symbol: Mapping[str, tuple[Vote, ...]]
    sources: frozenset[str]
    simulated: frozenset[str]


NO_VOTES: Final = StoredVotes(by_symbol={}, sources=frozenset(), simulated=frozenset())


def file_sha256(path: Path) -> str:
    """Raises InputError CONSENSUS_VOTES if it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise _refused(f"{path} cannot be read: {error.strerror}", fix="check the path") from error


def read_votes(path: str, *, sha256: str = "") -> StoredVotes:
    """Vote documents, one JSON object a line, or a Parquet table of them.

    sha256: what the file must be, if given. Raises InputError CONSENSUS_VOTES, naming the row, for what is no vote, and
    CONSENSUS_VOTES_CHANGED for another file.
    """
    found = file_sha256(Path(path))
    if sha256 and found != sha256:
        raise InputError(
            f"{path} is not the file of votes that was named",
            code="CONSENSUS_VOTES_CHANGED",
            field="votes",
            fix="put the old file back, or begin a new run",
        )
    return _read(path, found)


@lru_cache(maxsize=2)
def _read(path: str, _sha256: str) -> StoredVotes:
    """Every symbol of a run and every parameter set asks for the same file."""
    by_symbol: dict[str, list[Vote]] = defaultdict(list)
    for row, document in enumerate(_documents(Path(path)), start=1):
        try:
            vote = parse_vote(document)
        except InputError as error:
            raise _refused(
                f"{path}, row {row}: {error}", fix=error.fix or "mend the row"
            ) from error
        by_symbol[vote.symbol].append(vote)
    everyone = [vote for votes in by_symbol.values() for vote in votes]
    return StoredVotes(
        by_symbol={
            symbol: tuple(sorted(votes, key=newness)) for symbol, votes in by_symbol.items()
        },
        sources=frozenset(vote.source for vote in everyone),
        simulated=frozenset(vote.source for vote in everyone if is_simulated(vote)),
    )


def vote_table(votes: list[Vote]) -> pa.Table:
    """As `read_votes` reads it again."""
    rows = [vote_document(vote) for vote in votes]
    return pa.table(
        {name: pa.array([row[name] for row in rows], pa.string()) for name in VOTE_FIELDS}
    )


def _documents(path: Path) -> Iterator[Mapping[str, Any]]:
    if path.suffix == ".parquet":
        yield from _rows(path)
        return
    with path.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                document = json.loads(line)
            except (ValueError, RecursionError):
                document = None
            if not isinstance(document, dict):
                raise _refused(
                    f"{path}, line {number} is no JSON object",
                    fix="give one vote document a line, or a Parquet table of them",
                )
            yield document


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        table = pq.read_table(path, columns=list(VOTE_FIELDS))
    except (pa.ArrowException, OSError) as error:
        raise _refused(
            f"{path} cannot be read: {error}",
            fix=f"give the columns {', '.join(VOTE_FIELDS)}, as texts",
        ) from error
    yield from table.to_pylist()


def _refused(what: str, *, fix: str) -> InputError:
    return InputError(what, code="CONSENSUS_VOTES", field="votes", fix=fix)
