"""Strategies by name: the five that come along, or a class or function in somebody's file."""

import hashlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from argos.backtest.strategies.bollinger import Bollinger
from argos.backtest.strategies.breakout import Breakout
from argos.backtest.strategies.buy_and_hold import BuyAndHold
from argos.backtest.strategies.ema_cross import EmaCross, EmaCrossByBar
from argos.backtest.strategies.rsi_reversion import RsiReversion
from argos.backtest.strategy import Strategy
from argos.core.errors import InputError

BUILT_IN: Final[Mapping[str, type]] = {
    "ema-cross": EmaCross,
    "ema-cross-by-bar": EmaCrossByBar,
    "rsi-reversion": RsiReversion,
    "breakout": Breakout,
    "bollinger": Bollinger,
    "buy-and-hold": BuyAndHold,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundStrategy:
    """A strategy that was found but not made yet. `reference` finds it again; `path` is the file it stands in."""

    reference: str
    name: str
    target: Callable[..., Any]
    path: Path

    @property
    def source_sha256(self) -> str:
        """Of the file that it stands in."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    def parameters(self) -> dict[str, Any]:
        """Names of its parameters with their defaults; None for one without."""
        if is_dataclass(self.target):
            return {
                field.name: None if field.default is MISSING else field.default
                for field in fields(self.target)
            }
        given = list(inspect.signature(self.target).parameters.values())
        if not isinstance(self.target, type):
            given = given[1:]
        return {
            each.name: None if each.default is inspect.Parameter.empty else each.default
            for each in given
            if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
        }

    def example(self, name: str) -> Any:
        """The default of a parameter, which tells its type. Raises InputError (STRATEGY_PARAM) for an unknown name."""
        known = self.parameters()
        if name not in known:
            words = ", ".join(known) or "none"
            raise InputError(
                f"{self.name} has no parameter {name}",
                code="STRATEGY_PARAM",
                field=name,
                fix=f"its parameters: {words}; settings have a dot, such as exits.stop_fraction",
            )
        return known[name]

    def make(self, params: Mapping[str, Any]) -> tuple[Strategy, dict[str, Any]]:
        """The strategy with these parameters, and what is left for it as arguments if it is a function."""
        for name in params:
            self.example(name)
        if not isinstance(self.target, type):
            return self.target, dict(params)
        try:
            return self.target(**params), {}
        except TypeError as error:
            raise InputError(
                f"{self.name}: {error}",
                code="STRATEGY_PARAM",
                field=", ".join(params),
                fix="give each parameter that has no default",
            ) from error


def find_strategy(reference: str, known: Mapping[str, type] = BUILT_IN) -> FoundStrategy:
    """By a name of `known`, or as FILE.py, FILE.py:NAME or package.module:NAME.

    Raises InputError (STRATEGY_UNKNOWN, STRATEGY_FILE).
    """
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", reference).lower().replace("_", "-")
    if plain in known:
        built_in = known[plain]
        return FoundStrategy(
            reference=plain, name=plain, target=built_in, path=Path(inspect.getfile(built_in))
        )
    place, _, name = reference.partition(":")
    if not place.endswith(".py") and not name:
        raise _unknown(reference, known)
    module = _module_of(place)
    target = _chosen(module, name, place)
    assert module.__file__, "it was read from a file"
    return FoundStrategy(
        reference=f"{place}:{target.__name__}",
        name=target.__name__,
        target=target,
        path=Path(module.__file__),
    )


def _unknown(reference: str, known: Mapping[str, type]) -> InputError:
    return InputError(
        f"there is no strategy {reference}",
        code="STRATEGY_UNKNOWN",
        field="strategy",
        fix=f"choose from {', '.join(known)}, or name your own as FILE.py:NAME",
    )


def _module_of(place: str) -> ModuleType:
    try:
        if not place.endswith(".py"):
            return importlib.import_module(place)
        path = Path(place).resolve()
        if not path.is_file():
            raise InputError(
                f"there is no file {place}",
                code="STRATEGY_FILE",
                field="strategy",
                fix="give the path of a Python file",
            )
        name = f"argos_strategy_{path.stem}"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None, "a name that ends in .py has a loader"
        assert spec.loader is not None, "a name that ends in .py has a loader"
        module = importlib.util.module_from_spec(spec)
        # Dataclasses and numba's cache look their module up.
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"{place} cannot be loaded: {type(error).__name__}: {error}",
            code="STRATEGY_FILE",
            field="strategy",
            fix="mend the file; `python -i FILE.py` shows the whole error",
        ) from error


def _chosen(module: ModuleType, name: str, place: str) -> Callable[..., Any]:
    """The object called `name`, or the only strategy of the file."""
    found = {
        key: value
        for key, value in vars(module).items()
        if getattr(value, "__module__", None) == module.__name__ and _looks_like_one(value)
    }
    if name:
        target = getattr(module, name, None)
        if target is None or not callable(target):
            raise InputError(
                f"{place} has no {name}",
                code="STRATEGY_UNKNOWN",
                field="strategy",
                fix=f"it has {', '.join(found) or 'no strategy'}",
            )
        chosen: Callable[..., Any] = target
        return chosen
    if len(found) != 1:
        raise InputError(
            f"{place} has {len(found)} strategies",
            code="STRATEGY_UNKNOWN",
            field="strategy",
            fix=f"say which: {', '.join(f'{place}:{key}' for key in found)}"
            if found
            else "write a class with signals(market) or on_bar(context), or a function f(market, …)",
        )
    only: Callable[..., Any] = next(iter(found.values()))
    return only


def _looks_like_one(value: Any) -> bool:
    if isinstance(value, type):
        return hasattr(value, "signals") or hasattr(value, "on_bar")
    return inspect.isfunction(value) and next(iter(inspect.signature(value).parameters), "") == (
        "market"
    )
