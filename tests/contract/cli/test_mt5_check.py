"""`argos mt5 check` at terminals that lack something, each played by the stand-in over a real broker."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from typer.testing import CliRunner

from argos.cli.doctor.finding import State
from argos.cli.main import application
from argos.cli.mt5.findings import examine_terminal
from argos.exchange.book import Character
from argos.venues.mt5.settings import TerminalSettings
from argos.venues.mt5.standin.settings import StandInSettings
from argos.venues.mt5.standin.terminal import StandIn
from paper_process import PaperProcess, exact_settings

LOGIN = 5001


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PaperProcess]:
    folder = tmp_path_factory.mktemp("check")
    settings = exact_settings(Character.MT5, ledger=folder / "ledger.db", hedging=True)
    process = PaperProcess(settings).start()
    yield process
    process.stop()


def checked(folder: Path, mt5: dict[str, Any]) -> tuple[int, dict[str, dict[str, str]]]:
    """The exit code, and the findings by what they looked at."""
    body = {
        "name": "n",
        "account": "prop-1",
        "venue": "mt5",
        "gateway_url": "http://127.0.0.1:1",
        "mt5": mt5,
    }
    for name, text in (("node.json", json.dumps(body)), ("password", "key-a0")):
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(text)
    result = CliRunner().invoke(
        application(), ["mt5", "check", str(folder / "node.json"), "--json"]
    )
    document = json.loads(result.stdout.splitlines()[-1])
    assert document["ready"] is (result.exit_code == 0)
    return result.exit_code, {finding["check"]: finding for finding in document["findings"]}


def settings(broker: PaperProcess, *, plays: dict[str, Any] | None = None, **more: Any) -> Any:
    stand_in = {"broker_url": broker.url, "clock_offset_s": 10_800, **(plays or {})}
    return {"login": LOGIN, "password_file": "password", "standin": stand_in, **more}


async def test_a_terminal_that_is_ready_has_nothing_to_mend(tmp_path, broker):
    await broker.feed("AAPL", "100")
    code, found = checked(tmp_path, settings(broker, symbols=["AAPL"]))
    assert code == 0
    assert {finding["state"] for finding in found.values()} == {"ok"}
    assert found["clock"]["detail"].startswith("the broker's clock is +3 h")


@pytest.mark.parametrize(
    ("plays", "more", "check", "state", "click"),
    [
        ({"installed": False}, {}, "terminal", "fail", "terminal64.exe"),
        ({}, {"password_file": "empty"}, "account", "fail", "File > Login to Trade Account"),
        ({"trade_allowed": False}, {}, "algo trading", "fail", "button Algo Trading"),
        (
            {"tradeapi_disabled": True},
            {},
            "algo trading",
            "fail",
            "Tools > Options > Expert Advisors",
        ),
        ({}, {"kind": "real"}, "account", "fail", "log a real account in"),
        ({}, {"hedging": False}, "account", "fail", "argos accounts edit NAME --hedging"),
        ({}, {"symbols": ["AAPL", "NOPE"]}, "symbol NOPE", "fail", "right click > Symbols"),
        ({"hidden": ["AAPL"]}, {"symbols": ["AAPL"]}, "symbol AAPL", "warn", "double-click it"),
        ({"clock_offset_s": 400}, {"symbols": ["AAPL"]}, "clock", "warn", "Sync now"),
        ({}, {"symbols": ["IBM"]}, "clock", "warn", "market is open"),
    ],
)
async def test_what_is_wrong_is_named_with_the_click_that_mends_it(
    tmp_path, broker, plays, more, check, state, click
):
    await broker.feed("AAPL", "100")
    (tmp_path / "empty").touch(mode=0o600)
    code, found = checked(tmp_path, settings(broker, plays=plays, **more))
    assert found[check]["state"] == state
    assert click in found[check]["fix"]
    assert code == (1 if state == "fail" else 0)


class Odd(StandIn):
    """A terminal of which some answers are others: `odd` by the name of the question."""

    odd: Mapping[str, Mapping[str, Any] | None] = MappingProxyType({})

    def _told(self, question: str, answer: Any) -> Any:
        if question not in self.odd or answer is None:
            return answer
        changes = self.odd[question]
        if changes is None:
            return self._inside.fail((-10005, "IPC timeout"), None)
        if isinstance(answer, tuple) and not hasattr(answer, "_replace"):
            return tuple(row._replace(**changes) for row in answer)
        return answer._replace(**changes)

    def initialize(self, path: str = "", **options: Any) -> bool:
        if "initialize" in self.odd:
            return self._inside.fail((-10005, "IPC timeout"), False)
        return super().initialize(path, **options)

    def terminal_info(self) -> Any:
        return self._told("terminal_info", super().terminal_info())

    def account_info(self) -> Any:
        return self._told("account_info", super().account_info())

    def symbols_get(self, *unnamed: Any, group: str = "*") -> Any:
        return self._told("symbols_get", super().symbols_get(*unnamed, group=group))


@pytest.mark.parametrize(
    ("odd", "check", "detail", "click"),
    [
        ({"initialize": None}, "terminal", "cannot be attached", "close every dialog"),
        ({"terminal_info": None}, "terminal", "tells nothing of itself", "close every dialog"),
        ({"terminal_info": {"connected": False}}, "connection", "not connected", "Rescan Servers"),
        ({"account_info": {"login": 7}}, "account", "holds account 7", f"login {LOGIN}"),
        (
            {"account_info": {"trade_mode": 2}},
            "account",
            "is a real account",
            "log a demo account in",
        ),
        ({"account_info": {"margin_mode": 0}}, "account", "netting", "edit NAME --netting"),
        (
            {"account_info": {"trade_allowed": False}},
            "algo trading",
            "may not trade",
            "master password",
        ),
        (
            {"account_info": {"trade_expert": False}},
            "algo trading",
            "broker forbids",
            "ask the broker",
        ),
        ({"symbols_get": None}, "symbols", "lists no symbols", "close every dialog"),
        ({"symbols_get": {"visible": False}}, "symbols", "Market Watch is empty", "Show All"),
        (
            {"symbols_get": {"filling_mode": 0}},
            "symbol AAPL",
            "fill",
            "how orders of it are filled",
        ),
    ],
)
async def test_every_other_finding_is_played_too(broker, odd, check, detail, click):
    await broker.feed("AAPL", "100")
    package = Odd(StandInSettings(broker_url=broker.url, clock_offset_s=10_800))
    package.odd = odd
    meant = TerminalSettings(login=LOGIN, password="key-a0", kind="demo", hedging=True)
    found = {finding.check: finding for finding in examine_terminal(package, meant)}
    assert detail in found[check].detail
    assert click in found[check].fix
    assert found[check].state is not State.OK


def test_a_name_with_another_ending_is_found_by_its_stem(broker):
    package = StandIn(StandInSettings(broker_url=broker.url))
    meant = TerminalSettings(login=LOGIN, password="key-a0", symbols=("AAPL.US",))
    found = {finding.check: finding for finding in examine_terminal(package, meant)}
    assert "it has AAPL" in found["symbol AAPL.US"].detail


def test_a_missing_package_is_a_finding(tmp_path):
    code, found = checked(tmp_path, {"login": LOGIN})
    assert code == 1
    assert "extra mt5" in found["package"]["fix"]
