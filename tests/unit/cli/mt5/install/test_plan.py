"""What setting up a terminal would do: every file, task and command, from wishes alone."""

import json
from dataclasses import replace
from pathlib import PureWindowsPath
from typing import Any
from xml.etree import ElementTree

import pytest

from argos.cli.mt5.install.options import Kind, Layout, Wishes, require_line, require_name
from argos.cli.mt5.install.plan import plan_install, plan_uninstall
from argos.cli.mt5.install.steps import (
    ByHand,
    Compile,
    CopyTree,
    MakePrivate,
    Remove,
    RequireSettled,
    Run,
    Step,
    WriteFile,
    filled,
    step_document,
)
from argos.core.errors import InputError

PASSWORD, CODE = "p4ss {word} & <more>", "single-use-code"
HOME = PureWindowsPath("D:/Argos")
WISHES = Wishes(
    name="prop-1",
    account="prop-1",
    gateway_url="https://argos.example",
    login=5_001_234,
    server="Broker-Demo",
    kind=Kind.PYTHON,
    user="VPS\\trader",
    home=HOME,
    interpreter=PureWindowsPath("D:/Argos/venv/Scripts/python.exe"),
    terminal=PureWindowsPath("C:/Program Files/MetaTrader 5"),
    sources=PureWindowsPath("C:/argos/mt5/MQL5"),
    node_file={
        "name": "prop-1",
        "account": "prop-1",
        "venue": "mt5",
        "gateway_url": "https://argos.example",
        "limits": {"lots_max": "0.5", "orders_per_minute_max": 5, "symbols": ["EURUSD", "XAUUSD"]},
        "mt5": {"login": 5_001_234, "kind": "demo", "password_file": "elsewhere.txt"},
    },
    password=PASSWORD,
    enrol_code=CODE,
)
EXPERT = replace(WISHES, kind=Kind.EXPERT)


def actions(steps: tuple[Step, ...], kind: type[Any]) -> list[Any]:
    return [step.action for step in steps if isinstance(step.action, kind)]


def written(wishes: Wishes, name: str) -> WriteFile:
    """The step that writes the file of that name."""
    found: list[WriteFile] = actions(plan_install(wishes), WriteFile)
    return next(file for file in found if file.path.name == name)


@pytest.mark.parametrize("wishes", [WISHES, EXPERT], ids=["python", "expert"])
def test_everything_is_written_below_the_accounts_own_folder(wishes: Wishes) -> None:
    targets = [
        getattr(step.action, "target", None) or getattr(step.action, "path", None)
        for step in plan_install(wishes)
    ]
    for target in targets:
        assert target is None or HOME / "prop-1" in (target, *target.parents)


@pytest.mark.parametrize("wishes", [WISHES, EXPERT], ids=["python", "expert"])
def test_the_folder_is_private_before_a_secret_is_written_into_it(wishes: Wishes) -> None:
    steps = plan_install(wishes)
    kinds = [type(step.action) for step in steps]
    first_secret = next(
        i
        for i, step in enumerate(steps)
        if isinstance(step.action, WriteFile) and step.action.secrets
    )
    assert kinds.index(MakePrivate) < first_secret
    [private] = actions(steps, MakePrivate)
    assert (private.path, private.user) == (HOME / "prop-1", "VPS\\trader")


@pytest.mark.parametrize("wishes", [WISHES, EXPERT], ids=["python", "expert"])
def test_no_plan_shows_the_password_and_no_command_line_bears_it(wishes: Wishes) -> None:
    steps = plan_install(wishes)
    assert PASSWORD not in json.dumps([step_document(step) for step in steps])
    assert PASSWORD not in repr(steps) + repr(wishes)
    for command in (*actions(steps, Run), *actions(steps, Compile)):
        assert not any(PASSWORD in word for word in command.argv)


def test_the_terminal_is_copied_once_and_brings_nobodys_account_along() -> None:
    copy = actions(plan_install(WISHES), CopyTree)[0]
    assert (copy.source, copy.target) == (WISHES.terminal, HOME / "prop-1" / "terminal")
    assert copy.unless == HOME / "prop-1" / "terminal" / "terminal64.exe"
    assert "accounts.dat" in copy.leave_out


