import socket
from pathlib import Path

from argos.stack.free_ports import FIRST_PORT, LAST_PORT, LOOPBACK, PortBook, is_free


def test_the_second_start_gets_the_same_ports(tmp_path: Path) -> None:
    names = ["gateway", "postgres", "broker-a", "broker-b"]
    first = {name: PortBook(tmp_path / "ports.json").port(name) for name in names}
    second = {name: PortBook(tmp_path / "ports.json").port(name) for name in reversed(names)}
    assert first == second
    assert len(set(first.values())) == len(names)
    assert all(FIRST_PORT <= port <= LAST_PORT for port in first.values())


def test_a_port_taken_meanwhile_is_replaced_and_the_new_one_remembered(tmp_path: Path) -> None:
    book = PortBook(tmp_path / "ports.json")
    taken = book.port("gateway")
    with socket.create_server((LOOPBACK, taken)):
        assert not is_free(taken)
        other = book.port("gateway")
        assert other != taken
    assert book.port("gateway") == other


def test_a_preferred_port_is_taken_when_it_is_free(tmp_path: Path) -> None:
    book = PortBook(tmp_path / "ports.json")
    preferred = PortBook(tmp_path / "elsewhere.json").port("any")
    assert book.port("gateway", preferred=preferred) == preferred
    assert book.port("alpine", preferred=preferred) != preferred
    assert book.known()["gateway"] == preferred


def test_a_broken_book_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text("[")
    book = PortBook(tmp_path / "ports.json")
    assert book.known() == {}
    port = book.port("gateway")
    assert book.known() == {"gateway": port}
