"""How files are written in the world: names, delimiters, layouts, packings."""

import gzip
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from argos.core.errors import InputError
from argos.prices.read import read_bars, read_prices

DAYS = "Date,Open,High,Low,Close\n2020-01-02,1,2,0.5,1.5\n2020-01-03,1.5,2,0.5,1.25\n"


def ns(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp()) * 1_000_000_000


@pytest.fixture
def prices(tmp_path):
    def read(text, *, name="EURUSD.csv", **how):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_prices(path, **how)

    return read


@pytest.fixture
def refusal(prices):
    def read(text, **how) -> InputError:
        with pytest.raises(InputError) as caught:
            prices(text, **how)
        return caught.value

    return read


def test_an_export_of_metatrader_5(prices):
    text = (
        "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\r\n"
        "2020.01.02\t00:00:00\t1.10\t1.25\t1.05\t1.15\t55\t0\t3\r\n"
        "2020.01.02\t00:01:00\t1.15\t1.20\t1.00\t1.05\t56\t0\t3\r\n"
    )
    read = prices(text, zone="Europe/Athens")
    bars = read.bars
    assert bars.symbols == ("EURUSD",)
    # Athens is two hours ahead in winter.
    assert bars.opened_ns.tolist() == [ns(2020, 1, 1, 22), ns(2020, 1, 1, 22, 1)]
    assert bars.close.tolist() == [[1.15, 1.05]]
    assert bars.volume.tolist() == [[55, 56]]
    assert "volume is <TICKVOL>" in read.notes


def test_a_date_is_shown_with_its_time_of_day(refusal):
    text = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\n2020.01.02\t00:05\t1\t2\t1\t1\n"
    error = refusal(text)
    assert (error.code, error.field) == ("PRICES_TIME_NAIVE", "<DATE>")
    assert "'2020.01.02 00:05'" in error.message
    assert "line 2" in refusal(text.replace("00:05", "25:05"), zone="UTC").message


def test_the_volume_of_an_exchange_goes_before_ticks(prices):
    text = "<DATE>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\n2020.01.02\t1\t2\t1\t1\t55\t700\n"
    assert prices(text).bars.volume.tolist() == [[700]]


def test_an_export_of_metatrader_4_has_no_header(prices):
    read = prices("2020.01.02,00:05,1.1,1.2,1.0,1.15,55\n", zone="UTC")
    assert read.bars.opened_ns.tolist() == [ns(2020, 1, 2, 0, 5)]
    assert any("no header" in note for note in read.notes)


def test_an_export_of_binance_has_no_header_and_ms_or_us(prices):
    for stamp in ("1577836800000", "1577836800000000"):
        read = prices(f"{stamp},1,2,0.5,1.5,10,{stamp},1,1,1,1,0\n", name="BTCUSDT-1m.csv")
        assert read.bars.opened_ns.tolist() == [ns(2020, 1, 1)]
        assert read.bars.volume.tolist() == [[10]]


def test_an_export_with_a_ticker_and_digits_for_times(prices):
    text = (
        "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>\n"
        "AAPL.US,5,20200102,153500,1,2,0.5,1.5,55\nAAPL.US,5,20200102,154000,1,2,0.5,1.5,55\n"
    )
    bars = prices(text, zone="Europe/Warsaw").bars
    assert bars.symbols == ("AAPL.US",)
    assert bars.opened_ns.tolist() == [ns(2020, 1, 2, 14, 35), ns(2020, 1, 2, 14, 40)]


def test_a_decimal_comma_and_days_with_dots(prices):
    text = "Datum;Open;High;Low;Close\n2.1.2020;1,1;1,25;1,0;1,15\n13.1.2020;1;1;1;1\n"
    bars = prices(text, columns={"time": "Datum"}).bars
    assert bars.opened_ns.tolist() == [ns(2020, 1, 2), ns(2020, 1, 13)]
    assert bars.high.tolist() == [[1.25, 1.0]]


