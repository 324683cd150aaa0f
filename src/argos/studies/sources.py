"""What a strategy and its settings are, as texts that are equal exactly when they are."""

import hashlib
import inspect
import marshal
from dataclasses import fields
from pathlib import Path
from typing import Any

from argos.backtest.preparing import params_of
from argos.backtest.settings import Calendar, Settings


def strategy_sha256(strategy: Any) -> str:
    """SHA-256 of the source file that the strategy's class or function stands in.

    Of one typed in at a prompt, of its source lines; where there are none, of its machine code for Python.
    """
    thing = strategy if inspect.isroutine(strategy) else type(strategy)
    try:
        file = inspect.getsourcefile(thing)
        if file is not None and Path(file).is_file():
            return hashlib.sha256(Path(file).read_bytes()).hexdigest()
        return hashlib.sha256(inspect.getsource(thing).encode()).hexdigest()
    except (OSError, TypeError):
        return _code_sha256(thing)


def _code_sha256(thing: Any) -> str:
    digest = hashlib.sha256()
    routines = (
        [thing] if inspect.isroutine(thing) else [vars(thing)[name] for name in sorted(vars(thing))]
    )
    for routine in routines:
        code = getattr(routine, "__code__", None)
        if code is not None:
            digest.update(marshal.dumps(code))
    return digest.hexdigest()


def strategy_fields(strategy: Any) -> dict[str, str]:
    """The strategy's own parameters as texts; a search replaces some of them."""
    own = params_of(strategy, None) or getattr(strategy, "__dict__", {})
    # What has no text of its own shows where in memory it lies, which is never the same twice.
    return {name: repr(value) for name, value in own.items() if " at 0x" not in repr(value)}


def settings_texts(settings: Settings) -> dict[str, str]:
    """Each group of settings as one text; a calendar as the SHA-256 of its arrays."""
    found = {}
    for field in fields(settings):
        value = getattr(settings, field.name)
        if isinstance(value, Calendar):
            digest = hashlib.sha256()
            for part in (value.nights, value.entries, value.flat_after):
                digest.update(len(part).to_bytes(8, "little") + part.tobytes())
            found[field.name] = digest.hexdigest()
        elif isinstance(value, dict):
            found[field.name] = repr(sorted(value.items()))
        else:
            found[field.name] = repr(value)
    return found
