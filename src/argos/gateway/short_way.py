"""The short way in for alerts and nodes: past the framework's layers, which cost more than judging an alert does.

The routes stand in the application all the same: for the API document, and for every request that is not a plain one.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from argos.core.errors import ArgosError
from argos.gateway.alerts import AlertDesk
from argos.gateway.answers import error_answer, unexpected_answer
from argos.gateway.nodes import NodeDesk

HOOKS_PATH: Final = "/hooks/tradingview/"
HOOK_KEY_LENGTH_MAX: Final = 256
POLL_PATH: Final = "/node/v1/poll"
REPORTS_PATH: Final = "/node/v1/reports"

_NODE_CALLS: Final[Mapping[str, Callable[[NodeDesk, Request], Awaitable[Response]]]] = {
    POLL_PATH: NodeDesk.poll,
    REPORTS_PATH: NodeDesk.reports,
}


class ShortWay(FastAPI):
    """The application, which hands alerts and the calls that nodes repeat straight to their desks."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        served = self._served_directly(scope, receive)
        if served is None:
            await super().__call__(scope, receive, send)
            return
        try:
            response = await served
        except ArgosError as error:
            response = error_answer(error)
        except Exception as error:
            # the last handler on this way: nothing was promised, and the sender may try again
            response = unexpected_answer(error)
        await response(scope, receive, send)

    def _served_directly(self, scope: Scope, receive: Receive) -> Awaitable[Response] | None:
        if scope["type"] != "http" or scope["method"] != "POST":
            return None
        path: str = scope["path"]
        if path.startswith(HOOKS_PATH):
            key = path[len(HOOKS_PATH) :]
            alerts: AlertDesk = self.state.desks.alerts
            is_key = "/" not in key and 0 < len(key) <= HOOK_KEY_LENGTH_MAX
            return alerts.take_hook(scope, receive, hook_key=key) if is_key else None
        if (call := _NODE_CALLS.get(path)) is None:
            return None
        return call(self.state.desks.nodes, Request(scope, receive))
