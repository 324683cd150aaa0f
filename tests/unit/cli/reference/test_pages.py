"""The reference that is committed is the one that the code would write now."""

from pathlib import Path

import pytest

from argos.cli.reference.api import RULES
from argos.cli.reference.codes import SOURCE, read_codes
from argos.cli.reference.markdown import table
from argos.cli.reference.write import PAGES
from argos.core.denial import DenialCode
from argos.protocol.intent_body import IntentBody

REFERENCE = Path(__file__).resolve().parents[4] / "docs" / "reference"
BY_HAND = {"node-protocol.md", "performance.md"}


@pytest.mark.parametrize("name", sorted(PAGES))
def test_the_committed_page_is_what_the_program_writes(name: str) -> None:
    committed = (REFERENCE / name).read_text(encoding="utf-8")
    assert committed == PAGES[name](), "run `make docs`"


def test_no_page_lies_there_that_nothing_makes() -> None:
    assert {path.name for path in REFERENCE.iterdir()} <= PAGES.keys() | BY_HAND


def test_every_field_of_an_intent_has_a_rule_in_words() -> None:
    assert RULES.keys() == IntentBody.model_fields.keys()


def test_every_denial_stands_on_the_page_of_codes() -> None:
    page = PAGES["error-codes.md"]()
    assert [code for code in DenialCode if f"`{code}`" not in page] == []


def test_codes_are_read_from_calls_classes_and_field_names() -> None:
    found = {item.code: item for item in read_codes(SOURCE)}
    assert found["HOME_IN_USE"].fix.startswith("stop process {holder}")
    assert found["STORE_UNAVAILABLE"].message.startswith("The database could not")
    assert found["INTENT_SYMBOL_MISSING"].fix == "add symbol to the alert message"
    assert "HALTED" not in found, "denials have a table of their own"


def test_a_cell_cannot_break_its_table() -> None:
    assert table(["a"], [["x | y\nz"]]).splitlines()[-1] == "| x \\| y z |"
