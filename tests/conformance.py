"""The conformance suite by itself: `make conformance`, or `python tests/conformance.py [--json]`; --help says more.

It is the suite of tests/contract/node/test_cards.py, told by venue: a live line each, what failed, and a table.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from rich.console import RenderableType
from rich.live import Live
from rich.table import Table

from argos.cli.frame.printing import messages, print_json, screen, table
from argos.cli.reference.conformance import VENUES, Card, read_cards

ROOT: Final = Path(__file__).resolve().parents[1]
TESTS: Final = Path(__file__).resolve().parent / "contract/node/test_cards.py"
TEXT_KEPT: Final = 12_000
"""Characters of one failure's text: the end of the node's own output stands last in it."""


class Tally:
    """A pytest plugin that counts, by venue, what the cards come to."""

    def __init__(
        self, cards: Sequence[Card], *, only: Sequence[str], venues: Sequence[str]
    ) -> None:
        chosen = [card for card in cards if not only or card.id in only]
        self.cards = len(chosen)
        self.venues = venues
        self.not_applicable = Counter(venue for card in chosen for venue in card.not_for)
        self.passed: Counter[str] = Counter()
        self.failures: list[tuple[str, str, str]] = []
        self.other_failures: list[str] = []
        self._only = only
        self._ended: set[str] = set()
        self._live = Live(self._lines(), console=messages(), transient=True, refresh_per_second=8)

    def __enter__(self) -> "Tally":
        self._live.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.__exit__(None, None, None)

    def of(self, venue: str) -> int:
        """How many cards are for it."""
        return self.cards - self.not_applicable[venue]

    def failed(self, venue: str) -> int:
        return sum(of == venue for _, of, _ in self.failures)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if self._is_chosen(item)]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        job = _job_of(item)
        if report.failed and job is None:
            self.other_failures.append(f"{item.name}\n{report.longreprtext}")
        elif report.failed:
            self.failures.append((job.card_id, job.kind.value, report.longreprtext))
        elif job is not None and report.when == "call":
            self.passed[job.kind.value] += 1
        self._live.update(self._lines())
        if job is not None and not messages().is_terminal:
            self._tell_the_end(job.kind.value)
        return report

    def _tell_the_end(self, venue: str) -> None:
        """Where no line can live: one when a venue is through."""
        if self.passed[venue] + self.failed(venue) == self.of(venue) and venue not in self._ended:
            self._ended.add(venue)
            messages().print(f"{venue}: {self.passed[venue]} of {self.of(venue)} hold")

    def _is_chosen(self, item: pytest.Item) -> bool:
        job = _job_of(item)
        if job is None:
            return not self._only
        return job.kind.value in self.venues and (not self._only or job.card_id in self._only)

    def _lines(self) -> RenderableType:
        lines = Table.grid(padding=(0, 2))
        for venue in self.venues:
            counted = f"{self.passed[venue]} of {self.of(venue)}"
            lines.add_row(venue, counted, f"{self.failed(venue)} failed")
        return lines


def _job_of(item: pytest.Item) -> Any:
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("job") if callspec is not None else None


def counts(tally: Tally) -> dict[str, Any]:
    return {
        "cards": tally.cards,
        "venues": {
            venue: {
                "passed": tally.passed[venue],
                "failed": tally.failed(venue),
                "not_applicable": tally.not_applicable[venue],
            }
            for venue in tally.venues
        },
    }


def tell(tally: Tally, *, as_json: bool) -> None:
    for card_id, venue, text in tally.failures:
        messages().print(f"\n{card_id} at {venue}\n{text[-TEXT_KEPT:]}", markup=False)
    for text in tally.other_failures:
        messages().print(f"\n{text}", markup=False)
    told = counts(tally)
    if as_json:
        print_json(told)
        return
    columns = ("venue", "> passed", "> failed", "> not applicable")
    rows = [(venue, *numbers.values()) for venue, numbers in told["venues"].items()]
    screen().print(table(f"{tally.cards} cards", columns, rows))


def main() -> int:
    """0 when every card holds at every venue that it is for, else 1."""
    parser = argparse.ArgumentParser(
        prog="conformance",
        description="Hold every node to the cards of docs/reference/conformance.md.",
        epilog="Example: make conformance ARGS='--venue mt5-ea --card N43'",
    )
    parser.add_argument("--json", action="store_true", help="one JSON line on stdout, nothing else")
    parser.add_argument("--venue", action="append", choices=VENUES, help="only this one")
    parser.add_argument("--card", action="append", default=[], help="only this one, such as N43")
    asked = parser.parse_args()
    tally = Tally(read_cards(), only=asked.card, venues=asked.venue or VENUES)
    # Without pytest's own reporter, to which the project's usual options belong.
    options = ["-p", "no:terminal", "-o", "addopts=", "--import-mode=importlib", "--strict-markers"]
    with tally:
        code = pytest.main([*options, f"--rootdir={ROOT}", str(TESTS)], plugins=[tally])
    tell(tally, as_json=asked.json)
    return 0 if code == pytest.ExitCode.OK else 1


if __name__ == "__main__":
    sys.exit(main())
