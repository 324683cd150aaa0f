"""Parameter spaces: what is written is what is searched, counted before, and never twice."""

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from argos.backtest.points import Points, grid, grid_count, points_of, random_points
from argos.backtest.space_text import parse_space, space_lines
from argos.backtest.spaces import Choices, Condition, Range, Space, Term
from argos.core.errors import InputError

names = st.from_regex(r"[a-z]\w{0,5}(\.[a-z]\w{0,5})?", fullmatch=True)
wholes = st.integers(-1000, 1000)
decimals = st.floats(-1e6, 1e6).map(lambda value: round(value, 4))
texts = st.from_regex(r"[A-Za-z_]\w{0,6}", fullmatch=True).filter(
    lambda text: text not in ("true", "false") and not _is_number(text)
)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@st.composite
def ranges(draw, name):
    kind = draw(st.sampled_from(["whole", "decimal", "log", "log points"]))
    low, high = sorted(draw(st.tuples(*[wholes if kind == "whole" else decimals] * 2)))
    if kind == "whole":
        return Range(name=name, low=low, high=high, step=draw(st.none() | st.integers(1, 90)))
    if kind == "decimal":
        step = draw(st.none() | st.floats(0.001, 1e4).map(lambda value: round(value, 3)))
        return Range(name=name, low=low, high=high, step=step)
    low, high = abs(low) + 0.001, abs(low) + 0.001 + abs(high)
    points = draw(st.integers(2, 30)) if kind == "log points" else None
    return Range(name=name, low=low, high=high, log=True, points=points)


@st.composite
def choices(draw, name):
    values = st.one_of(wholes, decimals, st.booleans(), texts)
    found = draw(st.lists(values, min_size=1, max_size=5, unique_by=lambda v: (type(v), v)))
    return Choices(name=name, values=tuple(found))


@st.composite
def spaces(draw):
    found = [
        draw(st.one_of(ranges(name), choices(name)))
        for name in draw(st.lists(names, min_size=1, max_size=4, unique=True))
    ]
    numbers = [parameter.name for parameter in found if isinstance(parameter, Range)]
    conditions = []
    if len(numbers) > 1 and draw(st.booleans()):
        factor = draw(st.sampled_from([1.0, 2.0, -0.5]))
        comparison = draw(st.sampled_from(["<", "<=", ">", ">=", "!=", "=="]))
        left = Term(name=numbers[0], factor=factor)
        conditions.append(Condition(left=left, comparison=comparison, right=Term(name=numbers[1])))
    return Space(parameters=tuple(found), conditions=tuple(conditions))


@settings(deadline=None)
@given(spaces())
def test_a_space_is_read_back_as_it_was_written(space):
    assert parse_space(space_lines(space)) == space


@settings(deadline=None)
@given(spaces())
def test_a_grid_has_the_trials_that_were_counted_before_and_none_twice(space):
    assume(space.product is not None and space.product <= 20_000)
    found = grid(space)
    assert len(found) == grid_count(space)
    rows = found.codes()
    # In the order of a walk with the last parameter fastest: as sorted by the first, then the next.
    if all(isinstance(parameter, Range) for parameter in space.parameters):
        assert sorted(map(tuple, rows)) == list(map(tuple, rows))
    assert len({row.tobytes() for row in rows}) == len(found)
    assert space.conditions or len(found) == space.product


