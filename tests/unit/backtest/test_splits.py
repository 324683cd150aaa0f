"""Splits for cross-validation: what is tested, what may train, and the paths."""

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.backtest.splits import lives_across, margins, splits_of
from argos.core.errors import InputError


@st.composite
def any_splits(draw):
    groups = draw(st.integers(2, 7))
    tested = draw(st.integers(1, groups - 1))
    length = draw(st.integers(groups, 120))
    return splits_of(length, groups=groups, tested=tested), tested


def marked(splits, begin, end):
    """bool[splits, length] of what trains and what is tested."""
    length = splits.borders[-1]
    places = np.arange(length)
    group = np.searchsorted(splits.borders, places, side="right") - 1
    train = (places >= begin[:, group]) & (places < end[:, group])
    return train, splits.tests[:, group]


@given(found=any_splits())
def test_each_path_covers_each_place_once_and_each_test_is_on_one_path(found):
    splits, tested = found
    groups = splits.groups
    paths = splits.paths()
    assert len(splits.tests) == comb(groups, tested)
    assert len(paths) == comb(groups, tested) * tested // groups == comb(groups - 1, tested - 1)
    assert splits.borders[0] == 0
    assert np.ptp(np.diff(splits.borders)) <= 1
    used = set()
    for path in paths:
        for group, split in enumerate(path.tolist()):
            assert splits.tests[split, group]
            used.add((split, group))
    assert len(used) == splits.tests.sum() == paths.size


@settings(max_examples=200)
@given(found=any_splits(), data=st.data())
def test_no_thing_that_lives_in_a_test_lives_in_its_training(found, data):
    splits, _ = found
    length = int(splits.borders[-1])
    count = data.draw(st.integers(0, 15))
    begins = np.array([data.draw(st.integers(0, length - 1)) for _ in range(count)], np.int64)
    ends = np.array([data.draw(st.integers(b, length - 1)) for b in begins.tolist()], np.int64)
    embargo = data.draw(st.integers(0, 30))
    begin, end = splits.training(lives_across(splits, begins, ends, embargo=embargo))
    train, test = marked(splits, begin, end)
    assert not (train & test).any()
    for one, other in zip(begins.tolist(), ends.tolist(), strict=True):
        lived = slice(one, other + 1)
        both = train[:, lived].any(axis=1) & test[:, lived].any(axis=1)
        assert not both.any()
    for after in range(1, embargo + 1):
        assert not (train[:, after:] & test[:, :-after]).any()


@given(found=any_splits())
def test_with_nothing_to_purge_all_that_is_not_tested_trains(found):
    splits, _ = found
    none = np.zeros(0, np.int64)
    train, test = marked(splits, *splits.training(lives_across(splits, none, none, embargo=0)))
    assert (train ^ test).all()


@given(found=any_splits(), life=st.integers(0, 40), embargo=st.integers(0, 40), data=st.data())
def test_a_fixed_margin_purges_what_any_thing_of_that_life_would(found, life, embargo, data):
    splits, _ = found
    length = int(splits.borders[-1])
    wide, _ = marked(splits, *splits.training(margins(splits, purge=life, embargo=embargo)))
    begins = np.array([data.draw(st.integers(0, length - 1)) for _ in range(4)], np.int64)
    ends = np.minimum(begins + max(life - 1, 0), length - 1)
    exact, _ = marked(splits, *splits.training(lives_across(splits, begins, ends, embargo=embargo)))
    assert not (wide & ~exact).any()


def test_a_trade_longer_than_a_group_is_purged_wherever_it_lived():
    splits = splits_of(40, groups=4, tested=1)
    begin, end = splits.training(lives_across(splits, np.array([5]), np.array([32]), embargo=0))
    # The split that tests the last group trains on what was before the trade, and on nothing after it.
    assert (begin[3].tolist(), end[3].tolist()) == ([0, 10, 20, 30], [5, 10, 20, 30])
    # The split that tests the first one: on what came after it.
    assert (begin[0].tolist(), end[0].tolist()) == ([0, 10, 20, 33], [0, 10, 20, 40])


@pytest.mark.parametrize(
    ("length", "groups", "tested"), [(9, 10, 2), (9, 1, 1), (9, 3, 3), (99, 30, 15)]
)
def test_splits_that_cannot_be_are_refused(length, groups, tested):
    with pytest.raises(InputError, match="SPLITS_INVALID"):
        splits_of(length, groups=groups, tested=tested)
