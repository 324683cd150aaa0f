"""The history: every configuration in force is kept under its hash, in the order it came, and nothing is changed."""

import json
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from argos.config.config import Config
from argos.config.history import History
from argos.config.read import parse_config
from argos.core.canonical import sha256_of
from argos.core.errors import InputError, InvariantError, StoreError

AT = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
SECRET = "Zq9SECRETq9Z"


def config(confidence: int, **sections: Any) -> Config:
    return parse_config(json.dumps({"trading": {"min_confidence": confidence}, **sections}), {})


def kept(path: Path, *configs: Config) -> History:
    history = History.open(path)
    for number, item in enumerate(configs):
        history.remember(item, by="test", at=AT + timedelta(hours=number), note=f"n{number}")
    return history


def test_each_configuration_is_kept_with_when_and_by_whom(tmp_path: Path) -> None:
    first, second = config(70), config(80)
    entries = kept(tmp_path / "h", first, second).entries(limit=10)
    assert [(entry.digest, entry.note) for entry in entries] == [
        (second.digest, "n1"),
        (first.digest, "n0"),
    ]
    assert entries[1].at == "2026-03-02T14:30:00.000000Z"
    assert entries[1].by == "test"
    assert entries[1].document == first.document
    assert sha256_of(entries[1].document) == first.digest
    assert entries[1].file == {"trading": {"min_confidence": 70}}


def test_what_is_in_force_already_is_not_added_and_a_return_is(tmp_path: Path) -> None:
    first, second = config(70), config(80)
    history = kept(tmp_path / "h", first, first, second, first)
    assert [entry.digest for entry in history.entries(limit=9)] == [
        first.digest,
        second.digest,
        first.digest,
    ]
    assert len(history.entries(limit=2)) == 2


def test_another_file_with_the_same_effect_is_kept_as_well(tmp_path: Path) -> None:
    said, shipped = config(75), parse_config("{}", {})
    assert said.digest == shipped.digest
    history = kept(tmp_path / "h", said, shipped)
    assert [entry.file for entry in history.entries(limit=9)] == [
        {},
        {"trading": {"min_confidence": 75}},
    ]


def test_it_is_found_by_the_first_digits(tmp_path: Path) -> None:
    item = config(70)
    history = kept(tmp_path / "h", item)
    assert history.find(item.digest[:4]).digest == item.digest
    assert history.find(item.digest.upper()).digest == item.digest
    for wrong in (item.digest[:3], "", "%%%%", "____", "zzzz", "0" * 64):
        with pytest.raises(InputError) as caught:
            history.find(wrong)
        assert caught.value.code == "CONFIG_DIGEST_UNKNOWN"


def test_digits_that_several_begin_with_are_not_enough(tmp_path: Path) -> None:
    history = kept(tmp_path / "h", config(70))
    with sqlite3.connect(tmp_path / "h") as connection:
        for digest in ("abcd1", "abcd2"):
            connection.execute("INSERT INTO documents VALUES (?, '{}')", (digest,))
            connection.execute(
                "INSERT INTO entries (digest, file, at, by_whom, note) VALUES (?, '{}', '', '', '')",
                (digest,),
            )
    with pytest.raises(InputError) as caught:
        history.find("abcd")
    assert caught.value.code == "CONFIG_DIGEST_SHORT"
    with pytest.raises(InvariantError) as broken:
        history.find("abcd1")
    assert broken.value.code == "CONFIG_HISTORY_BROKEN"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE documents SET document = '{}'",
        "DELETE FROM documents",
        "UPDATE entries SET at = ''",
        "DELETE FROM entries",
    ],
)
def test_nothing_is_changed_or_deleted(tmp_path: Path, statement: str) -> None:
    kept(tmp_path / "h", config(70))
    connection = sqlite3.connect(tmp_path / "h")
    with pytest.raises(sqlite3.IntegrityError, match="never"):
        connection.execute(statement)


def test_no_secret_is_in_the_file(tmp_path: Path) -> None:
    held = {
        "massive": {"api_key": SECRET},
        "x_api": {"bearer_token": SECRET},
        "alpaca": {"dev": {"api_key": SECRET + "1", "secret_key": SECRET + "2"}},
    }
    kept(tmp_path / "h", config(70, **held)).close()
    assert SECRET.encode() not in (tmp_path / "h").read_bytes()
    assert stat.S_IMODE((tmp_path / "h").stat().st_mode) == 0o600


def test_many_at_once_keep_one_entry(tmp_path: Path) -> None:
    item = config(70)

    def remember(_: int) -> bool:
        history = History.open(tmp_path / "h")
        try:
            return history.remember(item, by="test", at=AT)
        finally:
            history.close()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(remember, range(8))) == [False] * 7 + [True]


def test_looking_makes_no_file(tmp_path: Path) -> None:
    assert History.look(tmp_path / "h").entries(limit=5) == []
    assert not (tmp_path / "h").exists()


def test_a_file_that_is_none_of_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "h").write_text("x" * 5000, encoding="utf-8")
    with pytest.raises(StoreError) as caught:
        History.open(tmp_path / "h")
    assert caught.value.code == "CONFIG_HISTORY_UNUSABLE"


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    kept(tmp_path / "h", config(70)).close()
    with sqlite3.connect(tmp_path / "h") as connection:
        connection.execute("UPDATE meta SET value = '9'")
    with pytest.raises(InputError) as caught:
        History.open(tmp_path / "h")
    assert caught.value.code == "CONFIG_HISTORY_VERSION"
