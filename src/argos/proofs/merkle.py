"""Merkle trees as in RFC 6962: leaves and nodes are hashed apart, and no leaf is ever doubled.

leaf = SHA-256(0x00, record); node = SHA-256(0x01, left, right); a tree of n leaves is split at the largest power of two
below n, so a node without a neighbour moves up as it is. The tree of no leaves is SHA-256 of nothing. Without the two
bytes in front a node could be passed off as a record; with a doubled last leaf two lists would have one root.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

LEAF: Final = b"\x00"
NODE: Final = b"\x01"
HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(LEAF + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(NODE + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over hashes of leaves, in their order."""
    if not leaves:
        return EMPTY_ROOT
    level = list(leaves)
    while len(level) > 1:
        level = _level_above(level)
    return level[0]


def path_of(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes that lead from leaf `index` to the root, lowest first. Raises IndexError beyond the leaves."""
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    path = []
    level = list(leaves)
    while len(level) > 1:
        neighbour = index ^ 1
        if neighbour < len(level):
            path.append(level[neighbour])
        level = _level_above(level)
        index >>= 1
    return path


def root_from(leaf: bytes, *, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a path leads to; None when it is no path of leaf `index` in a tree of `size` leaves."""
    if not 0 <= index < size:
        return None
    found, rest = leaf, list(path)
    last = size - 1
    while last > 0:
        if index & 1 or index < last:
            if not rest:
                return None
            neighbour = rest.pop(0)
            found = node_hash(neighbour, found) if index & 1 else node_hash(found, neighbour)
        index >>= 1
        last >>= 1
    return None if rest else found


def _level_above(level: Sequence[bytes]) -> list[bytes]:
    above = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
    return [*above, level[-1]] if len(level) % 2 else above
