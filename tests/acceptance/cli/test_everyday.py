"""What a user types on the first day: init, up, send, trade, halt, doctor; and again the next day."""

import json
import shlex
import signal
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from argos_command import ArgosCommand, RunningArgos, interrupt_during_start
from eventually import eventually

pytestmark = pytest.mark.acceptance

ACCOUNTS = {"meridian-hedge", "meridian-net", "harbor-cash"}
BUY = ("send", "--route", "paper", "--symbol", "AAPL", "--side", "buy", "--size", "units:10")
BAD = {"denied", "rejected", "refused", "expired_unsent", "in_doubt"}


def test_init_tells_where_things_are_and_no_secret(argos: ArgosCommand) -> None:
    told = argos.ask("init", "--yes")
    assert set(told["accounts"]) == ACCOUNTS
    assert told["routes"] == ["paper"]
    secrets = json.loads((argos.home / "secrets.json").read_text())
    assert not any(secret in json.dumps(told) for secret in secrets.values())


def test_init_again_changes_nothing(argos: ArgosCommand) -> None:
    def kept() -> dict[str, str]:
        return {name: (argos.home / name).read_text() for name in ("argos.toml", "secrets.json")}

    before = kept()
    told = argos.ask("init", "--yes")
    assert told["fresh"] is False
    assert told["migrations_applied"] == []
    assert kept() == before


def test_what_is_secret_is_closed_to_others(argos: ArgosCommand) -> None:
    for path in (
        argos.home / "secrets.json",
        argos.home / "argos.toml",
        *argos.home.glob("nodes/*"),
    ):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_without_a_gateway_a_question_says_how_to_start_it(argos: ArgosCommand) -> None:
    answer = argos.ask("trades", "--url", "http://127.0.0.1:1", code=1)
    assert answer["error"]["code"] == "GATEWAY_AWAY"
    assert "argos up" in answer["error"]["fix"]


def test_a_wrong_word_is_wrong_usage(argos: ArgosCommand) -> None:
    assert argos.ask("send", code=2)["error"]["field"] == "symbol"
    ran = argos.run("trade", "one", "--nonsense")
    assert ran.code == 2
    assert "Traceback" not in ran.err


def test_configuration_can_be_changed_before_anything_runs(argos: ArgosCommand) -> None:
    added = argos.ask("routes", "add", "half", "--leg", "harbor-cash:0.5", "--size", "units:20")
    assert added["route"]["legs"][0]["share"] == "0.5"
    waiting = argos.ask_here("nodes")["items"]
    assert {item["status"] for item in waiting} == {None}  # no gateway could be asked
    assert {item["last_seen_at"] for item in waiting} == {None}
    refused = argos.ask_here("nodes", "rotate-key", "harbor-cash", code=1)
    assert refused["error"]["code"] == "NODE_NOT_ENROLLED"


def test_up_says_where_everything_is(stack: RunningArgos) -> None:
    said = stack.said
    assert said["status"] == "ready"
    assert set(said["accounts"]) == ACCOUNTS
    assert {"gateway", "worker", "market"} <= said["processes"].keys()
    assert Path(said["logs"]).is_dir()


def test_configuration_can_be_changed_while_all_runs(
    argos: ArgosCommand, stack: RunningArgos
) -> None:
    argos.ask("routes", "map", "half", "harbor-cash", "NASDAQ:AAPL=AAPL")
    argos.ask_here("routes", "hours", "half", "harbor-cash", "daily 00:00-00:00")
    leg = argos.ask_here("routes", "edit", "half", "--expiry", "45")["route"]["legs"][0]
    assert leg["symbol_map"] == {"NASDAQ:AAPL": "AAPL"}
    assert leg["hours"][0]["days"] == list(range(7))
    assert leg["share"] == "0.5"
    refused = argos.ask_here("routes", "edit", "half", "--leg", "nobody", code=1)
    assert refused["error"]["code"] == "ACCOUNT_UNKNOWN"
    refused = argos.ask_here("accounts", "add", "x", "--venue", "ib", code=1)
    assert (refused["error"]["code"], refused["error"]["field"]) == ("VENUE_UNKNOWN", "--venue")


