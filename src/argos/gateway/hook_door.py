"""The short way in for alerts: past the framework's layers, which cost more than judging an alert does.

The route stands in the application all the same: for the API document, and for every request that is not a plain
delivery.
"""

from typing import Final

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from argos.gateway.alerts import AlertDesk
from argos.gateway.answers import unexpected_answer

HOOKS_PATH: Final = "/hooks/tradingview/"
HOOK_KEY_LENGTH_MAX: Final = 256


class HookDoor(FastAPI):
    """The application, which hands a POST to a hook's address straight to the alert desk."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = _hook_key(scope) if scope["type"] == "http" else ""
        if not key:
            await super().__call__(scope, receive, send)
            return
        desk: AlertDesk = self.state.desks.alerts
        try:
            response = await desk.take_hook(scope, receive, hook_key=key)
        except Exception as error:
            # the last handler on this way: nothing was promised, and the sender may try again
            response = unexpected_answer(error)
        await response(scope, receive, send)


def _hook_key(scope: Scope) -> str:
    """The key in the address of a delivery; empty for any other request."""
    path: str = scope["path"]
    if scope["method"] != "POST" or not path.startswith(HOOKS_PATH):
        return ""
    key = path[len(HOOKS_PATH) :]
    return key if "/" not in key and len(key) <= HOOK_KEY_LENGTH_MAX else ""
