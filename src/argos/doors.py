"""The doors of a home that `argos init` opens: one hook for alerts, one API key for the operator."""

from typing import Final

from argos.stack.home import Home
from argos.store.control import ControlStore

HOOK: Final = "tradingview"
HOOK_KEY: Final = "hook_key"
HOOK_SECRET: Final = "hook_secret"  # noqa: S105 - the name under which the home keeps it
API_KEY: Final = "api_key"
OPERATOR: Final = "operator"
SCOPES: Final = ("read", "trade", "control", "metrics")
HOOK_RATE_PER_MINUTE: Final = 6_000


async def configure_doors(control: ControlStore, home: Home) -> None:
    """The first hook and the operator's API key, with the secrets of the home. Again: changes nothing."""
    if HOOK not in {hook["hook"] for hook in await control.hooks()}:
        key = home.secret(HOOK_KEY)
        await control.put_hook(HOOK, key=key, rate_per_minute=HOOK_RATE_PER_MINUTE)
    if not any(hook["secrets"] for hook in await control.hooks() if hook["hook"] == HOOK):
        await control.put_secret(HOOK, home.secret(HOOK_SECRET))
    await control.put_api_key(OPERATOR, key=home.secret(API_KEY), scopes=SCOPES)
