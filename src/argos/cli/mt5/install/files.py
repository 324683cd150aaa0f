"""The texts that an installation writes: start-up files, the expert's inputs, the task, the node file."""

from collections.abc import Mapping
from typing import Any, Final
from xml.sax.saxutils import escape

import orjson

from argos.cli.mt5.install.options import Kind, Wishes

PASSWORD: Final = "password"  # noqa: S105 - the name of what is filled in
CODE: Final = "code"
RUNS: Final = "runs"
"""The name in an installed node file under which it says what runs the account: python or expert."""
_TASK: Final = """\
<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>{description}</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
      <UserId>{user}</UserId>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>{user}</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Priority>5</Priority>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>999</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{command}</Command>
      <Arguments>{arguments}</Arguments>
      <WorkingDirectory>{folder}</WorkingDirectory>
    </Exec>
  </Actions>
</Task>
"""


def start_text(wishes: Wishes, *, first: bool) -> str:
    """The terminal's start-up file: it logs in by itself, and may trade; DLLs stay off.

    The first start of an expert also attaches it to a chart; after that the terminal remembers the chart.
    """
    lines = ["[Common]", f"Login={wishes.login}", f"Server={wishes.server}"]
    if wishes.password:
        lines.append(f"Password={{{PASSWORD}}}")
    lines += ["KeepPrivate=1", "NewsEnable=0", ""]
    lines += ["[Experts]", "AllowLiveTrading=1", "AllowDllImport=0", "Enabled=1", ""]
    if first and wishes.kind is Kind.EXPERT:
        lines += [
            "[StartUp]",
            "Expert=Argos\\ArgosNode",
            f"ExpertParameters={inputs_name(wishes)}",
            f"Symbol={wishes.symbol}",
            "Period=H1",
            "",
        ]
    return "\r\n".join(lines)


def inputs_name(wishes: Wishes) -> str:
    return f"argos-{wishes.name}.set"


def inputs_text(wishes: Wishes) -> str:
    """The expert's inputs, with the limits that the node file gives."""
    limits: Mapping[str, Any] = wishes.node_file.get("limits", {})
    values = {
        "InpGatewayUrl": wishes.gateway_url,
        "InpAccount": wishes.account,
        "InpKeyFile": "argos-node.key",
        "InpEnrolCode": f"{{{CODE}}}" if wishes.enrol_code else "",
    }
    if limits.get("lots_max"):
        values["InpLotsMax"] = str(limits["lots_max"])
    if limits.get("orders_per_minute_max"):
        values["InpOrdersPerMinuteMax"] = str(limits["orders_per_minute_max"])
    if limits.get("symbols"):
        values["InpSymbols"] = ",".join(limits["symbols"])
    return "\r\n".join(f"{name}={value}" for name, value in values.items()) + "\r\n"


def node_text(wishes: Wishes) -> str:
    """The node file as it lies beside the terminal: it names that terminal, and where the password is."""
    said: dict[str, Any] = dict(wishes.node_file.get("mt5", {}))
    said |= {
        "login": wishes.login,
        "server": wishes.server,
        "path": str(wishes.layout.program),
        "portable": True,
    }
    for name in ("password_file", "password_variable"):
        said.pop(name, None)
    if wishes.password:
        said["password_file"] = wishes.layout.password.name
    body = {**wishes.node_file, "mt5": said, RUNS: wishes.kind.value}
    return orjson.dumps(body, option=orjson.OPT_INDENT_2).decode()


def task_text(wishes: Wishes) -> str:
    """A task that starts at the user's logon, in that session, and again a minute after it failed."""
    layout = wishes.layout
    if wishes.kind is Kind.EXPERT:
        command, words = layout.program, ["/portable", f"/config:{layout.start_file}"]
        folder = layout.terminal
    else:
        command, folder = wishes.interpreter, layout.node
        words = ["-m", "argos.entries.mt5_node", str(layout.node_file)]
    return _TASK.format(
        description=escape(f"Argos node {wishes.name}, account {wishes.account}"),
        user=escape(wishes.user),
        command=escape(str(command)),
        arguments=escape(" ".join(quoted(word) for word in words)),
        folder=escape(str(folder)),
    )


def quoted(word: str) -> str:
    """A word as a Windows command line takes it; what Argos puts there holds no quotation mark."""
    return f'"{word}"' if " " in word else word


def schtasks(verb: str, task: str, *words: str) -> tuple[str, ...]:
    return ("schtasks.exe", f"/{verb}", "/TN", task, *words)
