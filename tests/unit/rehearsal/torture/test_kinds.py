"""Kinds of nodes, as a user names them."""

import pytest

from argos.core.errors import InputError
from argos.rehearsal.torture.kinds import ALL_KINDS, NodeKind, read_kinds, without


def test_kinds_are_named_by_commas_in_any_order_each_once():
    assert read_kinds("mt5-ea, paper,paper") == (NodeKind.PAPER, NodeKind.MT5_EA)
    assert read_kinds(",".join(ALL_KINDS)) == ALL_KINDS


@pytest.mark.parametrize("text", ["", ",", "mt4", "paper,mt5"])
def test_any_other_word_is_refused_with_the_right_ones(text):
    with pytest.raises(InputError) as refused:
        read_kinds(text)
    assert (refused.value.code, refused.value.field) == ("NODE_KIND_UNKNOWN", "nodes")
    assert all(kind in refused.value.fix for kind in ALL_KINDS)


def test_a_kind_can_be_left_out():
    assert without(ALL_KINDS, NodeKind.MT5_EA) == (NodeKind.PAPER, NodeKind.MT5_PYTHON)
