"""What must hold for the files of the repository, whatever they say."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

# Put together here, so that this file does not hold what it looks for.
REGISTRY_HOSTS = (
    "pypi" + ".org",
    "python" + "hosted.org",
    "registry.npm" + "js.org",
    "npm" + "mirror.com",
)
HOME_DIRECTORY = re.compile(r"(?<![\w.~$}-])/(?:home|Users)/[a-z][\w.-]*/|(?<![\w.-])/root/\.\w")


def tracked_text_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("not a git work tree")
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [file for file in files if file.is_file() and b"\0" not in file.read_bytes()[:8192]]


@pytest.mark.parametrize(
    "name", ["requirements.lock", "requirements-dev.lock", "benchmarks/peers/requirements.lock"]
)
def test_a_lock_file_holds_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    # Continuation lines are indented: what is not is a requirement, or an option that names an index.
    requirements = [line for line in text.splitlines() if line[:1].strip()]
    assert requirements
    assert [line for line in requirements if line.startswith(("-", "#"))] == []
    assert [line for line in requirements if "==" not in line] == []
    assert text.count("==") <= text.count("--hash=sha256:")


def test_the_development_lock_holds_all_of_the_other() -> None:
    def pins(name: str) -> set[str]:
        text = (ROOT / name).read_text(encoding="utf-8")
        return {line.split()[0] for line in text.splitlines() if line[:1].strip()}

    assert pins("requirements.lock") <= pins("requirements-dev.lock")


def test_the_readme_is_at_most_120_lines() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120


def test_no_file_names_a_package_registry() -> None:
    found = [
        (file.relative_to(ROOT), host)
        for file in tracked_text_files()
        for host in REGISTRY_HOSTS
        if host in file.read_text(encoding="utf-8", errors="replace")
    ]
    assert found == []


def test_no_file_names_a_directory_of_one_machine() -> None:
    # A checkout at the top of the tree (/src, /app) is too ordinary a word to look for.
    here = [str(place) for place in (ROOT, Path.home()) if len(place.parts) > 2]
    found = []
    for file in tracked_text_files():
        text = file.read_text(encoding="utf-8", errors="replace")
        named = HOME_DIRECTORY.search(text)
        if named is not None or any(place in text for place in here):
            found.append(file.relative_to(ROOT))
    assert found == []


@pytest.mark.parametrize("folder", ["src/argos", "tests"])
def test_package_markers_are_empty(folder: str) -> None:
    filled = [file for file in (ROOT / folder).rglob("__init__.py") if file.stat().st_size > 0]
    assert filled == []


def test_ci_runs_what_the_makefile_offers() -> None:
    targets = set(
        re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    promised = {"setup", "check", "fix", "test", "demo", "up", "bench", "torture", "docs", "lock"}
    promised |= {"conformance"}
    assert promised <= targets
    run = ROOT / ".ci" / "run"
    assert run.stat().st_mode & 0o111
    assert "make check test" in run.read_text(encoding="utf-8")
