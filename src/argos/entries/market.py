"""The market as a process: `python -m argos.entries.market FILE`. Replays real days for the paper brokers."""

import asyncio
import json
import sys
from pathlib import Path

from argos.entries.logs import set_up_logs
from argos.rehearsal.everyday import MarketSettings, run_market
from argos.rehearsal.feed import BrokerAddress


def main(path: Path) -> None:
    """Feed the brokers that the file names until told to stop."""
    set_up_logs("market")
    body = json.loads(path.read_text("utf-8"))
    brokers = tuple(
        BrokerAddress(url=item["url"], feed_key=item["feed_key"]) for item in body["brokers"]
    )
    asyncio.run(run_market(MarketSettings(brokers=brokers)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
