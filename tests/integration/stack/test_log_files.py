import os
from pathlib import Path

from argos.stack.log_files import OLD_FILES_MAX, LogFile


def test_a_large_log_is_put_aside_while_its_writer_goes_on(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "gateway.log")
    writer = log.open()
    try:
        for generation in range(OLD_FILES_MAX + 2):
            os.write(writer, f"{generation}\n".encode() * 10)
            assert log.rotate(size_bytes_max=10)
            assert log.size_bytes() == 0
        os.write(writer, b"now\n")
    finally:
        os.close(writer)
    newest = OLD_FILES_MAX + 1
    assert log.path.read_text() == "now\n"
    kept = {path.name: path.read_text()[0] for path in tmp_path.glob("*.log.*")}
    assert kept == {
        f"gateway.log.{age}": str(newest + 1 - age) for age in range(1, OLD_FILES_MAX + 1)
    }


def test_a_small_or_missing_log_is_left_alone(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "gateway.log")
    assert not log.rotate(size_bytes_max=0)
    log.path.write_text("x")
    assert not log.rotate(size_bytes_max=1)
    assert log.path.read_text() == "x"


def test_the_tail_holds_the_last_lines_of_this_run_only(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "gateway.log")
    assert log.tail() == ""
    log.path.write_text("old run\n")
    start = log.size_bytes()
    with log.path.open("ab") as file:
        file.write("".join(f"line {number}\n" for number in range(30)).encode() + b"\xff\n")
    assert log.tail(3, since_bytes=start).splitlines() == ["line 28", "line 29", "\ufffd"]
    assert "old run" not in log.tail(100, since_bytes=start)
    assert log.tail(100).startswith("old run")
