"""Reading prices costs no library that it does not need."""

import subprocess
import sys

import pytest

CSV = "time,symbol,side,open,high,low,close\n2020-01-02,A,long,1,2,1,x\n"
HEAVY = ("pandas", "polars", "numba", "pyarrow.dataset", "bokeh_sampledata", "talib")


@pytest.mark.parametrize(
    "code",
    [
        "import argos.prices.read, argos.prices.signals, argos.prices.digest",
        "from argos.prices.read import read_bars; read_bars('demo', every='1w')",
        "from argos.prices.read import read_bars; read_bars('good.csv')",
        "from argos.prices.read import read_bars; read_bars('numbers.csv')",
        "from argos.prices.read import read_bars; from argos.prices.signals import read_signals; "
        "read_signals('good.csv', read_bars('good.csv'))",
        "from pathlib import Path; from argos.prices.parquetfile import write_parquet; "
        "from argos.prices.read import read_bars; "
        "write_parquet(read_bars('good.csv'), Path('x.parquet')); read_bars('x.parquet')",
    ],
)
def test_heavy_libraries_stay_unloaded(code, tmp_path):
    (tmp_path / "good.csv").write_text(CSV.replace("x", "1.5"), encoding="utf-8")
    (tmp_path / "numbers.csv").write_text(CSV.replace("x", " 1.5 "), encoding="utf-8")
    program = f"{code}; import sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.strip() == "[]"
