"""Stored votes: both kinds of file, what is no vote, and from which close on each is seen."""

import json
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from argos.consensus.vote import Vote, vote_document
from argos.core.errors import InputError
from argos.hindsight.sessions import sessions_of
from argos.hindsight.stored import file_sha256, read_votes, vote_table
from argos.hindsight.voting import Inputs, votes_by_bar
from unit.hindsight.builders import bars_of_closes, side

BARS = bars_of_closes([100, 101, 102])
SESSIONS = sessions_of(BARS)
MINUTE = timedelta(minutes=1)
VOTES = [
    side("massive", "0.8", SESSIONS[0].closed_at - MINUTE),
    side("massive", "0.2", SESSIONS[0].closed_at),
    side("massive", "0.7", SESSIONS[0].closed_at + MINUTE),
    side("massive", "0.9", SESSIONS[2].closed_at + MINUTE),
]


def lines(path: Path, votes: list[Vote]) -> Path:
    path.write_text("".join(json.dumps(vote_document(vote)) + "\n" for vote in votes))
    return path


def test_lines_and_a_table_give_the_same_votes(tmp_path: Path) -> None:
    path = lines(tmp_path / "votes.jsonl", VOTES)
    table = tmp_path / "votes.parquet"
    pq.write_table(vote_table(VOTES), table)
    assert read_votes(str(path)).by_symbol == read_votes(str(table)).by_symbol
    assert read_votes(str(path)).by_symbol["AAPL"] == tuple(VOTES)


def test_a_vote_is_seen_from_the_first_close_at_or_after_it_and_the_newest_counts(
    tmp_path: Path,
) -> None:
    stored = read_votes(str(lines(tmp_path / "votes.jsonl", VOTES)))
    inputs = Inputs(stored=stored, simulated=False, seed=0)
    closed, found = votes_by_bar(BARS, ("massive",), inputs)
    assert closed == SESSIONS
    assert found == [[VOTES[1]], [VOTES[2]], []]


def test_what_is_no_vote_is_named_by_its_row(tmp_path: Path) -> None:
    path = lines(tmp_path / "votes.jsonl", VOTES[:1])
    with path.open("a") as file:
        file.write(json.dumps({**vote_document(VOTES[1]), "p_up": "0.5"}) + "\n")
    with pytest.raises(InputError, match=r"CONSENSUS_VOTES: .*row 2.*VOTE_CONTRADICTS"):
        read_votes(str(path))
    path.write_text("no json\n")
    with pytest.raises(InputError, match=r"CONSENSUS_VOTES: .*line 1"):
        read_votes(str(path))


def test_another_file_in_its_place_is_refused(tmp_path: Path) -> None:
    path = lines(tmp_path / "votes.jsonl", VOTES)
    sha256 = file_sha256(path)
    assert read_votes(str(path), sha256=sha256).sources == {"massive"}
    lines(path, VOTES[:1])
    with pytest.raises(InputError, match="CONSENSUS_VOTES_CHANGED"):
        read_votes(str(path), sha256=sha256)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="CONSENSUS_VOTES"):
        read_votes(str(tmp_path / "none.jsonl"))
