"""The gateway as a process: `python -m argos.entries.gateway`."""

import os
from types import FrameType

import uvicorn
from fastapi import FastAPI

from argos.entries.logs import set_up_logs
from argos.home_database import open_access
from argos.settings import load_settings, open_home
from argos.stack.collector import collect_rarely
from argos.wiring.gateway import build_gateway


class Server(uvicorn.Server):
    """Lets the nodes' long polls answer at once when it is told to stop, so that stopping takes no time."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        app = self.config.app
        assert isinstance(app, FastAPI)
        desks = getattr(app.state, "desks", None)
        if desks is not None:
            desks.nodes.waker.stop()
        super().handle_exit(sig, frame)


def main() -> None:
    """Serve until told to stop. Settings come from the home and the environment."""
    set_up_logs("gateway")
    collect_rarely()
    home = open_home()
    settings = load_settings(home, os.environ)
    app = build_gateway(open_access(home, settings), settings)
    config = uvicorn.Config(
        app,
        host=settings.gateway.host,
        port=settings.gateway.port,
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,  # a hook's key stands in the path
        server_header=False,
        proxy_headers=False,  # X-Forwarded-For is walked by gateway.client_address alone
        timeout_graceful_shutdown=3,
        timeout_keep_alive=65,
    )
    Server(config).run()


if __name__ == "__main__":
    main()
