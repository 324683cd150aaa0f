"""Values as they stand in answers, each with an example: documents are made from these; nothing is checked by them."""

import types
import typing
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field
from pydantic.fields import FieldInfo

DecimalText = Annotated[
    str, Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$", description="a decimal", examples=["1.25"])
]
MomentText = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$",
        json_schema_extra={"format": "date-time"},
        description="RFC 3339 in UTC, with microseconds",
        examples=["2026-11-20T14:30:00.012345Z"],
    ),
]
AlertId = Annotated[UUID, Field(examples=["019aa1c4-6b2c-7d3e-8f00-5a1b2c3d4e5f"])]
IntentId = Annotated[UUID, Field(examples=["6c1f0a52-3d0b-5a77-9c35-0d6f8d1f4a10"])]
EventId = Annotated[UUID, Field(examples=["2f0d5b7e-9a3c-5e1d-8b42-7c6a5d4e3f20"])]
OrderId = Annotated[UUID, Field(examples=["a7d3e9c1-5b2f-5c84-b6a0-1e2d3c4b5a69"])]
CommandId = Annotated[UUID, Field(examples=["b8e4fad2-6c30-5d95-87b1-2f3e4d5c6b7a"])]
TradeId = Annotated[str, Field(examples=["ema-AAPL-20261120-1"])]
AccountName = Annotated[str, Field(examples=["meridian-hedge"])]
RouteName = Annotated[str, Field(examples=["main"])]
Symbol = Annotated[str, Field(examples=["AAPL"])]
BotVersion = Annotated[str, Field(examples=["ema-cross@3.2"])]
Magic = Annotated[str, Field(description="63 bits, as text", examples=["1527194055316471808"])]
ClientOrderId = Annotated[str, Field(examples=["U7J6TQK3F5OIJNVAB4WTYS22NE"])]
CursorText = Annotated[
    str | None,
    Field(description="send it as cursor for the next page; null at the end", examples=[None]),
]


class CheckResult(BaseModel):
    """The verdict of one check, passed or not."""

    check: Annotated[str, Field(examples=["intent"])]
    ok: Annotated[bool, Field(examples=[True])]


def example_of(model: type[BaseModel]) -> dict[str, Any]:
    """An example of a whole model, from the examples of its fields."""
    return {name: _field_example(info) for name, info in model.model_fields.items()}


def _field_example(info: FieldInfo) -> Any:
    return info.examples[0] if info.examples else _type_example(info.annotation)


def _type_example(annotation: Any) -> Any:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        inner = FieldInfo.from_annotation(annotation)
        return _field_example(inner)
    if origin in {types.UnionType, typing.Union}:
        return _type_example(next(item for item in arguments if item is not type(None)))
    if origin in {list, tuple}:
        return [_type_example(arguments[0])]
    if origin is typing.Literal:
        return arguments[0]
    if origin in {dict, Mapping}:
        return {}
    if issubclass(annotation, BaseModel):
        return example_of(annotation)
    if issubclass(annotation, StrEnum):
        return next(iter(annotation)).value
    raise TypeError(f"give {annotation} an example")
