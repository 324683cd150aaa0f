"""The planted bugs are complete: each grows in every process it names, or in the database."""

import pytest

from argos.rehearsal.sabotage.__main__ import PLANTS
from argos.rehearsal.sabotage.bugs import BUGS, Bug
from argos.rehearsal.sabotage.planting import put, put_sql
from argos.rehearsal.torture.plan import make_plan


@pytest.mark.parametrize("bug", BUGS.values(), ids=list(BUGS))
def test_a_bug_can_be_planted_in_every_process_it_names(bug: Bug) -> None:
    assert bug.processes or bug.sql
    for sort in bug.processes:
        assert bug.name in PLANTS[f"argos.entries.{sort}"]


@pytest.mark.parametrize("bug", BUGS.values(), ids=list(BUGS))
def test_a_bug_says_by_what_it_must_be_caught_and_has_a_plan(bug: Bug) -> None:
    assert bug.caught_by
    plan = make_plan(alerts=40, seed=1, mix=bug.mix)
    assert {strike.trouble for strike in plan.strikes} == set(bug.mix.troubles)


def test_there_are_at_least_eight_bugs() -> None:
    assert len(BUGS) >= 8


def test_no_plant_is_left_without_a_bug() -> None:
    assert {name for plants in PLANTS.values() for name in plants} <= BUGS.keys()


def test_a_bug_that_the_product_has_outgrown_is_refused() -> None:
    class Product:
        def works(self) -> bool:
            return True

    put(Product, "works", lambda _: False)
    assert not Product().works()
    with pytest.raises(AttributeError):
        put(Product, "is_gone", None)
    with pytest.raises(LookupError):
        put_sql({"read": "SELECT 1"}, "read", old="WHERE", new="")
