"""The gateway's HTTP surface. It takes alerts, serves nodes, answers questions, and cannot trade."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, FastAPI, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from argos.core.errors import ArgosError
from argos.flows.accept_alert import ApiKey
from argos.gateway import documents, journal, reading, signals
from argos.gateway.access import require_scope
from argos.gateway.alerts import AlertDesk
from argos.gateway.answers import answer, error_answer, error_body, unexpected_answer
from argos.gateway.brakes import BrakeDesk, UnderwayAsked
from argos.gateway.health import HealthDesk
from argos.gateway.node_auth import bounded_body
from argos.gateway.nodes import NodeDesk
from argos.gateway.openapi import complete_examples
from argos.gateway.short_way import (
    HOOK_KEY_LENGTH_MAX,
    HOOKS_PATH,
    POLL_PATH,
    REPORTS_PATH,
    ShortWay,
)
from argos.protocol.intent_body import BODY_BYTES_MAX

TITLE: Final = "Argos gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desks:
    """Everything the surface hands work to; `background` are the loops that live as long as it does."""

    alerts: AlertDesk
    nodes: NodeDesk
    reading: reading.ReadingDesk
    journal: journal.JournalDesk
    brakes: BrakeDesk
    health: HealthDesk
    background: Sequence[Any] = ()


def build_app(open_desks: Any) -> FastAPI:
    """The application. `open_desks` is an async context manager that yields the `Desks`."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_desks() as desks:
            app.state.desks = desks
            tasks = [asyncio.create_task(loop()) for loop in desks.background]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    app = ShortWay(
        title=TITLE,
        version="1",
        lifespan=lifespan,
        description=documents.DESCRIPTION,
        openapi_tags=documents.TAGS,
    )
    _add_errors(app)
    _add_alerts(app)
    _add_nodes(app)
    reading.add_routes(app)
    journal.add_routes(app)
    signals.add_routes(app)
    _add_brakes(app)
    _add_health(app)
    complete_examples(app, app.openapi())
    return app


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(ArgosError)
    async def known_error(_: Request, error: ArgosError) -> Response:
        return error_answer(error)

    @app.exception_handler(RequestValidationError)
    async def bad_parameter(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"][1:])
        body = error_body(
            code="PARAMETER_INVALID", message=str(first["msg"]), field=field, fix="see /docs"
        )
        return answer(body, status=422)

    @app.exception_handler(HTTPException)
    async def http_error(_: Request, error: HTTPException) -> Response:
        code = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}.get(error.status_code, "HTTP_ERROR")
        body = error_body(code=code, message=str(error.detail), field=None, fix="see /docs")
        response = answer(body, status=error.status_code)
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(Exception)
    async def unknown_error(_: Request, error: Exception) -> Response:
        return unexpected_answer(error)


def _add_alerts(app: FastAPI) -> None:
    @app.post(HOOKS_PATH + "{hook_key}", **documents.TAKE_ALERT)
    async def take_alert(
        request: Request,
        hook_key: Annotated[str, Path(max_length=HOOK_KEY_LENGTH_MAX, examples=["9c1Zt0..."])],
    ) -> Response:
        desk: AlertDesk = request.app.state.desks.alerts
        return await desk.take_hook(request.scope, request.receive, hook_key=hook_key)

    @app.post("/api/intents", **documents.TAKE_INTENT)
    async def take_intent(
        request: Request, key: Annotated[ApiKey, Depends(require_scope("trade"))]
    ) -> Response:
        desk: AlertDesk = request.app.state.desks.alerts
        return await desk.take_api(request.scope, request.receive, key=key)


def _add_nodes(app: FastAPI) -> None:
    @app.post("/node/v1/enrol", **documents.NODE_ENROL)
    async def enrol(request: Request) -> Response:
        desk: NodeDesk = request.app.state.desks.nodes
        return await desk.enrol(request)

    @app.post("/node/v1/hello", **documents.NODE_HELLO)
    async def hello(request: Request) -> Response:
        desk: NodeDesk = request.app.state.desks.nodes
        return await desk.hello(request)

    @app.post("/node/v1/rekey", **documents.NODE_REKEY)
    async def rekey(request: Request) -> Response:
        desk: NodeDesk = request.app.state.desks.nodes
        return await desk.rekey(request)

    @app.post(POLL_PATH, **documents.NODE_POLL)
    async def poll(request: Request) -> Response:
        desk: NodeDesk = request.app.state.desks.nodes
        return await desk.poll(request)

    @app.post(REPORTS_PATH, **documents.NODE_REPORTS)
    async def reports(request: Request) -> Response:
        desk: NodeDesk = request.app.state.desks.nodes
        return await desk.reports(request)


def _add_brakes(app: FastAPI) -> None:
    control = Depends(require_scope("control"))

    @app.post("/api/halt", **documents.HALT)
    async def halt(request: Request, key: Annotated[ApiKey, control]) -> Response:
        desk: BrakeDesk = request.app.state.desks.brakes
        body = await bounded_body(request, bytes_max=BODY_BYTES_MAX)
        return await desk.halt(body, by=key.name)

    @app.get("/api/halts/underway", **documents.UNDERWAY)
    async def underway(
        request: Request,
        asked: Annotated[UnderwayAsked, Query()],
        _: Annotated[ApiKey, Depends(require_scope("control", "read"))],
    ) -> Response:
        desk: BrakeDesk = request.app.state.desks.brakes
        return await desk.underway(asked)

    @app.post("/api/resume", **documents.RESUME)
    async def resume(request: Request, key: Annotated[ApiKey, control]) -> Response:
        desk: BrakeDesk = request.app.state.desks.brakes
        body = await bounded_body(request, bytes_max=BODY_BYTES_MAX)
        return await desk.resume(body, by=key.name)


def _add_health(app: FastAPI) -> None:
    @app.get("/health", operation_id="health", **documents.HEALTH)
    async def health(request: Request) -> Response:
        desk: HealthDesk = request.app.state.desks.health
        return await desk.ready()

    @app.get("/health/live", **documents.HEALTH_LIVE)
    async def live(request: Request) -> Response:
        desk: HealthDesk = request.app.state.desks.health
        return desk.live()

    @app.get("/health/ready", operation_id="health_ready", **documents.HEALTH)
    async def ready(request: Request) -> Response:
        desk: HealthDesk = request.app.state.desks.health
        return await desk.ready()

    @app.get(
        "/metrics", dependencies=[Depends(require_scope("metrics", "read"))], **documents.METRICS
    )
    async def metrics(request: Request) -> Response:
        desk: HealthDesk = request.app.state.desks.health
        return await desk.metrics()
