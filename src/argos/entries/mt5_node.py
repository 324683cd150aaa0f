"""A node as a task of Windows starts it, `python -m argos.entries.mt5_node FILE`: its log does not grow for ever.

A task has no console, and Windows starts again what fails. So an end that asks for a person (a wrong setting, a newer
session elsewhere) is no failure here: the log says what to do. A crash is one, and is written down before.
"""

import sys
from pathlib import Path
from typing import Any, Final, TextIO, cast

import structlog

from argos.core.errors import InputError
from argos.entries.event_loop import run
from argos.entries.logs import set_up_logs
from argos.entries.node_file import node_settings, open_venue
from argos.node.exit_codes import ExitCode
from argos.node.runtime import run_node
from argos.stack.collector import collect_rarely
from argos.stack.log_files import SIZE_BYTES_MAX, LogFile

_LOG: Final = structlog.get_logger(__name__)


class RotatedLog:
    """Lines into a file that is set aside when it has become large; three old ones are kept."""

    def __init__(self, path: Path, *, size_bytes_max: int = SIZE_BYTES_MAX) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._log = LogFile(path)
        self._file = open(self._log.open(), "a", encoding="utf-8")  # noqa: SIM115 - ours for good
        self._size_bytes_max = size_bytes_max

    def write(self, text: str) -> int:
        written = self._file.write(text)
        self._file.flush()
        self._log.rotate(size_bytes_max=self._size_bytes_max)
        return written

    def flush(self) -> None:
        self._file.flush()

    def __getattr__(self, name: str) -> Any:
        """The rest of what a text stream has."""
        return getattr(self._file, name)


def main(path: Path) -> int:
    """Run the node until it ends for a reason. Gives the exit code: 0, unless it crashed and shall be started again."""
    set_up_logs(f"node-{path.stem}", stream=cast(TextIO, RotatedLog(path.with_suffix(".log"))))
    collect_rarely()
    try:
        ended = run(_serve(path))
    except InputError as error:
        _LOG.error("node.cannot_start", code=error.code, reason=error.message, fix=error.fix)
    except Exception:
        _LOG.exception("node.crashed")
        return 1
    else:
        _LOG.info("node.ended", why=ExitCode(ended).name.lower())
    return 0


async def _serve(path: Path) -> int:
    return await run_node(node_settings(path, enrol_code=None), open_venue(path))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
