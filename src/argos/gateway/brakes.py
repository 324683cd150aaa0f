"""Halt and resume: kept over restarts, and in force for every send after the answer."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from starlette.responses import Response

from argos.core.account import HaltScope, TradingMode
from argos.core.errors import InputError
from argos.gateway.answers import answer
from argos.protocol.complaints import place_of, told
from argos.protocol.values import moment_text, parse_json
from argos.store.brakes import LEASE_OVER_S_MAX, BrakeStore

SETTLE_S_MAX: Final = 3.0
"""How long the answer waits, unless asked to wait otherwise, for nodes to speak of what was already on its way."""
SETTLE_LOOK_S: Final = 0.02
Body = TypeVar("Body", bound="BrakeBody")


def _none_is_empty(key: object) -> object:
    return "" if key is None else key


class BrakeBody(BaseModel):
    """Whom the brake holds: everybody (without a key), or one account, route or strategy (a bot_version)."""

    model_config = ConfigDict(extra="forbid")

    scope: HaltScope
    key: Annotated[str, Field(max_length=64), BeforeValidator(_none_is_empty)] = ""

    @model_validator(mode="after")
    def _key_fits_scope(self) -> "BrakeBody":
        if (self.scope is HaltScope.GLOBAL) != (self.key == ""):
            raise ValueError("key names the account, route or strategy, and is empty for global")
        return self


class HaltBody(BrakeBody):
    mode: TradingMode = TradingMode.HALTED
    reason: Annotated[str, Field(min_length=1, max_length=500)]
    wait_s: Annotated[float, Field(ge=0, le=LEASE_OVER_S_MAX)] = SETTLE_S_MAX

    @model_validator(mode="after")
    def _mode_brakes(self) -> "HaltBody":
        if self.mode is TradingMode.ACTIVE:
            raise ValueError("to take a brake off, use resume")
        return self


class UnderwayAsked(BaseModel):
    """The brake, set or not, of which it is asked what it holds."""

    model_config = ConfigDict(extra="forbid")

    scope: Annotated[HaltScope, Field(description="whom it holds", examples=["route"])]
    key: Annotated[
        str,
        Field(
            max_length=64,
            pattern=r"^[^\x00]*$",
            description="the account, route or strategy; empty for global",
            examples=["main"],
        ),
    ] = ""
    mode: Annotated[
        TradingMode, Field(description="exits count for halted only", examples=["halted"])
    ] = TradingMode.HALTED


@dataclass(slots=True)
class BrakeDesk:
    store: BrakeStore
    on_change: Callable[[], Any]

    async def halt(self, raw: bytes, *, by: str) -> Response:
        """Set a brake, then wait until the nodes have spoken of all that was leased before."""
        body = _parse(HaltBody, raw)
        await self.store.set_halt(
            scope=body.scope.value, key=body.key, mode=body.mode.value, reason=body.reason, by=by
        )
        await self.on_change()
        unconfirmed = await self._settle(body)
        return answer(
            {
                "scope": body.scope.value,
                "key": body.key,
                "mode": body.mode.value,
                "reason": body.reason,
                "unconfirmed_commands": unconfirmed,
            }
        )

    async def resume(self, raw: bytes, *, by: str) -> Response:
        body = _parse(BrakeBody, raw)
        released = await self.store.resume(scope=body.scope.value, key=body.key, by=by)
        await self.on_change()
        return answer({"scope": body.scope.value, "key": body.key, "released": released})

    async def underway(self, asked: UnderwayAsked) -> Response:
        """What such a brake holds and nodes have not spoken of yet."""
        found = await self.store.commands_underway(
            scope=asked.scope.value, key=asked.key, mode=asked.mode.value
        )
        moments = ("leased_at", "sendable_until")
        items = [item | {name: moment_text(item[name]) for name in moments} for item in found]
        return answer({"items": items})

    async def _settle(self, body: HaltBody) -> list[str]:
        deadline_s = time.monotonic() + body.wait_s
        while True:
            underway = await self.store.underway(
                scope=body.scope.value, key=body.key, mode=body.mode.value
            )
            if not underway or time.monotonic() > deadline_s:
                return underway
            await asyncio.sleep(SETTLE_LOOK_S)


def _parse(model: type[Body], raw: bytes) -> Body:
    try:
        return model.model_validate(parse_json(raw))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise InputError(
            told(first), code="HALT_INVALID", field=place_of(first) or None, fix="see /docs"
        ) from None
