"""From what the operator wants to the list of steps. Pure: the same wishes give the same steps on every machine."""

from collections.abc import Iterator
from pathlib import PureWindowsPath
from typing import Final

from argos.cli.mt5.install import files
from argos.cli.mt5.install.options import Kind, Layout, Wishes, task_name
from argos.cli.mt5.install.steps import (
    ByHand,
    Compile,
    CopyTree,
    MakeDirectory,
    MakePrivate,
    Remove,
    RequireSettled,
    Run,
    Step,
    WriteFile,
)

OTHER_PEOPLES: Final = (
    "accounts.dat",
    "logs",
    "Logs",
    "Bases",
    "bases",
    "history",
    "profiles",
    "Profiles",
)
"""What a terminal that was used as portable before holds of its account: not for the next one."""
NO_SUCH_TASK: Final = 1
"""What schtasks answers for a task that is not there, or not running."""
ALLOW_TRADING: Final = ByHand(
    clicks=(
        "in the terminal's toolbar: Algo Trading must be green; press it if it is red",
        "Tools > Options > Expert Advisors: tick 'Allow algorithmic trading'",
        "the same page: leave 'Allow DLL imports' and 'Disable ... via the external Python API' unticked",
    )
)
LOG_ON: Final = ByHand(
    clicks=(
        "a terminal needs a session with a desktop: the task starts when its user logs on, not before",
        "leave that session by closing the remote desktop window (disconnect), never by signing out",
        "for a start after a reboot with nobody there, let Windows log that user on by itself: Win+R, netplwiz, untick "
        "'Users must enter a user name and password', OK, give the password (whoever reaches the console is then in)",
    )
)


def plan_install(wishes: Wishes) -> tuple[Step, ...]:
    """Everything from an installed terminal to a node that starts with every logon. Doing it again changes nothing
    but what was asked for anew: terminal, journal and key stay."""
    layout = wishes.layout
    steps = [*_folders(wishes), *_terminal(wishes)]
    if wishes.kind is Kind.EXPERT:
        steps += [*_expert(wishes)]
    else:
        steps += [*_python(wishes)]
    steps += [*_task(wishes), Step(why="what no program can do for you", action=ALLOW_TRADING)]
    if wishes.kind is Kind.EXPERT:
        steps += [*_first_chart(wishes)]
    else:
        steps += [*_first_run(wishes)]
    steps.append(Step(why="so that it is there after a reboot", action=LOG_ON))
    assert all(layout.home in _written(step) for step in steps if _written(step))
    return tuple(steps)


def _written(step: Step) -> tuple[PureWindowsPath, ...]:
    """The folders that a step writes into, from the outermost on; empty for a step that writes nothing itself."""
    action = step.action
    path = getattr(action, "target", None) or getattr(action, "path", None)
    return () if path is None else (path, *path.parents)


def _folders(wishes: Wishes) -> Iterator[Step]:
    layout = wishes.layout
    yield Step(
        why="everything of this account lies in here", action=MakeDirectory(path=layout.home)
    )
    yield Step(
        why="keys and passwords: nobody but you may read them",
        action=MakePrivate(path=layout.home, user=wishes.user),
    )
    yield Step(why="the node's file, key and journal", action=MakeDirectory(path=layout.node))


def _terminal(wishes: Wishes) -> Iterator[Step]:
    layout = wishes.layout
    yield Step(
        why="a terminal of this account's own: two accounts never share one",
        action=CopyTree(
            source=wishes.terminal,
            target=layout.terminal,
            unless=layout.program,
            leave_out=OTHER_PEOPLES,
        ),
    )
    secrets = {files.PASSWORD: wishes.password} if wishes.password else {}
    yield Step(
        why="it logs in by itself; a command line, which others can read, holds no password",
        action=WriteFile(
            path=layout.start_file, text=files.start_text(wishes, first=False), secrets=secrets
        ),
    )
    yield Step(
        why="what is set up here, and what a Python node reads at its start",
        action=WriteFile(path=layout.node_file, text=files.node_text(wishes)),
    )


def _python(wishes: Wishes) -> Iterator[Step]:
    layout = wishes.layout
    if wishes.password:
        yield Step(
            why="for the node, should the terminal have forgotten it",
            action=WriteFile(
                path=layout.password,
                text=f"{{{files.PASSWORD}}}",
                secrets={files.PASSWORD: wishes.password},
            ),
        )


def _expert(wishes: Wishes) -> Iterator[Step]:
    layout = wishes.layout
    sources = wishes.sources or PureWindowsPath("mt5") / "MQL5"
    for folder in ("Experts", "Include"):
        yield Step(
            why="the expert advisor's source",
            action=CopyTree(
                source=sources / folder / "Argos", target=layout.mql5 / folder / "Argos"
            ),
        )
    source = layout.mql5 / "Experts" / "Argos" / "ArgosNode.mq5"
    log = layout.home / "compile.log"
    yield Step(
        why="MetaEditor makes the program of it: no error and no warning, else it is not used",
        action=Compile(
            argv=(
                str(layout.editor),
                "/portable",
                f"/compile:{source}",
                f"/include:{layout.mql5}",
                f"/log:{log}",
            ),
            log=log,
            program=source.with_suffix(".ex5"),
        ),
    )
    secrets = {files.CODE: wishes.enrol_code} if wishes.enrol_code else {}
    yield Step(
        why="the expert's inputs, in a text that the terminal reads",
        action=WriteFile(
            path=layout.mql5 / "Presets" / files.inputs_name(wishes),
            text=files.inputs_text(wishes),
            secrets=secrets,
            encoding="utf-16",
        ),
    )


