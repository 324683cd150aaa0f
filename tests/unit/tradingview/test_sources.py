"""What can be said of the Pine sources and the message boxes without TradingView."""

import re
import runpy

import pytest

from argos.core.intent import Action, Side
from argos.protocol.intent_body import (
    IntentBody,
    find_unresolved_placeholder,
    parse_intent_body,
    unknown_fields,
)
from argos.protocol.values import parse_json
from unit.tradingview.pine import signatures
from unit.tradingview.rendering import (
    FOLDER,
    LIBRARY,
    PLACEHOLDERS,
    STRATEGY_PLACEHOLDERS,
    render,
)

SOURCES = sorted(FOLDER.rglob("*.pine"))
MESSAGES = sorted((FOLDER / "messages").glob("*.json"))
PAIRS = {")": "(", "]": "[", "}": "{"}


def without_strings_and_comments(source: str) -> str:
    return re.sub(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*', "", source)


def strategy_calls(source: str) -> list[tuple[str, list[str]]]:
    """(library function, names of its named arguments) for every call of the example."""
    calls = re.findall(r"argos\.(\w+)\((.*)\)$", source, re.MULTILINE)
    return [(name, re.findall(r"(\w+) = ", arguments)) for name, arguments in calls]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_a_script_declares_version_6_first(path):
    assert path.read_text("utf-8").startswith("//@version=6\n")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_brackets_and_quotes_are_balanced(path):
    code = without_strings_and_comments(path.read_text("utf-8"))
    assert '"' not in code
    opened: list[str] = []
    for character in code:
        if character in PAIRS.values():
            opened.append(character)
        elif character in PAIRS:
            assert opened.pop() == PAIRS[character]
    assert opened == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_json_is_built_by_concatenation_and_lines_are_indented_by_fours(path):
    source = path.read_text("utf-8")
    assert "str.format(" not in source
    assert "\t" not in source
    indents = [len(line) - len(line.lstrip()) for line in source.splitlines() if line.strip()]
    assert all(indent % 4 == 0 for indent in indents)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_script_draws_lots(path):
    # a value that changes when a bar is calculated again would give one wish two identities
    assert "math.random" not in path.read_text("utf-8")


def test_the_example_calls_the_library_as_it_is_declared():
    declared = signatures(LIBRARY.read_text("utf-8"))
    calls = strategy_calls((FOLDER / "examples" / "ema_cross.pine").read_text("utf-8"))
    assert calls
    for name, named in calls:
        assert name in declared
        assert set(named) <= set(declared[name])


def test_the_library_uses_nothing_that_libraries_may_not():
    code = without_strings_and_comments(LIBRARY.read_text("utf-8"))
    for forbidden in ("input.", "request.", "strategy.", "plot("):
        assert forbidden not in code


def test_the_single_file_is_the_library_and_the_example_joined():
    built = runpy.run_path(str(FOLDER / "build_single_file.py"))["build"]()
    written = (FOLDER / "examples" / "ema_cross_single_file.pine").read_text("utf-8")
    assert written == built, "run: python tradingview/build_single_file.py"
    assert "argos." not in without_strings_and_comments(written)


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.name)
def test_a_message_box_becomes_an_intent_once_its_placeholders_are_filled(path):
    values = {**PLACEHOLDERS, **STRATEGY_PLACEHOLDERS}
    text = render(path.read_text("utf-8"), values)
    assert find_unresolved_placeholder(text) is None
    document = parse_json(text)
    assert unknown_fields(document) == []
    assert document.keys() <= IntentBody.model_fields.keys()
    body = parse_intent_body(document)
    assert body.event_id is not None
    assert (body.side is not None) == (body.action in {Action.OPEN, Action.REVERSE})


def test_the_strategy_message_takes_its_side_and_size_from_the_position_that_is_wanted():
    text = (FOLDER / "messages" / "placeholder_strategy.json").read_text("utf-8")
    short = {"strategy.market_position": "short", "strategy.market_position_size": "7"}
    body = parse_intent_body(
        parse_json(render(text, {**PLACEHOLDERS, **STRATEGY_PLACEHOLDERS, **short}))
    )
    assert body.side is Side.SELL
    assert body.size is not None
    assert body.size.value == 7


def test_a_strategy_placeholder_in_another_kind_of_alert_is_found_by_name():
    text = (FOLDER / "messages" / "placeholder_strategy.json").read_text("utf-8")
    left = find_unresolved_placeholder(render(text, PLACEHOLDERS))
    assert left is not None
    assert left.startswith("{{strategy.")
