"""What a process starts with is kept in the history of its home."""

import os
from pathlib import Path

import pytest

from argos.cli.research.market import COSTS
from argos.config.history import FILE, History
from argos.config.read import parse_config
from argos.core.errors import InputError
from argos.settings import config_in_force, load_config
from argos.stack.home import Home, write_atomically


def test_a_process_keeps_what_it_goes_by(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    write_atomically(home.root / "config.json", '{"trading": {"cycle_s": 10}}')
    config = config_in_force(home, {}, by="signals")
    assert config.signals.cycle_s == 10
    assert config.digest == load_config(home, {}).digest
    for _ in range(2):
        config_in_force(home, {}, by="signals")
    config_in_force(home, {"ARGOS_TRADING_CYCLE_S": "20"}, by="sources")
    entries = History.look(home.root / FILE).entries(limit=9)
    assert [entry.by for entry in entries] == [
        f"sources (process {os.getpid()})",
        f"signals (process {os.getpid()})",
    ]
    assert entries[0].file == entries[1].file, "the variable is not in the file"
    assert entries[0].document["trading"]["cycle_s"] == 20


def test_what_cannot_be_used_is_not_in_force(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    write_atomically(home.root / "config.json", "{}", mode=0o644)
    with pytest.raises(InputError) as caught:
        config_in_force(home, {}, by="signals")
    assert caught.value.code == "SECRET_FILE_OPEN"
    assert not (home.root / FILE).exists()


@pytest.mark.parametrize("name", COSTS)
def test_every_cost_model_can_be_the_backtests_default(name: str) -> None:
    assert parse_config(f'{{"backtest": {{"costs": "{name}"}}}}', {}).backtest.costs == name