def test_the_start_file_logs_in_and_lets_experts_trade_without_dlls() -> None:
    file = written(WISHES, "start.ini")
    text = filled(file.text, file.secrets)
    assert text.splitlines()[:4] == [
        "[Common]",
        "Login=5001234",
        "Server=Broker-Demo",
        f"Password={PASSWORD}",
    ]
    assert "AllowLiveTrading=1\r\nAllowDllImport=0\r\nEnabled=1\r\n" in text
    assert "[StartUp]" not in text


def test_without_a_password_none_is_asked_of_the_terminal() -> None:
    file = written(replace(WISHES, password=""), "start.ini")
    assert "Password" not in file.text
    names = [
        item.path.name for item in actions(plan_install(replace(WISHES, password="")), WriteFile)
    ]
    assert "prop-1.password" not in names


def test_a_python_node_finds_its_terminal_and_its_password() -> None:
    body = json.loads(written(WISHES, "prop-1.json").text)
    assert body["mt5"] == {
        "login": 5_001_234,
        "server": "Broker-Demo",
        "kind": "demo",
        "path": "D:\\Argos\\prop-1\\terminal\\terminal64.exe",
        "portable": True,
        "password_file": "prop-1.password",
    }
    assert (body["limits"], body["runs"]) == (WISHES.node_file["limits"], "python")
    secret = written(WISHES, "prop-1.password")
    assert filled(secret.text, secret.secrets) == PASSWORD
    enrol = actions(plan_install(WISHES), Run)[-1]
    assert enrol.argv[1:] == (
        "-m",
        "argos.cli.front",
        "mt5",
        "enrol",
        "D:\\Argos\\prop-1\\node\\prop-1.json",
        CODE,
    )


def test_the_expert_is_copied_compiled_and_given_its_inputs() -> None:
    steps = plan_install(EXPERT)
    mql5 = HOME / "prop-1" / "terminal" / "MQL5"
    copies = {copy.target for copy in actions(steps, CopyTree)}
    assert copies >= {mql5 / "Experts" / "Argos", mql5 / "Include" / "Argos"}
    [compiled] = actions(steps, Compile)
    assert compiled.argv[0].endswith("metaeditor64.exe")
    assert f"/compile:{mql5}\\Experts\\Argos\\ArgosNode.mq5" in compiled.argv
    assert compiled.program == mql5 / "Experts" / "Argos" / "ArgosNode.ex5"
    inputs = written(EXPERT, "argos-prop-1.set")
    assert filled(inputs.text, inputs.secrets).splitlines() == [
        "InpGatewayUrl=https://argos.example",
        "InpAccount=prop-1",
        "InpKeyFile=argos-node.key",
        f"InpEnrolCode={CODE}",
        "InpLotsMax=0.5",
        "InpOrdersPerMinuteMax=5",
        "InpSymbols=EURUSD,XAUUSD",
    ]


def test_the_experts_inputs_are_inputs_that_it_has() -> None:
    root = __file__.partition("/tests/")[0]
    with open(f"{root}/mt5/MQL5/Experts/Argos/ArgosNode.mq5", encoding="utf-8") as source:
        declared = {
            word for word in source.read().replace(";", " ").split() if word.startswith("Inp")
        }
    given = {
        line.partition("=")[0] for line in written(EXPERT, "argos-prop-1.set").text.splitlines()
    }
    assert given <= declared


def test_only_the_first_start_attaches_the_expert() -> None:
    first, later = written(EXPERT, "first-start.ini").text, written(EXPERT, "start.ini").text
    assert "[StartUp]\r\nExpert=Argos\\ArgosNode\r\n" in first
    assert "[StartUp]" not in later
    clicks = " ".join(
        click for hand in actions(plan_install(EXPERT), ByHand) for click in hand.clicks
    )
    assert "Allow WebRequest for listed URL" in clicks
    assert "type https://argos.example, Enter, OK" in clicks