def test_lines_before_the_header_and_two_columns_of_times(prices):
    text = (
        "https://example.com/prices\nunix,date,symbol,open,high,low,close,Volume BTC\n"
        "1577836800,2020-01-01 00:00:00,BTC/USD,1,2,0.5,1.5,10\n"
    )
    read = prices(text)
    assert read.bars.symbols == ("BTC/USD",)
    assert read.bars.opened_ns.tolist() == [ns(2020, 1, 1)]
    assert any("'unix'" in note and "'date'" in note for note in read.notes)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_marks_at_the_beginning_of_a_file_are_no_part_of_a_name(prices, encoding):
    assert prices(DAYS.encode(encoding)).bars.close.tolist() == [[1.5, 1.25]]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2020/1/2", "2020/11/13"),
        ("2020.01.02", "2020.11.13"),
        ("20200102", "20201113"),
        ("2020-01-02", "2020-11-13"),
        ("2020-1-2", "2020-11-13"),
    ],
)
def test_days_in_several_spellings(prices, first, second):
    text = f"Date,Open,High,Low,Close\n{first},1,2,1,1\n{second},1,2,1,1\n"
    assert prices(text).bars.opened_ns.tolist() == [ns(2020, 1, 2), ns(2020, 11, 13)]


@pytest.mark.parametrize(
    "time",
    [
        "2020-01-02T10:30:00Z",
        "2020-01-02 10:30:00+00:00",
        "2020-01-02 05:30:00 -0500",
        "2020-01-02 12:30+02",
        "2020/1/2 10:30 UTC",
        "1577961000",
        "1577961000.0",
        "1577961000000",
        "1577961000000000",
        "1577961000000000000",
    ],
)
def test_moments_in_several_spellings(prices, time):
    bars = prices(f"time,o,h,l,c\n{time},1,2,1,1\n").bars
    assert bars.opened_ns.tolist() == [ns(2020, 1, 2, 10, 30)]


def test_seconds_with_a_fraction_count_to_the_microsecond(prices):
    bars = prices("time,o,h,l,c\n1577961000.25,1,2,1,1\n").bars
    assert bars.opened_ns.tolist() == [ns(2020, 1, 2, 10, 30) + 250_000_000]


def test_days_that_could_be_read_in_two_ways_are_refused(refusal):
    error = refusal("Date,Open,High,Low,Close\n01/02/2020,1,2,1,1\n")
    assert (error.code, error.field) == ("PRICES_TIME", "Date")


def test_row_numbers_are_no_times(refusal):
    assert refusal("time,o,h,l,c\n0,1,2,1,1\n1,1,2,1,1\n").code == "PRICES_TIME_EPOCH"


def test_adjusted_prices_are_scaled_on_demand(prices):
    text = "Date,Open,High,Low,Close,Adj Close\n2020-01-02,100,110,70,80,40\n"
    assert prices(text).bars.close.tolist() == [[80]]
    bars = prices(text, adjust=True).bars
    assert [column[0, 0] for column in (bars.open, bars.high, bars.low, bars.close)] == [
        value * (40 / 80) for value in (100, 110, 70, 80)
    ]


def test_adjusted_prices_need_their_column(refusal):
    assert refusal(DAYS, adjust=True).code == "PRICES_COLUMNS"


def test_a_file_without_a_header_is_refused(refusal):
    assert refusal("2020-01-02,1,2,0.5,1.5\n").code == "PRICES_HEADER"


def test_a_missing_column_is_named_with_those_there_are(refusal):
    error = refusal("Date,Open,High,Low,Last\n2020-01-02,1,2,1,1\n")
    assert (error.code, error.field) == ("PRICES_COLUMNS", "close")
    assert "'Last'" in error.message
    assert "columns={'close'" in error.fix


def test_a_column_can_be_named_outright(prices):
    text = "Date,Open,High,Low,Last\n2020-01-02,1,2,1,1.5\n"
    assert prices(text, columns={"close": "Last"}).bars.close.tolist() == [[1.5]]


def test_a_column_that_is_named_must_be_there_and_play_a_part(refusal):
    assert refusal(DAYS, columns={"close": "Last"}).code == "PRICES_COLUMNS"
    assert refusal(DAYS, columns={"price": "Close"}).code == "PRICES_COLUMN_ROLE"


