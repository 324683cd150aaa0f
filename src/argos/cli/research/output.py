"""Where a study's folder goes, and how it is written."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from argos.studies.folder import Study, write_study

ROOT: Final = Path("argos-studies")
Out = Annotated[
    Path | None,
    typer.Option(help=f"The folder of results; else one in {ROOT}/.", metavar="FOLDER"),
]
NoSave = Annotated[bool, typer.Option("--no-save", help="Write nothing.")]
Replace = Annotated[bool, typer.Option("--replace", help="The folder may be replaced.")]


def keep(study: Study, out: Path | None, *, name: str, replace: bool) -> Path:
    """Writes the folder and says where it is. Raises InputError STUDY_EXISTS."""
    path = out or _fresh(name)
    write_study(study, path, replace=replace)
    return path


def _fresh(name: str) -> Path:
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    path = ROOT / f"{stem}-{moment}"
    again = 1
    while path.exists():
        again += 1
        path = ROOT / f"{stem}-{moment}-{again}"
    return path
