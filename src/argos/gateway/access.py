"""Who may ask: API keys as bearers, and what each is for."""

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from argos.core.errors import InputError
from argos.flows.accept_alert import ApiKey

_bearer: Final = HTTPBearer(
    auto_error=False, description="an API key: `argos init` prints the first one"
)


def require_scope(scope: str, *wider: str) -> Callable[..., ApiKey]:
    """A dependency that yields the caller's key, which has the scope or one of the `wider` ones.

    Raises InputError UNAUTHORISED or SCOPE_MISSING.
    """

    def caller(
        request: Request,
        given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    ) -> ApiKey:
        doors = request.app.state.desks.alerts.doors.doors
        key: ApiKey | None = doors.api_key_of(given.credentials) if given else None
        if key is None:
            raise InputError(
                "the API key is missing or unknown",
                code="UNAUTHORISED",
                fix="send the header Authorization: Bearer <api key>",
            )
        if key.scopes.isdisjoint((scope, *wider)):
            raise InputError(
                f"the key {key.name} is not for {scope}",
                code="SCOPE_MISSING",
                fix=f"use a key with the scope {scope}",
            )
        return key

    return caller
