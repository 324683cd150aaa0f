"""What pydantic says of a body that does not fit its model, without the names of our classes."""

from collections.abc import Mapping
from typing import Any, Final

_OF_AN_OBJECT: Final = frozenset({"model_type", "model_attributes_type", "dict_type"})


def complaint(first: Mapping[str, Any]) -> str:
    """One finding of a ValidationError in words for whoever sent the body."""
    if first["type"] in _OF_AN_OBJECT:
        return "Input should be a JSON object"
    return str(first["msg"]).removeprefix("Value error, ")


def place_of(first: Mapping[str, Any]) -> str:
    """The dotted name of the field; empty for the body as a whole."""
    return ".".join(str(part) for part in first["loc"])


def told(first: Mapping[str, Any]) -> str:
    """Both in one sentence."""
    return ": ".join(filter(None, (place_of(first), complaint(first))))
