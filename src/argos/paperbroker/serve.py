"""Runs one paper broker until it is told to stop. Being killed instead is as good: the ledger has it all."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, Final

import uvloop
from aiohttp import web

from argos.exchange.book import Character
from argos.paperbroker import alpaca_shapes, mt5_shapes
from argos.paperbroker.alpaca_account import AlpacaAccount
from argos.paperbroker.alpaca_api import AlpacaOrders
from argos.paperbroker.alpaca_config import Configurations
from argos.paperbroker.alpaca_data import AlpacaData
from argos.paperbroker.alpaca_door import Door
from argos.paperbroker.alpaca_hours import AlpacaHours
from argos.paperbroker.alpaca_protocol import not_found
from argos.paperbroker.alpaca_queries import AlpacaOrderQueries
from argos.paperbroker.broker import Broker
from argos.paperbroker.control_api import ControlApi
from argos.paperbroker.exchange_clock import ExchangeClock, real_now
from argos.paperbroker.faults import FaultDesk
from argos.paperbroker.fills import FillDesk
from argos.paperbroker.gate import ConnectionCut, Gate, answer
from argos.paperbroker.ledger_writer import Ledger
from argos.paperbroker.mt5_api import Mt5Api
from argos.paperbroker.settings import BrokerSettings, Fault, instrument_of, read_settings
from argos.paperbroker.stream import StreamHub
from argos.stack.collector import collect_rarely

STOP_WAIT_S: Final = 2.0
BODY_BYTES_MAX: Final = 1 << 20

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Beside = Callable[[Broker, FillDesk], Coroutine[Any, Any, None]]
"""Work done beside serving, on the broker itself; its end is not the broker's, an error of it is."""


def run(settings_path: Path) -> None:
    """Serve the broker described in `settings_path` until SIGTERM or SIGINT.

    Raises InputError if the settings cannot be used, OSError if the port is taken.
    """
    collect_rarely()
    uvloop.run(serve(read_settings(settings_path)))


async def serve(settings: BrokerSettings, *, beside: Beside | None = None) -> None:
    """Serve the broker until SIGTERM or SIGINT. Raises what `beside` raises, OSError if the port is taken."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    ledger = Ledger(settings.ledger, broker=settings.name)
    try:
        await _serve_until(stop, settings, ledger=ledger, beside=beside)
    finally:
        ledger.close()


async def _serve_until(
    stop: asyncio.Event, settings: BrokerSettings, *, ledger: Ledger, beside: Beside | None
) -> None:
    hub = StreamHub()
    broker, gate, fills = _build(settings, ledger=ledger, hub=hub)
    app = _application(broker, gate=gate, fills=fills)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP_WAIT_S)
    await runner.setup()
    try:
        port = await _listen(runner, settings)
        _write_port(settings.port_file, port)
        fills.resume()
        log.info("paper broker %s listens on %s:%d", settings.name, settings.host, port)
        if beside is None:
            await stop.wait()
        else:
            await _wait_beside(stop, beside(broker, fills))
    finally:
        hub.cut(None)
        await gate.stop()
        await runner.cleanup()


async def _wait_beside(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Until `stop` is set, or `work` fails."""
    task = asyncio.create_task(work)
    task.add_done_callback(lambda done: stop.set() if _has_failed(done) else None)
    try:
        await stop.wait()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    if _has_failed(task):
        task.result()


def _has_failed(task: "asyncio.Task[None]") -> bool:
    return not task.cancelled() and task.exception() is not None


def _build(
    settings: BrokerSettings, *, ledger: Ledger, hub: StreamHub
) -> tuple[Broker, Gate, FillDesk]:
    boot = int(ledger.meta("boots", "0")) + 1
    ledger.set_meta("boots", str(boot))
    instruments = {item.symbol: instrument_of(item) for item in settings.instruments}
    tell = (
        partial(mt5_shapes.change_message, instruments=instruments)
        if settings.character is Character.MT5
        else alpaca_shapes.change_message
    )
    broker = Broker(settings, ledger=ledger, hub=hub, tell=tell, clock=ExchangeClock())

    def log_fault(account: str, fault: Fault, request: str) -> None:
        ledger.log_fault(at=real_now(), account=account, fault=fault, request=request)

    faults = FaultDesk(
        seed=f"{settings.seed}:faults:{boot}",
        probabilities=settings.fault_probabilities,
        log=log_fault,
        delays_ms=settings.fault_delays_ms,
    )
    gate = Gate(broker, faults=faults, boot=boot)
    return broker, gate, FillDesk(broker, gate=gate)


def _application(broker: Broker, *, gate: Gate, fills: FillDesk) -> web.Application:
    app = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[_cut_middleware])
    app.add_routes(ControlApi(broker, gate=gate, fills=fills).routes())
    if broker.settings.character is Character.MT5:
        app.add_routes(Mt5Api(broker, gate=gate, fills=fills).routes())
    else:
        app.add_routes(_alpaca_routes(broker, gate=gate, fills=fills))
    return app


def _alpaca_routes(broker: Broker, *, gate: Gate, fills: FillDesk) -> list[web.RouteDef]:
    per_minute = broker.settings.requests_per_minute
    door = Door(gate, requests_per_minute=per_minute)
    data = AlpacaData(broker, door=Door(gate, requests_per_minute=per_minute))
    configurations = Configurations(broker)
    orders = AlpacaOrders(broker, gate=gate, fills=fills, door=door, configurations=configurations)
    account = AlpacaAccount(broker, door=door, configurations=configurations)
    return [
        *orders.routes(),
        *AlpacaOrderQueries(broker, door=door).routes(),
        *account.routes(),
        *AlpacaHours(broker, door=door).routes(),
        *data.routes(),
        web.route("*", "/v2/{rest:.*}", door.guarded(_no_endpoint)),
    ]


async def _no_endpoint(_: str, __: web.Request) -> web.Response:
    raise not_found("endpoint not found")


@web.middleware
async def _cut_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Close the connection in place of an answer, where a handler says so."""
    try:
        return await handler(request)
    except ConnectionCut:
        if request.transport is not None:
            request.transport.abort()
        return answer({}, status=503)  # nobody hears it


async def _listen(runner: web.AppRunner, settings: BrokerSettings) -> int:
    """The bound port. On port 0 a restart takes the port it had before, if that is free."""
    for port in (_port_before(settings), settings.port):
        try:
            site = web.TCPSite(runner, settings.host, port)
            await site.start()
        except OSError:
            if port == settings.port:
                raise
            continue
        break
    return int(runner.addresses[0][1])


def _port_before(settings: BrokerSettings) -> int:
    if settings.port or not settings.port_file.exists():
        return settings.port
    return int(settings.port_file.read_text().strip() or 0)


def _write_port(path: Path, port: int) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(f"{port}\n")
    fresh.replace(path)