def test_an_intent_is_filled_and_its_story_told(argos: ArgosCommand, stack: RunningArgos) -> None:
    sent = argos.ask(
        *BUY, "--trade-id", "story-1", "--feature", "rsi=71.50", "--feature", "why=low", "--wait"
    )
    assert sent["settled"]
    assert {leg["account"] for leg in sent["legs"]} == ACCOUNTS
    story = argos.ask("trade", "story-1")
    assert {leg["account"] for leg in story["legs"]} == ACCOUNTS
    stages = [entry["stage"] for entry in story["timeline"]]
    assert stages[0] == "received"
    assert {"decided", "leased", "send_started", "reconciled"} <= set(stages)
    waits_ms = [entry["ms_since_alert"] for entry in story["timeline"]]
    assert waits_ms == sorted(waits_ms)
    assert story["intents"][0]["features"] == {"rsi": 71.5, "why": "low"}
    closed = argos.ask(
        "send", "--symbol", "AAPL", "--action", "close", "--trade-id", "story-1", "--hook", "--wait"
    )
    assert closed["settled"]
    assert not any(leg["status"] in BAD for leg in closed["legs"])


async def test_the_journal_has_the_trade_and_its_figures(
    argos: ArgosCommand, stack: RunningArgos, tmp_path: Path
) -> None:
    def shown() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = argos.ask_here("journal", "show", "story-1")["items"]
        return items

    await eventually(lambda: all(item["finished"] for item in shown()), what="all are closed")
    items = shown()
    assert {item["account"] for item in items} == ACCOUNTS
    assert {(item["exit_reason"], item["signal_id"]) for item in items} == {("close", None)}
    assert {item["features"]["why"] for item in items} == {"low"}
    found = argos.ask("performance", "--by", "account", "--strategy", items[0]["strategy"])
    assert {group["key"] for group in found["groups"]} == ACCOUNTS
    assert found["overall"]["n"] == len(items)
    assert found["overall"]["too_short"]
    assert {group["capital"]["basis"] for group in found["groups"]} == {"worked_out"}
    file = tmp_path / "journal.csv"
    assert argos.ask_here("journal", "--csv", str(file))["rows"] >= len(items)
    assert file.read_text().startswith("trade_id,account,symbol")
    missing = argos.ask_here("journal", "show", "nobody", code=1)
    assert missing["error"]["code"] == "NOT_FOUND"