@pytest.mark.parametrize(
    ("wishes", "command", "arguments"),
    [
        (
            WISHES,
            "D:\\Argos\\venv\\Scripts\\python.exe",
            "-m argos.entries.mt5_node D:\\Argos\\prop-1\\node\\prop-1.json",
        ),
        (
            EXPERT,
            "D:\\Argos\\prop-1\\terminal\\terminal64.exe",
            "/portable /config:D:\\Argos\\prop-1\\start.ini",
        ),
    ],
    ids=["python", "expert"],
)
def test_the_task_starts_at_logon_in_the_users_session_and_never_twice(
    wishes: Wishes, command: str, arguments: str
) -> None:
    file = written(wishes, "task.xml")
    assert file.encoding == "utf-16"
    tree = ElementTree.fromstring(file.text.replace('encoding="UTF-16"', ""))
    told = {element.tag.rpartition("}")[2]: element.text for element in tree.iter()}
    assert told["Command"] == command
    assert told["Arguments"] == arguments
    assert (told["UserId"], told["LogonType"]) == ("VPS\\trader", "InteractiveToken")
    assert (told["MultipleInstancesPolicy"], told["ExecutionTimeLimit"]) == ("IgnoreNew", "PT0S")
    assert "LogonTrigger" in told
    create = next(run for run in actions(plan_install(wishes), Run) if "/Create" in run.argv)
    assert create.argv == (
        "schtasks.exe", "/Create", "/TN", "Argos prop-1", "/XML", str(file.path), "/F"
    )  # fmt: skip


def test_a_user_or_folder_with_a_blank_or_an_ampersand_survives_the_task() -> None:
    odd = replace(WISHES, user="VPS\\A & B", home=PureWindowsPath("C:/Users/A & B/Argos"))
    tree = ElementTree.fromstring(written(odd, "task.xml").text.replace('encoding="UTF-16"', ""))
    told = {element.tag.rpartition("}")[2]: element.text for element in tree.iter()}
    assert told["UserId"] == "VPS\\A & B"
    assert told["Arguments"] == (
        '-m argos.entries.mt5_node "C:\\Users\\A & B\\Argos\\prop-1\\node\\prop-1.json"'
    )


LAYOUT = Layout(home=HOME / "prop-1", name="prop-1", account="prop-1")


@pytest.mark.parametrize("kind", list(Kind))
def test_an_uninstall_stops_asks_the_journal_and_keeps_it(kind: Kind) -> None:
    steps = plan_uninstall(LAYOUT, kind=kind, force=False, delete_journal=False)
    kinds = [type(step.action) for step in steps]
    assert kinds[:3] == [Run, RequireSettled, Run]
    assert [run.argv[1] for run in actions(steps, Run)] == ["/End", "/Delete"]
    journal = LAYOUT.journal(kind)
    assert actions(steps, RequireSettled)[0].journal == journal
    for remove in actions(steps, Remove):
        holds = remove.path in (journal, *journal.parents)
        assert not holds or journal.name in remove.keep


def test_a_forced_uninstall_does_not_ask_and_only_a_wish_deletes_the_journal() -> None:
    forced = plan_uninstall(LAYOUT, kind=Kind.PYTHON, force=True, delete_journal=True)
    assert actions(forced, RequireSettled) == []
    assert [remove.path for remove in actions(forced, Remove)] == [LAYOUT.home]


@pytest.mark.parametrize("name", ["", "..", ".", "a/b", "a\\b", "a b", "x" * 65, "a.", "-a", "a:b"])
def test_a_name_that_no_folder_or_task_can_bear_is_refused(name: str) -> None:
    with pytest.raises(InputError) as refused:
        require_name(name)
    assert refused.value.code == "MT5_NAME_INVALID"


def test_a_line_break_cannot_smuggle_a_line_into_a_start_file() -> None:
    with pytest.raises(InputError) as refused:
        require_line("Broker\r\n[StartUp]", field="mt5.server")
    assert (refused.value.code, refused.value.field) == ("MT5_VALUE_INVALID", "mt5.server")
