"""Tables with every kind of damage: our error in one sentence, or the right table.

What is right is said by the reader in this file. It knows nothing of pandas: it goes through the rows
with the csv module and with `datetime`, and says what the table must be, or that the file is bad.
"""

import csv
import io
import math
import re
import warnings
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course_utils import load_noaa_daily, load_temperatures
from course_utils.temperatures import COLUMNS

settings.register_profile(
    "same each time",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("same each time")

DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
LONG = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)


class Bad(Exception):
    """The file is no such table."""


def need(holds):
    if not holds:
        raise Bad


def number(text: str, first: float, last: float) -> float:
    need(NUMBER.fullmatch(text))
    need(first <= float(text) <= last)
    return float(text)


def cells(content: bytes, needed: list[str]) -> list[list[str]]:
    """The needed columns, row by row."""
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise Bad from None
    header = [name.strip() for name in rows[0]] if rows else []
    need(all(header.count(name) == 1 for name in needed))
    rows = [row for row in rows[1:] if row]
    need(rows and all(len(row) <= len(header) for row in rows))
    return [[dict(zip(header, row, strict=False)).get(name, "").strip() for name in needed] for row in rows]


def day_of(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise Bad from None


def temperatures(content: bytes) -> list[tuple]:
    """What load_temperatures must return for a file."""
    table = {}
    for row in cells(content, COLUMNS):
        limits = ((1000, 9999), (1, 12), (1, 31))
        whole = [number(text, *bounds) for text, bounds in zip(row, limits, strict=False)]
        need(all(value == int(value) for value in whole))
        (week,) = [short for short, full in zip(DAYS, LONG, strict=True) if is_short(row[3], full)] or [None]
        need(week)
        when = day_of(*map(int, whole))
        need(when not in table)
        table[when] = (*map(int, whole), week, *(number(text, -150, 150) for text in row[4:]))
    return [table[when] for when in sorted(table)]


def is_short(text: str, full: str) -> bool:
    text = text.rstrip(".")
    return len(text) >= 3 and full.upper().startswith(text.upper())


def days_apart(one: date, other: date) -> int:
    """How far two dates are from each other in the year, which is a ring of 366 days."""
    days = [day.replace(year=2000).timetuple().tm_yday for day in (one, other)]
    return min((days[0] - days[1]) % 366, (days[1] - days[0]) % 366)


def noaa(content: bytes) -> dict[date, tuple]:
    """What load_noaa_daily must return, but for `friend`: date -> (temp_2, temp_1, average, actual)."""
    rows = [row for row in cells(content, ["STATION", "DATE", "TMAX"]) if row[2]]
    counts = {}
    for station, *_ in rows:
        counts[station] = counts.get(station, 0) + 1
    need(counts)
    most = max(counts.values())
    need(list(counts.values()).count(most) == 1)  # which of two is chosen is not promised
    tmax = {}
    for station, text, value in rows:
        if counts[station] == most:
            need(re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII))
            when = day_of(*map(int, text.split("-")))
            need(when not in tmax)
            tmax[when] = number(value, -150, 150)
    years = sorted({when.year for when in tmax})
    chosen = years[1:][-2:]
    need(chosen)
    history = {when: value for when, value in tmax.items() if when.year < chosen[0]}
    table = {}
    for when, value in tmax.items():
        before = [tmax.get(when - timedelta(k)) for k in (2, 1)]
        if when.year in chosen and None not in before:
            near = [value for other, value in history.items() if days_apart(when, other) <= 7]
            if near:
                table[when] = (*before, math.fsum(near) / len(near), value)
    need(table)
    return table


