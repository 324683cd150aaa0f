"""The kernel's machine code: made once, told of while it is made, and made even where it cannot be kept."""

import subprocess
import sys
from threading import Event
from types import SimpleNamespace

import pytest

from argos.backtest import engines
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


def test_a_long_compilation_is_told_while_it_goes_on(monkeypatch):
    told = Event()
    kernel = SimpleNamespace(compile_now=lambda: told.wait(30))
    monkeypatch.setattr(engines, "import_module", lambda name: kernel)
    monkeypatch.setattr(engines, "TELL_AFTER_S", 0.0)
    prepare_kernel(told.set, engine="compiled", bars=1)
    assert told.is_set()


def test_a_short_one_is_not_told(monkeypatch):
    kernel = SimpleNamespace(compile_now=lambda: None)
    monkeypatch.setattr(engines, "import_module", lambda name: kernel)
    monkeypatch.setattr(engines, "TELL_AFTER_S", 3600.0)
    prepare_kernel(pytest.fail, engine="compiled", bars=1)


def test_nothing_is_loaded_for_a_small_run(monkeypatch):
    monkeypatch.setattr(engines, "KERNEL", "no.such.kernel")
    prepare_kernel(pytest.fail, engine="auto", bars=PLAIN_BARS_MAX)
    with pytest.raises(ModuleNotFoundError):
        prepare_kernel(pytest.fail, engine="auto", bars=PLAIN_BARS_MAX + 1)
