"""A folder of results is whole or not there, and tells when it was touched."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from argos.core.errors import InputError
from argos.studies.folder import Study, read_study, write_study

STUDY = Study(
    kind="run",
    document={"params": {"fast": 3}},
    tables={"trades": pa.table({"qty": np.array([1.5, np.nan])})},
    texts={"strategy.py": "x = 1\n"},
)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_study(STUDY, tmp_path / "one")
    kept = read_study(tmp_path / "one")
    assert (kept.kind, kept.document) == ("run", {"params": {"fast": 3}})
    assert kept.table("trades")["qty"].to_pylist()[0] == 1.5
    assert kept.text("strategy.py") == "x = 1\n"
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


@pytest.mark.parametrize("name", ["trades.parquet", "strategy.py"])
def test_an_edited_or_missing_file_is_told(tmp_path: Path, name: str) -> None:
    write_study(STUDY, tmp_path / "one")
    file = tmp_path / "one" / name
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(InputError, match="STUDY_CHANGED") as refused:
        read_study(tmp_path / "one")
    assert refused.value.field == name
    file.unlink()
    with pytest.raises(InputError, match="missing"):
        read_study(tmp_path / "one")


def test_a_folder_is_replaced_only_when_asked_and_only_a_study(tmp_path: Path) -> None:
    write_study(STUDY, tmp_path / "one")
    with pytest.raises(InputError, match="STUDY_EXISTS"):
        write_study(STUDY, tmp_path / "one")
    write_study(STUDY, tmp_path / "one", replace=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(InputError, match="STUDY_EXISTS"):
        write_study(STUDY, tmp_path / "mine", replace=True)
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_something_else_is_no_study(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="STUDY_UNREADABLE"):
        read_study(tmp_path)
