"""A folder of results: `study.json`, which names every other file with its SHA-256, tables in Parquet, pages in HTML.

It is written beside its place and renamed when it is whole, so a folder that is there is complete.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from argos.core.errors import InputError

HEAD: Final = "study.json"
FORMAT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """What is to be kept. document: plain JSON values; tables: by file stem; texts: by file name."""

    kind: str
    document: Mapping[str, Any]
    tables: Mapping[str, pa.Table]
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptStudy:
    """A folder that was read; its files are those that `study.json` names, unchanged."""

    path: Path
    kind: str
    document: dict[str, Any]

    def table(self, stem: str) -> pa.Table:
        return pq.read_table(self.path / f"{stem}.parquet")

    def text(self, name: str) -> str:
        return (self.path / name).read_text(encoding="utf-8")


def write_study(study: Study, path: Path, *, replace: bool = False) -> None:
    """Writes the folder as a whole. Raises InputError (STUDY_EXISTS) unless it is new, or a study to be replaced."""
    if path.exists():
        _require_replaceable(path, replace=replace)
    fresh = path.with_name(f".{path.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for stem, table in study.tables.items():
        pq.write_table(table, fresh / f"{stem}.parquet", compression="zstd")
    for name, text in study.texts.items():
        (fresh / name).write_text(text, encoding="utf-8")
    files = {file.name: _sha256(file) for file in sorted(fresh.iterdir())}
    head = {"format": FORMAT, "kind": study.kind, **study.document, "files": files}
    (fresh / HEAD).write_text(json.dumps(head, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    if path.exists():
        shutil.rmtree(path)
    fresh.rename(path)


def read_study(path: Path) -> KeptStudy:
    """The folder, each file of which is as it was written. Raises InputError (STUDY_UNREADABLE, STUDY_CHANGED)."""
    try:
        document = json.loads((path / HEAD).read_text(encoding="utf-8"))
        files, kind, layout = document.pop("files"), document.pop("kind"), document.pop("format")
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"{path} holds no readable {HEAD}: {error}",
            code="STUDY_UNREADABLE",
            field="folder",
            fix="give a folder that argos backtest, optimize or walkforward wrote",
        ) from error
    if layout != FORMAT:
        raise InputError(
            f"{path} has format {layout}, this version reads {FORMAT}",
            code="STUDY_UNREADABLE",
            field="folder",
            fix="use the version of Argos that wrote it",
        )
    for name, sha256 in files.items():
        file = path / name
        if not file.is_file() or _sha256(file) != sha256:
            raise InputError(
                f"{file} is {'not as it was written' if file.exists() else 'missing'}",
                code="STUDY_CHANGED",
                field=name,
                fix="take the folder from a copy; an edited result proves nothing",
            )
    return KeptStudy(path=path, kind=kind, document=document)


def _require_replaceable(path: Path, *, replace: bool) -> None:
    ours = (path / HEAD).is_file()
    if replace and ours:
        return
    raise InputError(
        f"{path} exists" + ("" if ours else " and is no study"),
        code="STUDY_EXISTS",
        field="--out",
        fix="name another folder" + (", or give --replace" if ours else ""),
    )


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
