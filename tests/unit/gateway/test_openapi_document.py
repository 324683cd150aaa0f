"""The OpenAPI document: every operation is named, described, and shown by example."""

from typing import Any

import orjson
import pytest
from pydantic import BaseModel

from argos.gateway import documents, journal_documents, reading_documents
from argos.gateway.app import build_app
from argos.gateway.documents import INTENT_EXAMPLE
from argos.gateway.openapi import error_answers
from argos.gateway.schemas import answers, configured, journal, node_calls, readings, story
from argos.gateway.schemas.values import example_of
from argos.protocol.intent_body import parse_intent_body

DOCUMENT: dict[str, Any] = build_app(None).openapi()
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
READING = {
    name: operation for name, operation in OPERATIONS.items() if "reading" in operation["tags"]
}


def _models() -> list[type[BaseModel]]:
    """Every model that can be shown; a generic one only once it is filled in."""
    found = [
        value
        for module in (answers, configured, journal, node_calls, readings, story)
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, BaseModel)
        and value.__module__ == module.__name__
    ]
    return [model for model in found if model is not answers.PageOf]


def test_everything_that_contracts_promise_is_there() -> None:
    lists = "alerts intents orders executions positions trades discrepancies accounts routes nodes instruments"
    promised = {f"GET /api/{name}" for name in [*lists.split(), "halts", "alarms"]} | {
        "GET /api/signals",
        "GET /api/signals/latest",
        "GET /api/signals/stats",
        "GET /api/trades/{trade_id}",
        "GET /api/alerts/{alert_id}",
        "GET /api/journal",
        "GET /api/performance",
        "GET /api/performance/win-rate",
        "GET /api/accounts/{account}/equity",
        "GET /api/reconciled/{trade_id}/{account}/revisions",
        "POST /hooks/tradingview/{hook_key}",
        "POST /api/intents",
        "POST /api/halt",
        "POST /api/resume",
        "GET /api/halts/underway",
        *(f"POST /node/v1/{call}" for call in ("enrol", "hello", "rekey", "poll", "reports")),
        "GET /health",
        "GET /health/live",
        "GET /health/ready",
        "GET /metrics",
    }
    assert promised == OPERATIONS.keys()


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_is_named_described_and_shown_by_example(name: str) -> None:
    operation = OPERATIONS[name]
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"]
    for parameter in operation.get("parameters", []):
        schema = parameter["schema"]
        assert "example" in parameter or "examples" in schema, parameter["name"]
    if name.startswith("POST"):
        assert operation["requestBody"]["content"], name
    for media in operation.get("requestBody", {}).get("content", {}).values():
        assert media["example"]
        assert media["schema"]
    for status, response in operation["responses"].items():
        assert response["description"]
        for media in response["content"].values():
            assert "example" in media, status
            assert media["schema"], status


def test_operation_ids_are_unique() -> None:
    ids = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", READING)
def test_reading_needs_a_bearer_and_says_how_it_is_refused(name: str) -> None:
    operation = READING[name]
    (scheme,) = operation["security"]
    (scheme_name,) = scheme
    declared = DOCUMENT["components"]["securitySchemes"][scheme_name]
    assert (declared["type"], declared["scheme"]) == ("http", "bearer")
    refusals = {"401", "403", "422", "503"} | ({"404"} if "{" in name else set())
    assert operation["responses"].keys() == {"200"} | refusals


def test_every_error_has_the_one_shape() -> None:
    for name, operation in OPERATIONS.items():
        for status, response in operation["responses"].items():
            if int(status) < 400 or name.startswith("GET /health"):
                continue
            (media,) = response["content"].values()
            assert media["schema"]["$ref"].endswith("/ErrorAnswer"), (name, status)
            answers.ErrorAnswer.model_validate(media["example"])


@pytest.mark.parametrize("model", _models(), ids=lambda model: model.__name__)
def test_the_example_of_a_model_is_one(model: type[BaseModel]) -> None:
    model.model_validate_json(orjson.dumps(example_of(model)))


def test_the_example_of_an_intent_is_one() -> None:
    parse_intent_body(INTENT_EXAMPLE)


def test_no_word_of_the_documents_is_empty() -> None:
    for module in (documents, journal_documents, reading_documents):
        for name, value in vars(module).items():
            if isinstance(value, dict) and "summary" in value:
                assert value["description"].endswith("."), name
    for status, response in error_answers(401, 403, 404, 409, 413, 422, 429, 503).items():
        assert response["description"].endswith("."), status