@settings(deadline=None)
@given(spaces(), st.integers(1, 60), st.integers(0, 5))
def test_random_trials_differ_fulfil_the_conditions_and_begin_alike(space, trials, seed):
    assume(not any(condition.comparison == "==" for condition in space.conditions))
    try:
        found = random_points(space, trials, seed)
    except InputError:
        # Only conditions can leave nothing.
        assume(not space.conditions)
        raise
    assert len({row.tobytes() for row in found.codes()}) == len(found) <= trials
    if space.product is not None and space.product <= 20_000:
        assert len(found) == min(trials, grid_count(space))
    for params in found:
        for name, value in params.items():
            parameter = space[name]
            if isinstance(parameter, Range):
                assert parameter.low <= value <= parameter.high
                assert type(value) is (int if parameter.whole else float)
            else:
                assert any(value is known or value == known for known in parameter.values)
    columns = dict(zip(space.names, found.columns, strict=True))
    assert space.allowed(columns).all()
    fewer = random_points(space, max(1, trials // 2), seed)
    assert list(fewer) == list(found)[: len(fewer)]


@settings(deadline=None)
@given(spaces(), st.integers(0, 3))
def test_codes_are_the_points_themselves(space, seed):
    try:
        found = random_points(space, 20, seed)
    except InputError:
        assume(False)
    again = points_of(space, found.codes())
    assert list(again) == list(found)
    assert [column.dtype for column in again.columns] == [c.dtype for c in found.columns]


def values(text: str) -> list:
    found = grid(parse_space([text]))
    return [next(iter(params.values())) for params in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fast=5..20:5", [5, 10, 15, 20]),
        ("fast=5..22:5", [5, 10, 15, 20]),
        ("n=-1..1", [-1, 0, 1]),
        ("ratio=0.1..0.7:0.2", [0.1, 0.3, 0.5, 0.7]),
        ("ratio=0..1:0.25", [0.0, 0.25, 0.5, 0.75, 1.0]),
        ("stop=0.005,0.01,0.02", [0.005, 0.01, 0.02]),
        ("mode=calm, wild", ["calm", "wild"]),
        ("flag=true,false", [True, False]),
        ("slow=100", [100]),
        ("risk=1..1000:log4", [1, 10, 100, 1000]),
        ("risk=1..4:log9", [1, 2, 3, 4]),
    ],
)
def test_a_text_names_these_values(text, expected):
    found = values(text)
    assert found == pytest.approx(expected) if isinstance(expected[0], float) else found == expected
    assert [type(value) for value in found] == [type(value) for value in expected]


@settings(deadline=None)
@given(st.integers(-500, 500), st.integers(1, 70), st.integers(1, 200), st.integers(0, 6))
def test_decimal_steps_are_the_decimals_one_would_write(low, step, count, digits):
    scale = Decimal(10) ** -digits
    wanted = [float((low + place * step) * scale) for place in range(count)]
    text = f"x={float(low * scale)!r}..{wanted[-1]!r}:{float(step * scale)!r}"
    assert values(text) == wanted


def test_equal_ratios_lie_between_the_ends():
    found = values("risk=0.001..0.1:log5")
    assert (found[0], found[-1]) == (0.001, 0.1)
    assert np.diff(np.log(found)) == pytest.approx([math.log(100) / 4] * 4)


def test_ratios_are_drawn_evenly():
    found = random_points(parse_space(["risk=0.001..1.0:log", "n=1..999:log"]), 8000, 1)
    risk, n = found.columns
    assert (risk < 0.01).mean() == pytest.approx(1 / 3, abs=0.02)
    assert (n < 10).mean() == pytest.approx(1 / 3, abs=0.02)
    assert {1, 999} <= set(n.tolist())


def test_conditions_hold_in_a_grid():
    found = grid(parse_space(["fast=1..4", "slow=1..6", "2*fast<slow"]))
    pairs = [(params["fast"], params["slow"]) for params in found]
    assert pairs == [(f, s) for f in range(1, 5) for s in range(1, 7) if 2 * f < s]


def test_a_million_trials_are_a_few_arrays():
    found = grid(parse_space(["a=1..1000", "b=1..1000"]))
    assert len(found) == 1_000_000
    assert found[999_999] == {"a": 1000, "b": 1000}
    assert found[1000] == {"a": 2, "b": 1}
    assert isinstance(found[5:7], Points)
    assert list(found[5:7]) == [{"a": 1, "b": 6}, {"a": 1, "b": 7}]


@pytest.mark.parametrize(
    ("lines", "code", "field"),
    [
        ([], "SPACE_INVALID", "space"),
        (["fast"], "SPACE_INVALID", "fast"),
        (["fast="], "SPACE_INVALID", "fast"),
        (["2fast=1..3"], "SPACE_INVALID", "2fast"),
        (["fast=1..x"], "SPACE_INVALID", "fast"),
        (["fast=9..1"], "SPACE_INVALID", "fast"),
        (["fast=1..9:0"], "SPACE_INVALID", "fast"),
        (["fast=1..9:-1"], "SPACE_INVALID", "fast"),
        (["fast=1..9:x"], "SPACE_INVALID", "fast"),
        (["fast=0..9:log"], "SPACE_INVALID", "fast"),
        (["fast=1..9:log1"], "SPACE_INVALID", "fast"),
        (["fast=1..9:logx"], "SPACE_INVALID", "fast"),
        (["fast=1..inf"], "SPACE_INVALID", "fast"),
        (["fast=1,1"], "SPACE_INVALID", "fast"),
        (["fast=1,nan"], "SPACE_INVALID", "fast"),
        (["fast=1,99999999999999999999"], "SPACE_INVALID", "fast"),
        (["fast=1..2", "fast=3"], "SPACE_INVALID", "fast"),
        (["fast=1..2", "fast<slow"], "SPACE_INVALID", "slow"),
        (["fast=a,b", "fast<3"], "SPACE_INVALID", "fast"),
        (["fast=1..2", "1<2"], "SPACE_INVALID", "1.0<2.0"),
        (["fast=1..2", "fast*fast<2"], "SPACE_INVALID", "fast*fast<2"),
        (["risk=0.1..0.2"], "SPACE_INVALID", "risk"),
        (["a=1..10000", "b=1..10000"], "SPACE_TOO_LARGE", "space"),
    ],
)
def test_what_cannot_be_searched_is_named(lines, code, field):
    with pytest.raises(InputError) as caught:
        grid(parse_space(lines))
    assert (caught.value.code, caught.value.field) == (code, field)
    assert caught.value.fix


@pytest.mark.parametrize("lines", [["a=1..3", "a>5"], ["a=0.0..1.0", "a>5"]])
def test_conditions_that_nothing_fulfils_are_told(lines):
    with pytest.raises(InputError, match="SPACE_EMPTY"):
        random_points(parse_space(lines), 10, 0)


@pytest.mark.parametrize("text", ["5", "true", "a,b", "a..b", " a", "", "1e3", "=x", "a<b"])
def test_a_text_that_would_be_read_as_something_else_is_not_written(text):
    space = Space(parameters=(Choices(name="mode", values=(text,)),))
    with pytest.raises(InputError, match="SPACE_INVALID"):
        space_lines(space)


def test_trials_of_equal_names_are_brought_together():
    found = grid(parse_space(["exits.stop_fraction=0.1,0.2", "fast=1..3"]))
    order = found.grouped(["fast"])
    assert [found[place]["fast"] for place in order.tolist()] == [1, 1, 2, 2, 3, 3]
    assert sorted(order.tolist()) == list(range(6))
    assert found.grouped(["fast", "exits.stop_fraction"]).tolist() == list(range(6))