def outcome(load, path):
    """The table as rows, or None after an error that is one sentence of ours."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "table.csv, row .* the table keeps the weekdays", UserWarning)
        try:
            return load(path)
        except ValueError as error:
            said = str(error)
            assert said.startswith("table.csv"), said
            assert "\n" not in said and len(said) < 500 and said.endswith((".", "…")), said
            return None


# --- What is done to a file ---------------------------------------------------------------------------

ODD_VALUES = """
-9999 9999 2016.5 16 0 13 32 366 -1 1e2 1e3 1e999 +7 7. .5 007 NaN inf -inf 0x1F 1_0 4,5 45° ١٢ --3 mild Fri
fri. FRIDAY Friyay Sunny Monthly Tues Thurs Mo None True =1+1 " 2016-01-01 01/02/2016 2016-1-1 20160101
2016-02-30 2016-01-01T00:00
"""
ODD = st.one_of(
    st.sampled_from(["", " ", "3 4", " 7 ", "\0", *ODD_VALUES.split()]),
    st.text(max_size=5),
    st.integers(-200, 3000).map(str),
    st.floats().map(str),
)


@st.composite
def damaged(draw, header: list[str], rows: list[list[str]]) -> bytes:
    """A good table as a file, with up to three things done to it."""
    rows = [header, *map(list, rows)]
    done = draw(st.lists(st.integers(0, 11), max_size=3))
    for kind in done:
        place = draw(st.integers(0, len(rows) - 1))
        column = draw(st.integers(0, len(header) - 1))
        match kind:
            case 0 | 1 | 2 if column < len(rows[place]):
                rows[place] = [*rows[place][:column], draw(ODD), *rows[place][column + 1 :]]
            case 3:
                rows.insert(place, list(rows[place]))
            case 4:
                rows = [rows[0], *draw(st.permutations(rows[1:]))]
            case 5:
                rows[place] = rows[place][:column]
            case 6:
                rows[place] = [*rows[place], draw(ODD)]
            case 7:
                rows.insert(place, draw(st.sampled_from([[], [""], ["", ""], ["#"]])))
            case 8:
                rows = [row[:column] + row[column + 1 :] for row in rows]
            case 9:
                rows = [[*row, row[column]] if column < len(row) else row for row in rows]
            case 10:
                order = draw(st.permutations(range(len(header))))
                rows = [[row[i] for i in order] if len(row) == len(header) else row for row in rows]
            case 11:
                rows = rows[: place + 1]
        if not rows:
            rows = [[]]
    file = io.StringIO(newline="")
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    comma = draw(st.sampled_from([","] * 8 + [";", "\t", "|"]))
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    csv.writer(file, delimiter=comma, lineterminator=end, quoting=quoting).writerows(rows)
    content = file.getvalue().encode(
        draw(st.sampled_from(["utf-8"] * 6 + ["utf-8-sig", "utf-16"])), "replace"
    )
    match draw(st.integers(0, 9)):
        case 0:
            content = content[: draw(st.integers(0, len(content)))]
        case 1:
            place = draw(st.integers(0, len(content)))
            content = content[:place] + draw(st.binary(max_size=3)) + content[place:]
    return content


def good(start: date, count: int) -> list[list[str]]:
    names = ["Mon", "Tues", "Wed", "Thurs", "Fri", "Sat", "Sun"]
    days = [start + timedelta(i) for i in range(count)]
    values = ["45", "44.5", "45.6"]
    return [
        [f"{d:%Y}", f"{d.month}", f"{d.day}", names[d.weekday()], *values, f"{50 + d.day % 9}", "41"]
        for d in days
    ]


def station(name: str, first: date, count: int) -> list[list[str]]:
    days = [first + timedelta(i) for i in range(count)]
    return [[name, "SOMEWHERE, XX US", d.isoformat(), "", f"{d.toordinal() % 37}", "30"] for d in days]


NOAA = ["STATION", "NAME", "DATE", "PRCP", "TMAX", "TMIN"]
# The same month of three years, and a second station.
NOAA_ROWS = [row for year in (2018, 2019, 2020) for row in station("USW1", date(year, 2, 22), 11)]
NOAA_ROWS += station("USW2", date(2019, 3, 1), 5)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("tables") / "table.csv"


seen = {"temperatures": [0, 0], "noaa": [0, 0]}


def found_and_expected(load, right, path, content):
    """The table that `load` returns for a file, and what `right` says of it; both None for a bad file."""
    path.write_bytes(content)
    table = outcome(load, path)
    try:
        expected = right(content)
    except Bad:
        expected = None
    seen[right.__name__][expected is None] += 1
    assert (table is None) == (expected is None), content
    assert table is None or list(table.columns) == COLUMNS
    return table, expected


@settings(max_examples=400)
@given(content=damaged(COLUMNS, good(date(2015, 12, 29), 6)))
def test_temperatures(path, content):
    table, expected = found_and_expected(load_temperatures, temperatures, path, content)
    if table is not None:
        assert [tuple(row) for row in table.itertuples(index=False)] == expected, content


@settings(max_examples=250)
@given(content=damaged(NOAA, NOAA_ROWS))
def test_noaa(path, content):
    table, expected = found_and_expected(load_noaa_daily, noaa, path, content)
    if table is None:
        return
    found = {date(*row[:3]): row for row in table.itertuples(index=False, name=None)}
    assert list(found) == sorted(expected), content
    for when, (temp_2, temp_1, average, actual) in expected.items():
        row = dict(zip(COLUMNS, found[when], strict=True))
        assert (row["temp_2"], row["temp_1"], row["actual"]) == (temp_2, temp_1, actual), content
        assert abs(row["average"] - average) <= 0.0501, content
        assert abs(row["friend"] - average) <= 20.6 and row["week"] == DAYS[when.weekday()], content


def test_good_and_bad_files_were_among_them():
    """Or else the tests above would show nothing."""
    for right, wrong in seen.values():
        assert right >= 50 and wrong >= 100, seen


# --- A million rows -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_million_days(tmp_path):
    path = tmp_path / "long.csv"
    start, count = date(1000, 1, 1), 1_000_000
    with path.open("w") as file:
        csv.writer(file).writerows([COLUMNS, *good(start, count)])
    table = load_temperatures(path)
    assert len(table) == count
    last = start + timedelta(count - 1)
    assert tuple(table.iloc[-1][:4]) == (last.year, last.month, last.day, DAYS[last.weekday()])
