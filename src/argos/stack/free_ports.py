"""Loopback ports: chosen free once, remembered in the home, so that the second start has the same addresses."""

import json
import random
import socket
from pathlib import Path
from typing import Final

from argos.core.errors import ArgosError, InputError
from argos.stack.home import Home, write_atomically

LOOPBACK: Final = "127.0.0.1"

# Below the range from which kernels take ports for outgoing connections (Linux from 32768, macOS from 49152): a
# client that dials a server which is just restarting could else be given the server's own port, and keep it.
FIRST_PORT: Final = 17_000
LAST_PORT: Final = 29_999

ATTEMPTS_MAX: Final = 200


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port whose last connections are still in TIME_WAIT counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


class PortBook:
    """Ports by name, in one JSON file. Not for use by two processes at once: the home lock sees to that."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def known(self) -> dict[str, int]:
        """What has been given out so far. A broken file counts as empty: ports can be chosen anew."""
        try:
            held = json.loads(self._path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        if not isinstance(held, dict):
            return {}
        return {str(name): port for name, port in held.items() if isinstance(port, int)}

    def port(self, name: str, *, preferred: int | None = None) -> int:
        """The port of `name`: the remembered one, else `preferred`, else any; the first of them that is free.

        The answer is remembered, and no two names get the same port.
        """
        held = self.known()
        others = {port for other, port in held.items() if other != name}
        remembered = held.get(name)
        for candidate in (remembered, preferred):
            if candidate is not None and candidate not in others and is_free(candidate):
                return self._remember(name, candidate)
        for _ in range(ATTEMPTS_MAX):
            candidate = random.randint(FIRST_PORT, LAST_PORT)
            if candidate not in others and is_free(candidate):
                return self._remember(name, candidate)
        raise ArgosError(
            f"no free port for {name} between {FIRST_PORT} and {LAST_PORT}",
            code="PORT_NONE_FREE",
            fix="see what listens there: ss -ltnp",
        )

    def claim(self, name: str, port: int) -> int:
        """Take the port that the operator chose. Raises InputError PORT_TAKEN if something listens there."""
        owner = next((other for other, held in self.known().items() if held == port), name)
        if owner != name or not is_free(port):
            raise InputError(
                f"port {port} is taken" + (f" by {owner}" if owner != name else ""),
                code="PORT_TAKEN",
                field="port",
                fix=f"choose another port, or see what listens there: ss -ltnp 'sport = :{port}'",
            )
        return self._remember(name, port)

    def _remember(self, name: str, port: int) -> int:
        held = self.known()
        if held.get(name) != port:
            write_atomically(self._path, json.dumps(held | {name: port}, indent=2) + "\n")
        return port


def ports(home: Home) -> PortBook:
    """The ports of this home."""
    return PortBook(home.root / "ports.json")
