"""A whole Argo for a bad day, run as a process of its own: `python argo_stand_process.py HOME`.

Database, gateway, worker, the paper exchange with its node, fixture sources and the signal service, over replayed days
that last seconds. It says where it is in one JSON line, and ends by SIGTERM. The signal service reads its clock through
`clock.txt` in the home: seconds that it is ahead.
"""

import asyncio
import json
import signal
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

from argos.cli.demo.argo import LIMITS, SETTINGS
from argos.doors import configure_doors
from argos.home_database import embedded_server, open_access, prepare_database
from argos.plans import EXCHANGE_ACCOUNT, PaperPlan, broker_url, plan_exchange, plan_signals
from argos.provisioning import configure_exchange
from argos.rehearsal.argo_week import WeekSettings, WeekWatch, play_week
from argos.rehearsal.compressed import ReplayedDays
from argos.rehearsal.feed import BrokerAddress
from argos.running import Stack
from argos.settings import load_config, load_settings
from argos.sources.settings import CONFIG
from argos.stack.free_ports import ports
from argos.stack.home import Home, write_atomically
from argos.store.control import ControlStore
from argos.store.database import open_pool

SHIFTED = Path(__file__).with_name("shifted_signals.py")
DAYS = ReplayedDays(day_s=8.0, ticks=80, first_day=date(2009, 2, 23), seed=1)
SONAR_USD_PER_DAY = "0.05"
"""A budget that lasts for a few questions."""


async def _prepare(home: Home, url: str) -> tuple[PaperPlan, BrokerAddress]:
    exchange = plan_exchange(home, gateway_url=url, seed=1)
    write_atomically(home.root / CONFIG, json.dumps(SETTINGS))
    settings = load_settings(home, {})
    server = embedded_server(home, settings)
    await prepare_database(await server.start(), home)
    access = open_access(home, settings)
    await configure_exchange(access, exchange, limits=LIMITS)
    pool = await open_pool(access.as_role("argos_control"), name="stand", size_max=1)
    await configure_doors(ControlStore(pool), home)
    await pool.close()
    await server.stop()
    plan = PaperPlan(
        brokers=(exchange.broker,),
        broker_paths=(exchange.broker_path,),
        nodes=(exchange.node,),
        market_path=home.brokers / "none.json",
    )
    return plan, BrokerAddress(url=broker_url(exchange.broker), feed_key=exchange.broker.feed_key)


async def main(root: Path) -> None:
    home = Home.at(root)
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    port = ports(home).port("gateway")
    plan, address = await _prepare(home, f"http://127.0.0.1:{port}")
    days = replace(DAYS, began_s=time.time() + 2)

    def wrap(name: str, argv: list[str]) -> list[str]:
        clock = str(root / "clock.txt")
        return [sys.executable, str(SHIFTED), clock] if name == "signals" else argv

    stack = Stack(
        home,
        load_settings(home, {}),
        paper=plan,
        gateway_port=port,
        everyday_market=False,
        wrap=wrap,
        restart_s_max=0.5,
    )
    async with stack as running:
        week = WeekSettings(days=days, count=10_000, exchange=address)
        watch = WeekWatch(on_day=lambda *_: None, on_end=_nothing, is_closed=_yes)
        playing = asyncio.create_task(play_week(week, watch, stop=stop))
        signals = plan_signals(home, load_config(home, {}).sources, days=days)
        budget = {"ARGOS_SONAR_USD_PER_DAY": SONAR_USD_PER_DAY}
        await stack.start_signals(replace(signals, environ={**signals.environ, **budget}))
        told = {
            "gateway_url": running.gateway_url,
            "fixture_url": signals.fixture_url,
            "exchange_url": address.url,
            "account": EXCHANGE_ACCOUNT,
            "pids": running.children.pids,
        }
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        await playing


async def _nothing() -> None:
    """No halt at the end."""


async def _yes() -> bool:
    return True


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