def test_two_columns_that_could_be_meant_are_refused(refusal):
    error = refusal("Date,Open,open,High,Low,Close\n2020-01-02,1,1,2,1,1\n")
    assert (error.code, error.field) == ("PRICES_COLUMN_TWICE", "open")


@pytest.mark.parametrize("name", ["EURUSD.csv", "EURUSD.csv.gz", "EURUSD.parquet"])
def test_a_file_that_is_none_is_refused(refusal, name):
    broken = gzip.compress(DAYS.encode() * 500)[:-40] if name.endswith("gz") else b"\xff\xfe\xfd"
    assert refusal(broken, name=name).code in {"PRICES_UNREADABLE", "PRICES_COLUMNS"}


def test_an_empty_file_and_one_without_rows_are_refused(refusal):
    assert refusal("").code == "BARS_EMPTY"
    assert refusal("Date,Open,High,Low,Close\n").code == "BARS_EMPTY"


@pytest.mark.parametrize("source", ["nowhere.csv", 3, [], {}, pl.LazyFrame({"a": [1]})])
def test_what_is_no_source_is_refused(source):
    with pytest.raises(InputError, match=r"PRICES_SOURCE|PRICES_FILE_MISSING"):
        read_bars(source)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="PRICES_FOLDER_EMPTY"):
        read_bars(tmp_path)


def test_frames_that_do_not_say_their_symbols_are_refused():
    frame = pl.DataFrame({"time": [ns(2020, 1, 1)], "o": 1.0, "h": 1.0, "l": 1.0, "c": 1.0})
    assert read_bars(frame).symbols == ("ASSET",)
    assert read_bars(frame, symbols=["GOLD"]).symbols == ("GOLD",)
    with pytest.raises(InputError, match="PRICES_SYMBOLS_UNNAMED"):
        read_bars([frame, frame])


def test_a_name_renames_only_what_had_none(tmp_path):
    frame = pl.DataFrame({"time": [ns(2020, 1, 1)], "o": 1.0, "h": 1.0, "l": 1.0, "c": 1.0})
    with pytest.raises(InputError, match="PRICES_SYMBOL_UNKNOWN"):
        read_bars({"GOLD": frame}, symbols=["SILVER"])
    with pytest.raises(InputError, match="PRICES_SYMBOL_UNKNOWN"):
        read_bars(frame.with_columns(symbol=pl.lit("GOLD")), symbols=["SILVER"])


def test_symbols_choose_and_order():
    assert read_bars("demo", symbols="IBM,AAPL").symbols == ("IBM", "AAPL")
    assert read_bars("demo:IBM,AAPL").symbols == ("IBM", "AAPL")


def test_numbers_of_other_types_become_the_nearest_floats():
    table = pa.table(
        {
            "time": pa.array(["2020-01-02"]),
            "open": pa.array([1], pa.int64()),
            "high": pa.array([1.5], pa.float32()),
            "low": pa.array(["0.1"]),
            "close": pa.array([1.1]).cast(pa.decimal128(20, 10)),
            "volume": pa.array([7], pa.uint8()),
        }
    )
    bars = read_bars(table)
    assert (bars.open[0, 0], bars.high[0, 0], bars.low[0, 0]) == (1.0, 1.5, 0.1)
    assert (bars.close[0, 0], bars.volume[0, 0]) == (1.1, 7.0)


def test_text_in_a_frame_that_is_no_number_is_told():
    frame = pd.DataFrame(
        {"Date": ["2020-01-02", "2020-01-03"], "o": ["1", "x"], "h": 1, "l": 1, "c": 1}
    )
    with pytest.raises(InputError, match=r"PRICES_CELL: the frame, row 1 .*: o is 'x'"):
        read_bars(frame)


def test_a_wide_frame_of_either_order_says_nan_for_no_bar():
    index = pd.date_range("2020-01-01", periods=3, name="Date")
    names = [(name, symbol) for name in ("Open", "High", "Low", "Close") for symbol in ("A", "B")]
    frame = pd.DataFrame(1.0, index=index, columns=pd.MultiIndex.from_tuples(names))
    frame.loc[index[1], (slice(None), "B")] = np.nan
    for wide in (frame, frame.swaplevel(axis=1)):
        bars = read_bars(wide)
        assert bars.symbols == ("A", "B")
        assert np.isnan(bars.open).tolist() == [[False] * 3, [False, True, False]]
        assert bars.close.tolist() == [[1.0] * 3] * 2