def _task(wishes: Wishes) -> Iterator[Step]:
    path = wishes.layout.task_file
    yield Step(
        why="starts when you log on, in your session, and again a minute after a failure",
        action=WriteFile(path=path, text=files.task_text(wishes), encoding="utf-16"),
    )
    yield Step(
        why="makes it known to Windows",
        action=Run(argv=files.schtasks("Create", wishes.task, "/XML", str(path), "/F")),
    )


def _first_chart(wishes: Wishes) -> Iterator[Step]:
    layout = wishes.layout
    secrets = {files.PASSWORD: wishes.password} if wishes.password else {}
    yield Step(
        why="the first start attaches the expert to a chart; the terminal remembers that one",
        action=WriteFile(
            path=layout.first_start_file, text=files.start_text(wishes, first=True), secrets=secrets
        ),
    )
    yield Step(
        why="the list of addresses that WebRequest may call can only be edited by hand",
        action=ByHand(
            clicks=(
                f'press Win+R and run: "{layout.program}" /portable "/config:{layout.first_start_file}"',
                "Tools > Options > Expert Advisors: tick 'Allow WebRequest for listed URL'",
                f"double-click '+ add new URL', type {wishes.gateway_url}, Enter, OK",
                f"on the {wishes.symbol} chart: the name ArgosNode in the upper right corner",
                "if it is not there: Navigator > Expert Advisors > Argos > ArgosNode onto one chart, Inputs > Load > "
                f"{files.inputs_name(wishes)}, OK",
                "Toolbox > Experts says 'working in epoch 1' within a minute",
                "close the terminal, and start the task: argos mt5 start " + str(layout.node_file),
            )
        ),
    )


def _first_run(wishes: Wishes) -> Iterator[Step]:
    layout = wishes.layout
    argos = (str(wishes.interpreter), "-m", "argos.cli.front", "mt5")
    clicks = [
        f'press Win+R and run: "{layout.program}" /portable "/config:{layout.start_file}"',
        "lower right corner: the login is connected, with a speed in ms",
        "Market Watch: right click > Show for each symbol you trade",
        f"argos mt5 check {layout.node_file}",
    ]
    if wishes.enrol_code:
        yield Step(
            why="the code becomes the node's key, which stays on this machine",
            action=Run(argv=(*argos, "enrol", str(layout.node_file), wishes.enrol_code)),
        )
    else:
        clicks.append(f"argos mt5 enrol {layout.node_file} CODE")
    clicks.append(f"argos mt5 start {layout.node_file}")
    yield Step(
        why="the first start, and a look at what is missing", action=ByHand(clicks=tuple(clicks))
    )


def plan_start(name: str) -> tuple[Step, ...]:
    return (Step(why="the task", action=Run(argv=files.schtasks("Run", task_name(name)))),)


def plan_stop(name: str) -> tuple[Step, ...]:
    """Ends it at once, as a loss of power would; the journal is made for that."""
    return (
        Step(
            why="the task",
            action=Run(argv=files.schtasks("End", task_name(name)), codes=(0, NO_SUCH_TASK)),
        ),
    )


def plan_uninstall(
    layout: Layout, *, kind: Kind, force: bool, delete_journal: bool
) -> tuple[Step, ...]:
    """The task and the terminal go; journal and key stay unless a person says otherwise."""
    journal = layout.journal(kind)
    steps: list[Step] = [*plan_stop(layout.name)]
    if not force:
        steps.append(
            Step(
                why="an order in doubt, or a fact that nobody was told, would be lost",
                action=RequireSettled(journal=journal),
            )
        )
    steps.append(
        Step(
            why="it starts no more",
            action=Run(argv=files.schtasks("Delete", layout.task, "/F"), codes=(0, NO_SUCH_TASK)),
        )
    )
    if delete_journal:
        steps.append(Step(why="all of it, with the journal", action=Remove(path=layout.home)))
        return tuple(steps)
    if kind is Kind.EXPERT:
        kept = tuple(f"{journal.name}{end}" for end in ("", "-wal", "-shm"))
        steps.append(
            Step(
                why="the terminal, but for the expert's journal and key",
                action=Remove(path=layout.terminal, keep=(*kept, "argos-node.key")),
            )
        )
    else:
        steps.append(Step(why="the terminal", action=Remove(path=layout.terminal)))
        steps.append(Step(why="a password", action=Remove(path=layout.password)))
    left = (layout.start_file, layout.first_start_file, layout.task_file, layout.node_file)
    steps += [Step(why="what it was started with", action=Remove(path=path)) for path in left]
    return tuple(steps)
