"""`argos nodes` and `argos nodes show`: whether the nodes live, what they wait for and what holds them back."""

import contextlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer
from rich.markup import escape

from argos.cli.frame.entrance import known_home
from argos.cli.frame.gateway_client import open_gateway
from argos.cli.frame.groups import find, show_rows, with_control
from argos.cli.frame.printing import AsJson, clock_time, print_json, screen, table
from argos.cli.nodes import words
from argos.core.errors import ArgosError
from argos.protocol.values import moment_text
from argos.store.control import ControlStore

Name = Annotated[str, typer.Argument(help="The node's name.", metavar="NAME")]
NODES_MAX: Final = 10_000
COLUMNS: Final = (
    "node", "account", "venue", "state", ">heard, ago", "terminal", ">waiting", ">at node", ">doubt", ">untold",
    "key, age",
)  # fmt: skip
NAMES: Final = (
    "node", "account", "venue", "state", "heard", "flags", "lane_waiting", "lane_leased", "in_doubt", "unreported",
    "key",
)  # fmt: skip
_ASKED_OF_GATEWAY: Final = (
    "status", "terminal", "looked_age_s", "heartbeat_age_s", "lane_depth", "lane_waiting", "lane_leased",
    "unreported", "in_doubt", "log_id", "rekey_wanted_at", "enrolment",
)  # fmt: skip


def list_nodes(context: typer.Context, as_json: AsJson = False) -> None:
    """All nodes: alive or silent, what the terminal says, commands waiting and handed out, orders in doubt, keys.

    Without a running gateway: what the database knows.
    """
    items, now = _items(context), datetime.now(tz=UTC)
    if not as_json:
        items = [{**item, **_in_words(item, now=now)} for item in items]
    show_rows("nodes", COLUMNS, items, names=NAMES, as_json=as_json)


def show(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """One node with everything that is known of it: session, terminal, lanes, limits, keys, enrolment."""
    item = dict(find(_items(context), "node", name))
    accounts = with_control(context, lambda control: control.accounts())
    item["account_limits"] = find(accounts, "account", item["account"])["limits"]
    if as_json:
        print_json(item)
        return
    now = datetime.now(tz=UTC)
    out = screen()
    for label, text in _lines(item, now=now).items():
        out.print(f"  {label:<18}{escape(text or '-')}", soft_wrap=True)
    rows = (
        (
            key["key_id"],
            clock_time(key["created_at"]),
            words.age_text(words.age_of(key["created_at"], now=now)),
            key["in_use"],
            key["replaces"],
        )
        for key in item["keys"]
    )
    columns = ("key", "made (UTC)", ">age", "in use", "takes the place of")
    out.print(table("keys", columns, rows, empty=f"none: argos nodes enrol {name}"))


def _items(context: typer.Context) -> list[dict[str, Any]]:
    """Every node as the gateway tells of it; without one, as the database does, the rest unknown."""

    async def work(control: ControlStore) -> list[dict[str, Any]]:
        rows = await control.nodes()
        return [{**row, "keys": await control.node_keys(row["node"])} for row in rows]

    live = _live(context)
    return [live.get(row["node"]) or _alone(row) for row in with_control(context, work)]


def _live(context: typer.Context) -> Mapping[str, dict[str, Any]]:
    with contextlib.suppress(ArgosError):
        items = open_gateway(known_home(context), None).pages("/api/nodes", limit=NODES_MAX)
        return {item["node"]: item for item in items}
    return {}


def _alone(row: Mapping[str, Any]) -> dict[str, Any]:
    moments = {name: _text(row[name]) for name in ("hello_at", "last_seen_at")}
    keys = [{**key, "created_at": _text(key["created_at"])} for key in row["keys"]]
    return {**dict.fromkeys(_ASKED_OF_GATEWAY), **row, **moments, "keys": keys}


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment_text(moment)


def _in_words(item: Mapping[str, Any], *, now: datetime) -> dict[str, str]:
    seen = item["last_seen_at"]
    return {
        "state": words.state_text(item),
        "heard": words.age_text(words.age_of(seen, now=now)) if seen else "",
        "flags": words.terminal_text(item),
        "key": words.key_text(item, now=now),
    }


def _lines(item: Mapping[str, Any], *, now: datetime) -> dict[str, str]:
    told, told_of = _in_words(item, now=now), item["terminal"] or {}
    lines = {
        "node": f"{item['node']}, of account {item['account']}, venue {item['venue']}",
        "state": f"{told['state']}, heard {told['heard']} ago" if told["heard"] else told["state"],
        "session": _session(item, now=now),
        "log": item["log_id"] or "",
        "terminal": told["flags"],
        "logged in": _login(told_of),
        "lanes": f"{item['lane_waiting']} waiting, {item['lane_leased']} at the node",
        "in doubt": f"orders: {item['in_doubt']}",
        "untold": "" if item["unreported"] is None else f"facts: {item['unreported']}",
        "account's limits": _limits(item["account_limits"]),
        "node's limits": _limits(told_of.get("limits") or {}),
        "enrolment code": words.enrolment_text(item["enrolment"], now=now),
        "key rotation": _rotation(item, now=now),
    }
    if item["status"] is None:
        asked = ("terminal", "logged in", "lanes", "in doubt", "untold", "enrolment code")
        lines |= dict.fromkeys(asked, "unknown: no gateway is running")
    return lines


def _session(item: Mapping[str, Any], *, now: datetime) -> str:
    if item["hello_at"] is None:
        return "none yet"
    age = words.age_text(words.age_of(item["hello_at"], now=now))
    since = clock_time(item["hello_at"])
    return f"epoch {item['epoch']}, since {since} UTC ({age}), protocol {item['version']}"


def _login(flags: Mapping[str, Any]) -> str:
    names: Sequence[str] = ("login", "server", "company")
    return ", ".join(str(flags[name]) for name in names if flags.get(name))


def _limits(limits: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in limits.items() if value is not None)


def _rotation(item: Mapping[str, Any], *, now: datetime) -> str:
    if item["rekey_wanted_at"] is None:
        return "none under way"
    age = words.age_text(words.age_of(item["rekey_wanted_at"], now=now))
    return f"a new key is wanted since {age}; the node takes it with its next poll"