def test_a_wide_frame_with_a_price_missing_is_refused():
    index = pd.date_range("2020-01-01", periods=2)
    names = [(name, "A") for name in ("Open", "High", "Low", "Close")]
    frame = pd.DataFrame(1.0, index=index, columns=pd.MultiIndex.from_tuples(names))
    frame.loc[index[1], ("High", "A")] = np.nan
    with pytest.raises(InputError, match=r"columns of A, row 1 .*: High is 'nan'"):
        read_bars(frame)


def test_an_index_of_times_needs_no_name():
    index = pd.date_range("2020-01-02", periods=2)
    frame = pd.DataFrame({"Open": 1.0, "High": 2.0, "Low": 1.0, "Close": 1.5}, index=index)
    for named in (None, "when"):
        bars = read_bars(frame.rename_axis(named))
        assert bars.opened_ns.tolist() == [ns(2020, 1, 2), ns(2020, 1, 3)]


def test_dates_and_times_of_day_may_be_of_any_type():
    clock = pd.to_datetime(["2020-01-02 10:30", "2020-01-02 10:31"])
    frame = pd.DataFrame(
        {"date": clock.normalize(), "time": clock.time, **dict.fromkeys("ohlc", 1.0)}
    )
    for days in (frame["date"], frame["date"].dt.date, frame["date"].dt.strftime("%Y%m%d")):
        bars = read_bars(frame.assign(date=days), zone="UTC")
        assert bars.opened_ns.tolist() == [ns(2020, 1, 2, 10, 30), ns(2020, 1, 2, 10, 31)]


def test_a_date_and_a_clock_can_be_named_outright(prices):
    text = "Tag,Uhr,Open,High,Low,Close\n2020-01-02,10:30,1,2,1,1\n"
    bars = prices(text, zone="UTC", columns={"time": "Tag", "clock": "Uhr"}).bars
    assert bars.opened_ns.tolist() == [ns(2020, 1, 2, 10, 30)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way(prices, refusal, end):
    assert prices(DAYS.replace("\n", end)).bars.close.tolist() == [[1.5, 1.25]]
    assert "line 3" in refusal(DAYS.replace("1.25", "x").replace("\n", end)).message


def test_a_file_that_is_no_text_is_refused(refusal):
    assert refusal(b"PK\x03\x04\x00\x00", name="prices.xlsx").code == "PRICES_UNREADABLE"


def test_a_cell_may_hold_lines_of_its_own(prices, refusal):
    text = 'Date,Note,Open,High,Low,Close\n2020-01-02,"two\nlines",1,2,1,1\n2020-01-03,,1,2,1,1\n'
    assert len(prices(text).bars) == 2
    # Line 4, as an editor counts.
    assert "line 4:" in refusal(text.replace("2020-01-03,,1", "2020-01-03,,x")).message


def test_what_was_done_with_the_table_is_told(prices):
    notes = prices(DAYS, since="2020-01-03").notes
    assert "Date holds days, taken as midnights of UTC" in notes
    assert any("there is no volume" in note for note in notes)
    assert any(note == "1 of 2 bars are left out, before 2020-01-03" for note in notes)


def test_the_demo_prices_are_those_of_the_bundled_table():
    bars = read_bars("demo")
    assert bars.symbols == ("AAPL", "MSFT", "IBM", "GOOG")
    assert bars.opened_ns[0] == ns(2000, 3, 1)
    # GOOG began in August 2004.
    begins = int(np.argmax(~np.isnan(bars.open[3])))
    assert bars.opened_ns[begins] == ns(2004, 8, 19)
    assert np.isnan(bars.close[3, :begins]).all()


def test_a_parquet_file_of_texts_is_read_like_any_other(tmp_path):
    path = tmp_path / "X.parquet"
    pq.write_table(
        pa.table({name: ["1.5"] for name in ("o", "h", "l", "c")} | {"time": ["2020-01-02"]}), path
    )
    assert read_bars(path).symbols == ("X",)
