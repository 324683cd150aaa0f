"""`argos paper-alpaca`: an exchange on this machine that Alpaca's own clients take for Alpaca's paper trading."""

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Final

import typer

from argos.cli.frame.apart import become
from argos.cli.frame.entrance import chosen_home
from argos.core.errors import InputError
from argos.paperbroker.presets import PAPER_KEY_ID, paper_exchange
from argos.paperbroker.settings import BrokerSettings, Fault, settings_json
from argos.plans import broker_url
from argos.stack.free_ports import is_free, ports
from argos.stack.home import Home, write_atomically

NAME: Final = "paper-alpaca"
FIRST_DAY: Final = date(2004, 8, 19)
LAST_START: Final = date(2013, 3, 1)
SPEED_MAX: Final = 3_600
EXAMPLE: Final = (
    "Examples: `argos paper-alpaca`; "
    "`argos paper-alpaca --speed 390 --start 2008-09-15 --fault accept_then_timeout=0.05 --json`."
)


def register(app: typer.Typer) -> None:
    app.command(NAME, epilog=EXAMPLE)(paper_alpaca)


def paper_alpaca(
    context: typer.Context,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="The port; else a free one, the same each time."),
    ] = None,
    seed: Annotated[
        int, typer.Option(help="Seed of the path inside each day, of fills and of faults.")
    ] = 1,
    speed: Annotated[
        float,
        typer.Option(
            min=1, max=SPEED_MAX, help="Seconds of a session in one of yours; nights take two."
        ),
    ] = 60.0,
    start: Annotated[
        str,
        typer.Option(
            help=f"The first day, from {FIRST_DAY} to {LAST_START}. A ledger that is past it goes on.",
            metavar="DATE",
        ),
    ] = "2012-03-01",
    deposit: Annotated[
        int, typer.Option(min=1, help="Dollars in a fresh account.", metavar="DOLLARS")
    ] = 100_000,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            help="Let this go wrong with this probability; may be given more than once. "
            f"Faults: {', '.join(Fault)}.",
            metavar="NAME=PROBABILITY",
        ),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Forget the account's orders and money, and begin anew.")
    ] = False,
    as_line: Annotated[
        bool, typer.Option("--json", help="Tell address and keys as exactly one JSON line.")
    ] = False,
) -> None:
    """Run a stand-in for Alpaca's paper trading: orders, positions, stream, clock; no key and no internet needed.

    Real daily prices of AAPL, MSFT, IBM and GOOG, 2004 to 2013; the path inside a day is a seeded bridge through that
    day's real open, high, low and close. Fills have no market impact and no queue. Give alpaca-py the printed keys, and
    api_url and stream_url as url_override.
    """
    home = Home.at(chosen_home(context).root)
    settings = paper_exchange(
        ledger=home.brokers / f"{NAME}.sqlite",
        feed_key=home.secret(f"feed_{NAME}"),
        control_key=home.secret(f"control_{NAME}"),
        secret=home.secret(f"account_{NAME}"),
        seed=seed,
        port=port or ports(home).port(f"broker-{NAME}"),
        deposit=Decimal(deposit),
        faults=read_faults(fault or ()),
    )
    if not is_free(settings.port):
        raise InputError(
            f"port {settings.port} is taken",
            code="EXCHANGE_PORT_TAKEN",
            field="--port",
            fix="choose another; an exchange may be running already",
        )
    if fresh:
        _forget(settings.ledger)
    path = home.brokers / f"{NAME}.json"
    write_atomically(path, settings_json(settings).decode())
    replay = {
        "start": read_start(start).isoformat(),
        "speed": str(Decimal(repr(speed))),
        "told": {**_told(settings), "json": as_line},
    }
    write_atomically(path.with_suffix(".replay.json"), json.dumps(replay))
    become(home, "argos.entries.paper_alpaca", [str(path)])


def _told(settings: BrokerSettings) -> dict[str, str]:
    url = broker_url(settings)
    return {
        "api_url": url,
        "stream_url": f"{url.replace('http', 'ws', 1)}/stream",
        "key_id": PAPER_KEY_ID,
        "secret_key": settings.accounts[0].api_key,
        "ledger": str(settings.ledger),
    }


def _forget(ledger: Path) -> None:
    for path in ledger.parent.glob(f"{ledger.name}*"):
        path.unlink()


def read_start(text: str) -> date:
    """The first day to replay. Raises InputError for one without prices."""
    try:
        start = date.fromisoformat(text)
    except ValueError:
        start = None
    if start is None or not FIRST_DAY <= start <= LAST_START:
        raise InputError(
            f"{text} is no day of the prices",
            code="EXCHANGE_START_UNKNOWN",
            field="--start",
            fix=f"give one from {FIRST_DAY} to {LAST_START}, such as 2012-03-01",
        )
    return start


def read_faults(words: Sequence[str]) -> dict[Fault, float]:
    """Probabilities by fault. Raises InputError for what is none."""
    chosen: dict[Fault, float] = {}
    for word in words:
        name, _, probability = word.partition("=")
        try:
            value = Decimal(probability)
            known = Fault(name) if 0 <= value <= 1 else None
        except (InvalidOperation, ValueError):
            known = None
        if known is None:
            raise InputError(
                f"{word} is no fault with its probability",
                code="BROKER_FAULT_UNKNOWN",
                field="--fault",
                fix=f"say NAME=0.05 with one of {', '.join(Fault)}",
            )
        chosen[known] = float(value)
    return chosen
