import re
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
import torch

from course_utils import load_noaa_daily, load_temperatures
from course_utils.temperatures import COLUMNS

HEADER = "year,month,day,week,temp_2,temp_1,average,actual,friend\n"
ROW = "2016,1,1,Fri,45,45,45.6,45,29\n"


@pytest.fixture
def write(tmp_path):
    def write(text: str, encoding: str = "utf-8"):
        path = tmp_path / "mine.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def classic(days: int = 348, start: date = date(2016, 1, 1)) -> str:
    """A table of 348 days of 2016 in the form in which such tables go round."""
    names = ["Mon", "Tues", "Wed", "Thurs", "Fri", "Sat", "Sun"]
    lines = []
    for i in range(days):
        day = start + timedelta(i)
        lines.append(f"{day.year},{day.month},{day.day},{names[day.weekday()]},45,44,45.6,{50 + i % 9},41\n")
    return HEADER + "".join(lines)


def test_the_bundled_table():
    table = load_temperatures()
    assert list(table.columns) == COLUMNS
    assert table.groupby("year").size().to_dict() == {2014: 348, 2015: 365}
    assert (table.dtypes[["year", "month", "day"]] == "int64").all()
    dates = pd.to_datetime(table[["year", "month", "day"]])
    assert dates.is_monotonic_increasing
    assert (dates.dt.strftime("%a") == table["week"].astype(str)).all()
    follows = dates.diff().dt.days == 1
    assert (table["temp_1"] == table["actual"].shift(1))[follows].all()
    assert (table["temp_2"] == table["temp_1"].shift(1))[follows].all()
    assert table["actual"].between(20, 110).all()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_classic_table_gives_14_features(write, encoding, line_end):
    table = load_temperatures(write(classic().replace("\n", line_end), encoding))
    assert pd.get_dummies(table).drop(columns="actual").shape == (348, 14)
    assert list(table["week"][:4]) == ["Fri", "Sat", "Sun", "Mon"]


def test_a_weekday_that_does_not_go_with_the_date_is_kept_and_said(write):
    """Tables of another year go round that have the weekdays of 2016."""
    path = write(HEADER + ROW + ROW.replace("2016,1,1", "2019,12,31"))
    says = (
        "mine.csv, row 3, column week: 'Fri', but 2019-12-31 was a Tuesday; the table keeps the weekdays of "
        "the file."
    )
    with pytest.warns(UserWarning, match=re.escape(says)):
        table = load_temperatures(path)
    assert table["week"].tolist() == ["Fri", "Fri"] and table["year"].tolist() == [2016, 2019]


# What stands in place of what in a table of one row, and what is said.
BAD_TABLES = [
    (
        "45.6",
        "mild",
        "mine.csv, row 2, column average: 'mild' is not a number: correct it or delete the row.",
    ),
    ("45.6", "", "mine.csv, row 2, column average: '' is not a number"),
    ("45.6", "inf", "mine.csv, row 2, column average: 'inf' is not a number"),
    ("45.6", "x" * 999, f"column average: '{'x' * 60}' is not a number"),
    ("45.6", "-9999", "row 2, column average: '-9999' is not a temperature in °F"),
    ("45.6", '"4"5.6', "mine.csv is not a readable CSV file"),
    ("Fri", '"Fri', "mine.csv is not a readable CSV file"),
    ("Fri", "Foo", "mine.csv, row 2, column week: 'Foo' is not a weekday: write Mon, Tue"),
    ("Fri", "Sunny", "column week: 'Sunny' is not a weekday"),
    ("Fri", "Fr", "column week: 'Fr' is not a weekday"),
    ("Fri", "", "column week: '' is not a weekday"),
    ("2016,1,1", "2016,2,30", "row 2, column year-month-day: '2016-2-30' is not a date"),
    ("2016,1,1", "2016,1.5,1", "row 2, column month: '1.5' is not a whole number"),
    ("2016,1,1", "2016,1,32", "column day: '32' is not a whole number from 1 to 31"),
    ("2016,1,1", "2016,0,1", "column month: '0' is not a whole number from 1 to 12"),
    ("2016", "16", "column year: '16' is not a whole number from 1000 to 9999"),
    (ROW, "", "mine.csv is empty: below its first row it needs a row for each day"),
    (ROW, ROW + ROW, "row 3, column year-month-day: '2016-1-1' is there twice"),
    (ROW, ROW + "2016,1,2,Sat\n", "mine.csv, row 3, column temp_2: '' is not a number"),
    (ROW, ROW.replace("\n", ",7\n"), "mine.csv, row 2: there are more values than the 9 columns"),
    (ROW, "\n" + ROW.replace("29", '"29\n"') + ROW.replace("Fri", "Foo"), "row 5, .* week: 'Foo'"),
    ("temp_1,", "", "mine.csv has no column temp_1 in its first row"),
    (",", ";", "mine.csv has no column .* separated by commas"),
    ("year", "\nyear", "mine.csv has no column year, .*, which reads ''"),
    ("temp_1", "temp_2", "mine.csv has no column temp_1"),
    ("day,", "day,temp_1,", "mine.csv has more than one column temp_1: keep one of them."),
    (HEADER + ROW, "", "mine.csv has no column year, month"),
]


