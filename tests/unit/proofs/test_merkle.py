"""The tree is RFC 6962's: held to its definition, and to the ways in which trees were fooled before."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.proofs.merkle import leaf_hash, node_hash, path_of, root_from, root_of

LEAVES = st.lists(st.binary(max_size=3).map(leaf_hash), min_size=1, max_size=40)


def defined_root(leaves: list[bytes]) -> bytes:
    """MTH as section 2.1 of RFC 6962 defines it."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(defined_root(leaves[:split]), defined_root(leaves[split:]))


@settings(deadline=None)
@given(leaves=LEAVES)
def test_the_root_is_the_one_that_the_rfc_defines(leaves: list[bytes]) -> None:
    assert root_of(leaves) == defined_root(leaves)


def test_the_root_of_no_leaves_is_the_hash_of_nothing() -> None:
    assert root_of([]) == hashlib.sha256(b"").digest()


@settings(deadline=None)
@given(leaves=LEAVES)
def test_every_leaf_has_a_path_to_the_root(leaves: list[bytes]) -> None:
    for index, leaf in enumerate(leaves):
        path = path_of(leaves, index)
        assert root_from(leaf, index=index, size=len(leaves), path=path) == root_of(leaves)
        assert len(path) <= (len(leaves) - 1).bit_length()


@settings(deadline=None)
@given(leaves=LEAVES, data=st.data())
def test_a_path_leads_nowhere_with_another_leaf_index_length_or_step(
    leaves: list[bytes], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path, root, size = path_of(leaves, index), root_of(leaves), len(leaves)
    assert root_from(leaf_hash(b"else"), index=index, size=size, path=path) != root
    assert root_from(leaves[index], index=index, size=size, path=[*path, root]) is None
    assert root_from(leaves[index], index=size, size=size, path=path) is None
    assert root_from(leaves[index], index=-1, size=size, path=path) is None
    if path:
        assert root_from(leaves[index], index=index, size=size, path=path[:-1]) is None
        step = data.draw(st.integers(0, len(path) - 1))
        bent = [*path[:step], leaf_hash(path[step]), *path[step + 1 :]]
        assert root_from(leaves[index], index=index, size=size, path=bent) != root


def test_a_doubled_last_leaf_is_another_tree() -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(3)]
    assert root_of(leaves) != root_of([*leaves, leaves[-1]])


def test_a_node_is_never_a_leaf() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)


@pytest.mark.parametrize("index", [-1, 3])
def test_there_is_no_path_of_a_leaf_that_is_not_there(index: int) -> None:
    with pytest.raises(IndexError):
        path_of([leaf_hash(b"a")] * 3, index)
