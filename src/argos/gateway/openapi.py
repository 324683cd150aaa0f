"""Builds what the OpenAPI document says of operations: answers with examples, errors, bodies that we parse."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from argos.gateway.schemas.answers import ErrorAnswer
from argos.gateway.schemas.values import example_of

Answers = dict[int | str, dict[str, Any]]

_ERRORS: Final[Mapping[int, tuple[str, str, str | None, str, str]]] = {
    401: (
        "No key, hook or signature that we know.",
        "UNAUTHORISED",
        None,
        "the API key is missing or unknown",
        "send the header Authorization: Bearer <api key>",
    ),
    403: (
        "The key is good, but not for this.",
        "SCOPE_MISSING",
        None,
        "the key reports is not for trade",
        "use a key with the scope trade",
    ),
    404: (
        "There is no such thing.",
        "NOT_FOUND",
        None,
        "nothing is known of the trade ema-AAPL-1",
        "see /api/trades for those there are",
    ),
    409: (
        "The same event id with other content, or a superseded node.",
        "INTENT_EVENT_CONFLICT",
        "event_id",
        "this event id was used before with other content; both are kept",
        "give every event an id of its own: the Pine library does",
    ),
    413: (
        "The body is too large.",
        "BODY_TOO_LARGE",
        None,
        "the body is larger than 65536 bytes",
        "send fewer features",
    ),
    422: (
        "Something in it cannot be used.",
        "INTENT_SYMBOL_MISSING",
        "symbol",
        "symbol: Field required",
        "add symbol to the alert message",
    ),
    429: (
        "More alerts than this hook may send.",
        "HOOK_RATE_EXCEEDED",
        None,
        "more than 600 alerts a minute at this hook",
        "send fewer alerts, or raise the hook's rate_per_minute",
    ),
    503: (
        "Not stored, or not readable, now: try again.",
        "STORE_UNAVAILABLE",
        None,
        "the database is away",
        "",
    ),
}


def _json_content(schema: Any, example: Any) -> dict[str, Any]:
    return {"application/json": {**({"schema": schema} if schema else {}), "example": example}}


def error_answers(*statuses: int) -> Answers:
    """Answers in the one shape of errors, each with an example."""
    found: Answers = {}
    for status in statuses:
        description, code, field, message, fix = _ERRORS[status]
        example = {"error": {"code": code, "message": message, "field": field, "fix": fix}}
        found[status] = {
            "model": ErrorAnswer,
            "description": description,
            "content": _json_content(None, example),
        }
    return found


def answered(
    model: type[BaseModel], description: str, *, example: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """An answer with a body of this model, and an example made from its fields."""
    return {
        "model": model,
        "description": description,
        "content": _json_content(None, {**example_of(model), **(example or {})}),
    }


def operation(
    operation_id: str,
    *,
    tag: str,
    summary: str,
    description: str,
    answers: Answers,
    status: int = 200,
    **extra: Any,
) -> dict[str, Any]:
    """Keyword arguments for the decorator of a route."""
    return {
        "operation_id": operation_id,
        "tags": [tag],
        "summary": summary,
        "description": description,
        "responses": dict(answers),
        "status_code": status,
        "response_model": None,
        "openapi_extra": extra or None,
    }


def _inlined(model: type[BaseModel]) -> dict[str, Any]:
    """The model's JSON schema without references: bodies that we parse ourselves are unknown to FastAPI."""
    _, whole = models_json_schema([(model, "validation")], ref_template="{model}")
    definitions: dict[str, Any] = whole["$defs"]

    def resolve(node: Any) -> Any:
        if isinstance(node, list):
            return [resolve(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return resolve({**definitions[node["$ref"]], **_without(node, "$ref")})
        return {name: resolve(value) for name, value in node.items()}

    resolved: dict[str, Any] = resolve(definitions[model.__name__])
    return resolved


def _without(node: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key != name}


def request_body(
    model: type[BaseModel], example: Mapping[str, Any], **media: Any
) -> dict[str, Any]:
    content = _json_content(_inlined(model), example) | media
    return {"requestBody": {"required": True, "content": content}}


def complete_examples(app: FastAPI, document: dict[str, Any]) -> dict[str, Any]:
    """Put the nulls back that FastAPI leaves out of examples: a field that is null is there, and says so."""
    for route in app.routes:
        if not isinstance(route, APIRoute):
            continue
        for method in route.methods or ():
            shown = document["paths"][route.path_format][method.lower()]
            told = {**(route.openapi_extra or {}), "responses": route.responses}
            _copy_examples(told.get("requestBody", {}), shown.get("requestBody", {}))
            for status, response in told["responses"].items():
                _copy_examples(response, shown["responses"][str(status)])
    return document


def _copy_examples(told: Mapping[str, Any], shown: Mapping[str, Any]) -> None:
    for media, content in told.get("content", {}).items():
        shown["content"][media]["example"] = content["example"]
