"""Is the home whole, and closed to others?"""

import stat
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Final

from argos.cli.doctor.finding import Finding, fail, ok, skipped, warn
from argos.core.errors import ArgosError
from argos.settings import Settings
from argos.stack.free_ports import is_free, ports
from argos.stack.home import Home

SECRETS_MIN: Final = ("api_key", "hook_key", "hook_secret", "password_argos_gateway")
PRIVATE: Final = ("logs", "nodes", "brokers")
WIDE_V4, WIDE_V6 = 8, 16
"""A trusted network with a shorter prefix holds strangers."""


def examine_home(
    home: Home, *, settings: Settings | None, problem: ArgosError | None, running: bool
) -> Iterator[Finding]:
    """`problem` is why the settings cannot be used; `running` whether an `argos up` holds the home."""
    yield _exists(home)
    yield _modes(home)
    yield _settings(home, problem)
    yield _secrets(home)
    yield _ports(home, running=running)
    yield (
        proxies(settings.gateway.trusted_proxies, host=settings.gateway.host)
        if settings
        else skipped("trusted proxies", "the settings cannot be read")
    )


def _exists(home: Home) -> Finding:
    if not home.root.is_dir():
        return fail("home", f"{home.root} is not there", fix="argos init")
    return ok("home", str(home.root))


def _modes(home: Home) -> Finding:
    if not home.root.is_dir():
        return skipped("home is private", "there is no home")
    open_ones = [
        path
        for path in (home.root / name for name in PRIVATE)
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    # others may pass through the root of a home, never list it
    if stat.S_IMODE(home.root.stat().st_mode) & 0o066:
        open_ones.append(home.root)
    if open_ones:
        names = " ".join(str(path) for path in open_ones)
        return fail("home is private", f"open to others: {names}", fix=f"chmod go-rw {names}")
    return ok("home is private", "others cannot read it")


def _settings(home: Home, problem: ArgosError | None) -> Finding:
    if problem is not None:
        return fail("settings", problem.message, fix=problem.fix)
    written = home.settings_path.exists()
    return ok("settings", str(home.settings_path) if written else "all defaults: no argos.toml")


def _secrets(home: Home) -> Finding:
    try:
        held = home.secrets()
    except ArgosError as error:
        return fail("secrets", error.message, fix=error.fix)
    missing = [name for name in SECRETS_MIN if name not in held]
    if missing:
        return fail("secrets", f"missing: {', '.join(missing)}", fix="argos init")
    return ok("secrets", f"{len(held)} in {home.secrets_path.name}, readable by its owner alone")


def _ports(home: Home, *, running: bool) -> Finding:
    book: Mapping[str, int] = ports(home).known() if home.root.is_dir() else {}
    if running:
        return ok("ports", "in use by `argos up`: " + _listed(book))
    taken = {name: port for name, port in book.items() if not is_free(port)}
    if taken:
        return warn("ports", f"taken by others: {_listed(taken)}", fix="see who listens: ss -ltnp")
    return ok("ports", f"free: {_listed(book)}" if book else "none chosen yet")


def _listed(book: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {port}" for name, port in sorted(book.items()))


def proxies(networks: tuple[str, ...], *, host: str) -> Finding:
    """A network too wide lets everybody choose his own address; none behind a proxy makes all senders alike."""
    wide = [text for text in networks if _is_wide(text)]
    if wide:
        return fail(
            "trusted proxies",
            f"far too wide: {', '.join(wide)}",
            fix="name your own proxies and nothing else: docs/how-to/behind-a-proxy.md",
        )
    if networks:
        return ok("trusted proxies", ", ".join(networks))
    if host not in {"127.0.0.1", "::1", "localhost"}:
        return warn(
            "trusted proxies",
            f"none, and the gateway listens on {host}",
            fix="put a proxy with TLS in front and name it: docs/how-to/behind-a-proxy.md",
        )
    return ok("trusted proxies", "none: X-Forwarded-For is not believed")


def _is_wide(text: str) -> bool:
    network = ip_network(text)
    return network.prefixlen < (WIDE_V4 if network.version == 4 else WIDE_V6)
