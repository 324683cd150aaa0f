"""The planted bugs: where each is put in, and the torture in which it must be caught."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from argos.rehearsal.torture.plan import TortureMix


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """`processes` are the sorts that run sabotaged (gateway, worker, node); `sql` is done to the database.

    `caught_by` names the findings of which at least one must come.
    """

    name: str
    what: str
    processes: frozenset[str] = frozenset()
    sql: str = ""
    mix: TortureMix
    caught_by: frozenset[str]


BUGS: Final[Mapping[str, Bug]] = MappingProxyType({})