@pytest.mark.parametrize(("old", "new", "says"), BAD_TABLES)
def test_a_bad_table_is_one_sentence(write, old, new, says):
    with pytest.raises(ValueError, match=says) as error:
        load_temperatures(write((HEADER + ROW).replace(old, new)))
    assert "\n" not in str(error.value)


def test_a_missing_file():
    with pytest.raises(FileNotFoundError, match="There is no file .*nowhere.csv: check the name"):
        load_temperatures("nowhere.csv")


def test_a_file_that_is_not_text(write):
    with pytest.raises(ValueError, match="mine.csv is not a readable CSV file"):
        load_temperatures(write(HEADER + ROW.replace("Fri", "Frí"), "latin-1"))


# --- NOAA daily summaries ---------------------------------------------------------------------------


def noaa(first: date, last: date, leave_out=(), blank=(), station="USW1", tmax=None) -> list[str]:
    """Rows of a NOAA export whose TMAX is the day of the month unless `tmax` says otherwise."""
    rows, day = [], first
    while day <= last:
        if day not in leave_out:
            value = "" if day in blank else (tmax(day) if tmax else day.day)
            rows.append(f'"{station}","SOMEWHERE, XX US","{day.isoformat()}","","0.10","{value}","30"\n')
        day += timedelta(1)
    return rows


NOAA_HEADER = '"STATION","NAME","DATE","AWND","PRCP","TMAX","TMIN"\n'


def test_a_noaa_export_with_blanks_two_stations_and_missing_days(write):
    rows = noaa(date(2018, 1, 1), date(2020, 12, 31), leave_out={date(2020, 3, 10)}, blank={date(2020, 5, 5)})
    other = noaa(date(2019, 1, 1), date(2019, 2, 1), station="USW2")
    table = load_noaa_daily(write(NOAA_HEADER + "".join(other + rows)))
    assert list(table.columns) == COLUMNS
    dates = set(pd.to_datetime(table[["year", "month", "day"]]).dt.date)
    assert set(table["year"]) == {2019, 2020}
    hidden = {date(2020, 3, d) for d in (10, 11, 12)} | {date(2020, 5, d) for d in (5, 6, 7)}
    assert not hidden & dates
    assert len(dates) == 365 + 366 - 6
    row = table[(table["year"] == 2020) & (table["month"] == 6) & (table["day"] == 15)].iloc[0]
    assert row[["temp_2", "temp_1", "actual", "average"]].tolist() == [13, 14, 15, 15]
    assert row["week"] == "Mon"
    assert pd.get_dummies(table).drop(columns="actual").shape[1] == 14


def test_the_average_is_of_the_15_days_around_the_date_in_earlier_years(write):
    def tmax(day):
        return day.toordinal() % 7 if day.year < 2020 else 150  # what is predicted must not leak in

    rows = noaa(date(2018, 1, 1), date(2020, 12, 31), tmax=tmax)
    table = load_noaa_daily(write(NOAA_HEADER + "".join(rows)), years=(2020,))
    around = [tmax(date(year, 7, 20) + timedelta(k)) for year in (2018, 2019) for k in range(-7, 8)]
    average = table[(table["month"] == 7) & (table["day"] == 20)]["average"].item()
    assert average == pytest.approx(np.mean(around), abs=0.051)
    assert table["average"].between(0, 6).all() and (table["average"] == table["average"].round(1)).all()
    assert len(table) == 366  # 29 February too, though no earlier year has one
    assert (table["friend"] - table["average"]).abs().max() <= 20.5


