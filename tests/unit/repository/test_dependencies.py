"""Every dependency has its reason in decision 2, and decision 2 names no other."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DECISION = ROOT / "docs" / "decisions" / "0002-dependencies.md"


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=!~;\[ ]", requirement)[0] for requirement in requirements}


def test_every_dependency_has_its_reason_and_no_reason_is_left_over() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    declared = names(project["project"]["dependencies"]) | names(
        project["dependency-groups"]["dev"]
    )
    explained = re.findall(
        r"^\| `([^`]+)` \| \S", DECISION.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(explained) == sorted(declared)