def test_the_line_that_up_prints_works_in_a_shell(argos: ArgosCommand, stack: RunningArgos) -> None:
    ran = subprocess.run(
        ["/bin/sh", "-c", stack.said["curl"]],
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    if ran.returncode == 127:
        pytest.skip("there is no curl")
    assert json.loads(ran.stdout)["status"] == "accepted", ran.stdout
    assert shlex.split(stack.said["curl"])[0] == "curl"


def test_the_same_event_sent_twice_counts_once(argos: ArgosCommand, stack: RunningArgos) -> None:
    event = "5f8a3c1e-7d24-4b6f-9a10-2c3d4e5f6a7b"
    words = (*BUY, "--trade-id", "twice-1", "--event-id", event)
    first = argos.ask_here(*words, "--expiry", "2030-01-01T00:00:00Z")
    # the moment of sending differs, so the content does: kept as a conflict, and not acted upon
    refused = argos.ask_here(*words, "--expiry", "2030-01-01T00:00:00Z", code=1)
    assert first["status"] == "accepted"
    assert refused["error"]["code"] == "INTENT_EVENT_CONFLICT"


def test_a_refused_alert_says_why(argos: ArgosCommand, stack: RunningArgos) -> None:
    answer = argos.ask_here(
        *BUY[:1], "--symbol", "AAPL", "--side", "buy", "--route", "nowhere", code=1
    )
    assert answer["error"]["code"] == "INTENT_ROUTE_UNKNOWN"
    refused = argos.ask_here("alerts", "--refused", "-n", "1")["items"][0]
    assert refused["code"] == "INTENT_ROUTE_UNKNOWN"
    whole = argos.ask("alert", refused["alert_id"])
    assert not all(check["ok"] for check in whole["checks"])
    table = argos.run_here("alerts", "--refused")
    assert "INTENT_ROUTE_UNKNOWN" in table.out


def test_a_brake_denies_entries_and_lets_exits_pass(
    argos: ArgosCommand, stack: RunningArgos
) -> None:
    argos.ask_here(*BUY, "--trade-id", "braked-1", "--wait")
    typo = argos.ask_here("halt", "--account", "meridan", "--reason", "a test", code=1)
    assert typo["error"]["code"] == "ACCOUNT_UNKNOWN"
    halted = argos.ask("halt", "--reducing", "--reason", "a test")
    assert halted["unconfirmed_commands"] == []
    try:
        assert [item["mode"] for item in argos.ask_here("brakes")["items"]] == ["reducing"]
        denied = argos.ask_here(*BUY, "--trade-id", "braked-2", "--wait", code=3)
        assert {leg["status"] for leg in denied["legs"]} == {"denied"}
        assert all(leg["why"].startswith("REDUCING") for leg in denied["legs"])
        closed = argos.ask_here(
            "send", "--symbol", "AAPL", "--action", "close", "--trade-id", "braked-1", "--wait"
        )
        assert closed["settled"]
    finally:
        assert argos.ask("resume")["released"]


async def test_a_risk_limit_denies_and_explains_itself(
    argos: ArgosCommand, stack: RunningArgos
) -> None:
    account = "meridian-hedge"
    refused = argos.ask_here("risk", "set", account, "daily_loss_fraction_max=3", code=1)
    assert (refused["error"]["code"], refused["error"]["field"]) == (
        "RISK_LIMIT_INVALID",
        "daily_loss_fraction_max",
    )
    assert {row["rule"] for row in argos.ask("risk", "rules")["items"]} >= {"cooldown_s"}
    argos.ask_here("risk", "set", account, "daily_loss_fraction_max=0.9")

    def anchored() -> bool:
        rows = {row["account"]: row for row in argos.ask_here("risk")["items"]}
        return rows[account]["day_opened_at"] is not None

    await eventually(anchored, what="the worker keeps the account's anchor")
    argos.ask_here(*BUY, "--trade-id", "ruled-1", "--wait")
    argos.ask_here("risk", "set", account, "duplicate_s=600")
    argos.ask(*BUY, "--trade-id", "ruled-2", "--wait", code=3)
    [intent] = argos.ask("risk", "explain", "ruled-2")["intents"]
    [order] = [order for order in intent["orders"] if order["account"] == account]
    checks = {check["check"]: check for check in order["checks"]}
    assert order["denial_code"] == checks["not_duplicate"]["code"] == "DUPLICATE_ENTRY"
    assert checks["not_duplicate"]["values"]["duplicate_s"] == "600"
    assert float(checks["daily_loss_kept"]["values"]["limit"]) > 0
    told = argos.run_here("risk", "explain", intent["intent_id"]).out
    assert "DUPLICATE_ENTRY" in told
    assert "more passed and have no numbers" in told
    assert (
        argos.ask_here("risk", "explain", "nothing-of-that-name", code=1)["error"]["code"]
        == "NOT_FOUND"
    )
    # a price of today's chart, where past years are replayed, and where the operator wants it judged all the same
    argos.ask_here("risk", "set", account, "duplicate_s=none", "price_apart_fraction_max=0.2")
    argos.ask(*BUY, "--price", "1000000", "--trade-id", "ruled-3", "--wait", code=3)
    [intent] = argos.ask_here("risk", "explain", "ruled-3")["intents"]
    denied = {order["account"]: order["denial_code"] for order in intent["orders"]}
    assert denied == {account: "PRICE_APART", "meridian-net": None, "harbor-cash": None}
    [order] = [order for order in intent["orders"] if order["account"] == account]
    checks = {check["check"]: check for check in order["checks"]}
    assert checks["price_near"]["values"].keys() >= {"price_seen", "quote", "quote_age_s", "apart"}
    assert argos.ask_here("risk", "reset", account)["reset"] is True
    argos.ask_here(
        "risk", "set", account, "price_apart_fraction_max=none", "daily_loss_fraction_max=none"
    )
    assert argos.ask_here("risk")["items"][0].keys() >= {"firm", "limits"}
    for trade_id in ("ruled-1", "ruled-2", "ruled-3"):
        argos.ask_here("send", "--symbol", "AAPL", "--action", "close", "--trade-id", trade_id)


def test_closes_news_and_firms_are_kept_by_command(argos: ArgosCommand, tmp_path: Path) -> None:
    account = "meridian-hedge"
    prices = tmp_path / "desk.csv"
    prices.write_text(
        "date,symbol,open,high,low,close\n"
        "2026-11-20,AAPL,99,101,98,100\n2026-11-23,AAPL,99,102,98,101.25\n"
    )
    added = argos.ask("risk", "closes", "import", str(prices))
    assert added == {"source": "desk", "symbols": ["AAPL"], "rows": 2, "added": 2}
    assert argos.ask("risk", "closes", "import", str(prices))["added"] == 0
    # the signal service keeps closes of its own sources beside them
    [row] = [item for item in argos.ask_here("risk", "closes")["items"] if item["source"] == "desk"]
    assert (row["last_day"], row["days"]) == ("2026-11-23", 2)
    refused = argos.ask("risk", "closes", "import", str(prices), "--source", "simulated:x", code=1)
    assert refused["error"]["code"] == "CLOSES_SOURCE"

    calendar = tmp_path / "calendar.csv"
    calendar.write_text("at,title,currencies\n2036-12-04T13:30:00Z,Payrolls,USD\n")
    assert argos.ask("risk", "news", "import", str(calendar)) == {"events": 1}
    [event] = argos.ask_here("risk", "news")["items"]
    assert (event["title"], event["currencies"]) == ("Payrolls", ["USD"])
    assert argos.ask_here("risk", "news", "clear") == {"cleared": 1}

    assert "ftmo-2-step" in {row["name"] for row in argos.ask_here("risk", "firms")["items"]}
    refused = argos.ask_here("risk", "firm", account, "ftmo-2-step", code=1)
    assert refused["error"]["code"] == "RULE_SET_BALANCE"
    refused = argos.ask_here("risk", "firm", account, "no-such-plan", code=1)
    assert refused["error"]["code"] == "RULE_SET_UNKNOWN"
    argos.ask_here(
        "risk", "firm", account, "ftmo-2-step", "news_window_s=none", "--initial-balance", "100000"
    )
    # what is not said again stays as it was: the plan is the same
    argos.ask_here("risk", "firm", account, "ftmo-2-step", "daily_fraction=0.04")
    [row] = [row for row in argos.ask_here("risk")["items"] if row["account"] == account]
    assert row["firm"] == "ftmo-2-step of 100000"
    argos.ask_here("risk", "firm", account, "none")


def test_nodes_tell_that_they_live_and_what_they_wait_for(
    argos: ArgosCommand, stack: RunningArgos
) -> None:
    items = {item["node"]: item for item in argos.ask("nodes")["items"]}
    assert items.keys() == ACCOUNTS
    for item in items.values():
        assert (item["status"], item["in_doubt"], item["rekey_wanted_at"]) == ("connected", 0, None)
        assert item["heartbeat_age_s"] < 60
        assert [key["in_use"] for key in item["keys"]] == [True]
    shown = argos.ask_here("nodes", "show", "meridian-net")
    assert (shown["account_limits"]["snapshot_age_s_max"], shown["enrolment"]["state"]) == (
        60,
        "used",
    )
    assert "alive, heard" in argos.run_here("nodes", "show", "meridian-net").out
    assert argos.ask_here("nodes", "show", "nobody", code=1)["error"]["code"] == "NODE_UNKNOWN"


def test_a_node_gets_a_new_key_while_it_works(argos: ArgosCommand, stack: RunningArgos) -> None:
    before = argos.ask_here("nodes", "show", "harbor-cash")
    told = argos.ask("nodes", "rotate-key", "harbor-cash")
    assert (told["taken"], told["ended"]) == (True, [before["keys"][0]["key_id"]])
    after = argos.ask_here("nodes", "show", "harbor-cash")
    assert [key["key_id"] for key in after["keys"]] == [told["key_id"]]
    assert (after["epoch"], after["status"]) == (before["epoch"], "connected")


def test_an_account_shows_its_money_and_what_can_be_traded(
    argos: ArgosCommand, stack: RunningArgos
) -> None:
    item = argos.ask("accounts", "show", "meridian-hedge")
    assert item["snapshot"].keys() >= {"balance", "equity", "margin", "leverage", "hedging"}
    told = argos.run("accounts", "show", "meridian-hedge").out
    assert "hedging" in told
    assert "1:" in told
    listed = argos.ask_here("accounts", "symbols", "meridian-hedge", "aa*")["items"]
    assert [term["symbol"] for term in listed] == ["AAPL"]
    assert "tick size" in argos.run_here("accounts", "symbols", "meridian-hedge").out
    assert (
        argos.ask_here("accounts", "symbols", "nobody", code=1)["error"]["code"]
        == "ACCOUNT_UNKNOWN"
    )


def test_doctor_finds_a_running_stack_healthy(argos: ArgosCommand, stack: RunningArgos) -> None:
    report = argos.ask("doctor")
    assert report["healthy"]
    states = {check["check"]: check["state"] for check in report["checks"]}
    assert len(states) >= 25
    assert states["gateway"] == states["heartbeats"] == states["paper brokers"] == "ok"


def test_the_audit_chain_is_clean(argos: ArgosCommand, stack: RunningArgos) -> None:
    anchor = argos.home / "anchor.json"
    argos.ask("audit", "anchor", str(anchor))
    report = argos.ask("audit", "verify", "--anchor", str(anchor))
    assert report["clean"]
    assert report["entries"] > 0


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_legs_go_into_a_file(argos: ArgosCommand, stack: RunningArgos, kind: str) -> None:
    path = argos.home / f"legs.{kind}"
    told = argos.ask("export", "legs", "--out", str(path))
    assert told["format"] == kind
    assert told["rows"] >= len(ACCOUNTS)
    content = path.read_bytes()
    assert content.count(b"\n") == told["rows"] + 1 if kind == "csv" else content[:4] == b"PAR1"


def test_a_second_up_is_told_who_is_there(argos: ArgosCommand, stack: RunningArgos) -> None:
    assert argos.ask("up", code=1)["error"]["code"] == "HOME_IN_USE"


async def test_the_next_start_finds_all_data(argos: ArgosCommand, stack: RunningArgos) -> None:
    def settled() -> dict[str, Any]:
        legs = argos.ask_here("trades", "-n", "500")["items"]
        return {f"{leg['trade_id']} {leg['account']}": leg["intended_qty"] for leg in legs}

    before = settled()
    assert stack.stop(signal.SIGINT) == 0
    again = RunningArgos(argos, "--no-market")
    try:
        assert again.said["gateway_url"] == stack.said["gateway_url"]
        assert "market" not in again.said["processes"]
        await eventually(lambda: before.items() <= settled().items(), what="all legs are there")
        sent = argos.run(*BUY, "--trade-id", "second-day", "--wait", "--wait-s", "15", "--json")
        assert sent.code in {0, 3}, sent.err  # 3: a dealer requoted, as they do now and then
        assert sent.document["status"] == "accepted"
        assert sent.document["settled"]
    finally:
        assert again.stop(signal.SIGTERM) == 0


def test_a_start_that_is_interrupted_leaves_nothing_running(
    argos: ArgosCommand, stack: RunningArgos
) -> None:
    stack.stop()
    code, said = interrupt_during_start(argos)
    assert code == 0, said
    assert "stopped" in said
    assert "Traceback" not in said
    # the home is free again, so nothing of that start holds it
    assert argos.ask("db", "status")["up_to_date"]


def test_a_brake_can_be_set_while_nothing_runs(argos: ArgosCommand, stack: RunningArgos) -> None:
    stack.stop()
    argos.ask("halt", "--account", "harbor-cash", "--reason", "overnight")
    checks = {check["check"]: check for check in argos.ask("doctor")["checks"]}
    assert checks["brakes"]["state"] == "warn"
    assert checks["gateway"]["state"] == "warn"
    assert argos.ask("resume", "--account", "harbor-cash")["released"]


def test_the_schema_is_up_to_date(argos: ArgosCommand, stack: RunningArgos) -> None:
    stack.stop()
    assert argos.ask("db", "status")["up_to_date"]
    assert argos.ask("db", "upgrade")["applied"] == []