def test_a_station_can_be_chosen(write):
    rows = noaa(date(2018, 1, 1), date(2019, 12, 31)) + noaa(
        date(2019, 1, 1), date(2020, 2, 1), station="USW2", tmax=lambda day: 7
    )
    path = write(NOAA_HEADER + "".join(rows))
    assert set(load_noaa_daily(path, station="USW2")["actual"]) == {7}
    with pytest.raises(
        ValueError, match=re.escape("no days of station 'X' with TMAX: choose from USW1, USW2")
    ):
        load_noaa_daily(path, station="X")


def test_of_many_stations_ten_are_named(write):
    rows = [row for i in range(30) for row in noaa(date(2018, 1, 1), date(2018, 1, 1), station=f"S{i}")]
    with pytest.raises(ValueError, match="choose from S0, S1, S2, S3, S4, S5, S6, S7, S8, S9.$"):
        load_noaa_daily(write(NOAA_HEADER + "".join(rows)), station="X")


def test_the_guess_of_the_friend_is_the_same_each_time_and_not_a_good_one(write):
    path = write(NOAA_HEADER + "".join(noaa(date(2018, 1, 1), date(2019, 12, 31), tmax=lambda day: 50)))
    table = load_noaa_daily(path)
    assert table.equals(load_noaa_daily(path))
    error = table["friend"] - 50
    assert error.min() < -18 and error.max() > 18 and abs(error.mean()) < 3
    assert (table["friend"] % 1 == 0).all()
    assert [str(table[name].dtype) for name in ("year", "month", "day")] == ["int64"] * 3


@pytest.mark.filterwarnings("error")
def test_one_day_of_history_is_an_average_and_none_is_no_row(write):
    days = noaa(date(2018, 7, 1), date(2018, 7, 1)) + noaa(date(2019, 6, 1), date(2019, 8, 1))
    table = load_noaa_daily(write(NOAA_HEADER + "".join(days)))
    assert set(table["average"]) == {1.0} and len(table) == 15  # 24 June to 8 July


NOAA_ROW = '"A","B","2018-01-01","","","5",""\n'
BAD_EXPORTS = [
    (NOAA_HEADER + NOAA_ROW, "", "mine.csv has no column STATION, DATE, TMAX"),
    (NOAA_ROW, "", "mine.csv is empty"),
    ("TMAX", "TAVG", "mine.csv has no column TMAX"),
    ("5", "", "mine.csv has no value in the column TMAX"),
    ("5", "warm", "row 2, column TMAX: 'warm' is not a number"),
    *[
        ("5", unknown, f"row 2, column TMAX: '{unknown}' is not a temp")
        for unknown in ("-9999", "999.9", "151")
    ],
    ("2018-01-01", "01/02/2018", "row 2, column DATE: '01/02/2018' is not a date"),
    (NOAA_ROW, NOAA_ROW * 2, "row 3, column DATE: '2018-01-01' is there twice"),
    (NOAA_ROW, "".join(noaa(date(2018, 1, 1), date(2018, 12, 31))), "mine.csv begins in 2018"),
]


@pytest.mark.parametrize(("old", "new", "says"), BAD_EXPORTS)
def test_a_bad_noaa_file_is_one_sentence(write, old, new, says):
    with pytest.raises(ValueError, match=says) as error:
        load_noaa_daily(write((NOAA_HEADER + NOAA_ROW).replace(old, new)))
    assert "\n" not in str(error.value)


def test_years_without_three_days_in_a_row(write):
    path = write(NOAA_HEADER + "".join(noaa(date(2018, 1, 1), date(2019, 12, 31))))
    with pytest.raises(ValueError, match="no three days in a row with TMAX in 2030, 2031: choose other"):
        load_noaa_daily(path, years=(2030, 2031))


@pytest.mark.parametrize(
    "years", [2020, "2020", ["2020"], np.array([2020]), torch.tensor([2020]), torch.tensor(2020.0)]
)
def test_years_in_any_dress(write, years):
    path = write(NOAA_HEADER + "".join(noaa(date(2019, 1, 1), date(2020, 12, 31))))
    table = load_noaa_daily(path, years=years)
    assert table["year"].unique().tolist() == [2020]


@pytest.mark.parametrize("years", ["last", 2020.5, [[1], [2, 3]], None, float("nan")])
def test_years_that_are_none(write, years):
    with pytest.raises(ValueError, match=r"^years must be whole numbers, as in \(2014, 2015\), not "):
        load_noaa_daily(write(NOAA_HEADER + "".join(noaa(date(2018, 1, 1), date(2018, 1, 5)))), years=years)
