"""The kernel's machine code: made once, told of while it is made, and made even where it cannot be kept."""

import subprocess
import sys
from threading import Event

import pytest

from argos.backtest.engines import PLAIN_BARS_MAX, prepare_kernel

UNKEPT = """
import numba.core.caching as caching
from argos.backtest.compiled import jit

class Nowhere:
    @classmethod
    def from_function(cls, function, file):
        return None

caching.CompileResultCacheImpl._locator_classes = [Nowhere]

@jit.kernel_jit
def twice(number):
    return 2 * number

print(twice(21))
"""


def test_a_kernel_that_cannot_be_kept_is_compiled_all_the_same():
    done = subprocess.run(
        [sys.executable, "-c", UNKEPT],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("42\n", "")


def test_a_long_compilation_is_told_while_it_goes_on():
    told = Event()
    prepare_kernel(
        told.set, engine="compiled", bars=1, tell_after_s=0.0, prepare=lambda: told.wait(30)
    )
    assert told.is_set()


def test_a_short_one_is_not_told():
    prepared = []
    prepare_kernel(
        pytest.fail,
        engine="auto",
        bars=PLAIN_BARS_MAX + 1,
        tell_after_s=3600.0,
        prepare=lambda: prepared.append("kernel"),
    )
    assert prepared == ["kernel"]


def test_nothing_is_prepared_where_the_plain_engine_plays():
    prepare_kernel(pytest.fail, engine="plain", bars=10**9, prepare=pytest.fail)
