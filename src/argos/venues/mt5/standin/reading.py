"""From a paper broker's JSON to the package's named tuples, and from a request dict to JSON."""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from argos.venues.mt5.standin.shapes import TradeRequest

_Shape = TypeVar("_Shape", bound=tuple[Any, ...])
COMMENT_MAX: Final = 31
_TIMES_S: Final = frozenset({"time", "time_setup", "time_done", "time_expiration", "time_update"})


class RequestUnusable(Exception):
    """The package refuses the request before it reaches the terminal, in these words."""


def shape(kind: type[_Shape], row: Mapping[str, Any], *, offset_s: int = 0) -> _Shape:
    """`row` as a named tuple, its times moved to the broker's clock. A time of zero is none, and stays."""
    defaults: Mapping[str, Any] = kind._field_defaults  # type: ignore[attr-defined]
    values = {
        name: _time(name, _cast(default, row[name]), offset_s) if name in row else default
        for name, default in defaults.items()
    }
    return kind(**values)


def _cast(default: Any, value: Any) -> Any:
    if isinstance(default, bool):
        return bool(value)
    if isinstance(default, int):
        return int(float(value)) if isinstance(value, float) else int(value)
    if isinstance(default, float):
        return float(value)
    return str(value)


def _time(name: str, value: Any, offset_s: int) -> Any:
    if not name.startswith("time") or not value:
        return value
    if name in _TIMES_S:
        return value + offset_s
    return value + offset_s * 1_000 if name.endswith("_msc") else value


def request_of(request: Any) -> TradeRequest:
    """The request as the package reads it; keys that it does not know are passed over.

    Raises RequestUnusable, as for None in place of a value, a long comment, or a text for a price.
    """
    if not isinstance(request, dict):
        raise RequestUnusable("Invalid 1st unnamed argument")
    defaults: Mapping[str, Any] = TradeRequest._field_defaults
    known = {name: value for name, value in request.items() if name in defaults}
    for name, value in known.items():
        wanted = int | float if isinstance(defaults[name], float) else type(defaults[name])
        too_long = name == "comment" and len(str(value)) > COMMENT_MAX
        if not isinstance(value, wanted) or isinstance(value, bool) or too_long:
            raise RequestUnusable(f'Invalid "{name}" argument')
    return TradeRequest(**known)


def body_of(request: TradeRequest, *, offset_s: int) -> dict[str, Any]:
    """The request for the paper broker: decimals and magic as text, the expiration in UTC."""
    body: dict[str, Any] = {}
    for name, value in request._asdict().items():
        if isinstance(value, float) or name in {"volume", "price", "stoplimit", "sl", "tp"}:
            body[name] = f"{value:.15g}"
        else:
            body[name] = value
    expiration = request.expiration - offset_s if request.expiration else 0
    return {**body, "magic": str(request.magic), "expiration": expiration}
