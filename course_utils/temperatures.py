"""The table of daily temperatures for lesson 04, and the way from a NOAA file to such a table."""

import csv
import io
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from course_utils.data import bundled
from course_utils.language import _, say

COLUMNS = ["year", "month", "day", "week", "temp_2", "temp_1", "average", "actual", "friend"]
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
WEEK = pd.CategoricalDtype([day[:3] for day in WEEKDAYS])
WHOLE = {"year": (1000, 9999), "month": (1, 12), "day": (1, 31)}


def _need(holds: bool, sentence: str, **places) -> None:
    if not holds:
        raise ValueError(say(sentence, **places))


def _read_csv(path: Path, needed: list[str]) -> pd.DataFrame:
    """Read the needed columns as text; the index, which has the file's name, is the line in the file."""
    if not path.is_file():
        raise FileNotFoundError(say(_("There is no file {path}: check the name and the folder."), path=path))
    name = path.name
    try:
        content = path.read_text(encoding="utf-8-sig").replace("\0", "�")  # where pandas 2 ends a value
        rows = csv.reader(io.StringIO(content), strict=True)  # sees what pandas forgives, and counts lines
        header = [column.strip() for column in next(rows, [])]
        absent = ", ".join(column for column in needed if column not in header)
        sentence = _(
            "{name} has no column {absent} in its first row, which reads {first!r}: name the columns there, "
            "separated by commas."
        )
        _need(not absent, sentence, name=name, absent=absent, first=",".join(header)[:120])
        sentence = _("{name} has more than one column {column}: keep one of them.")
        for column in needed:
            _need(header.count(column) == 1, sentence, name=name, column=column)
        widths = pd.Series(dict((rows.line_num, len(row)) for row in rows), dtype="int64").rename_axis(name)
    except (csv.Error, UnicodeDecodeError) as error:
        sentence = _("{name} is not a readable CSV file ({error}): save it as CSV in UTF-8.")
        raise ValueError(say(sentence, name=name, error=error)) from None
    _need(widths.any(), _("{name} is empty: below its first row it needs a row for each day."), name=name)
    sentence = _(
        "{name}, row {row}: there are more values than the {n} columns; correct it or delete the row."
    )
    n = len(header)
    _need(widths.max() <= n, sentence, name=name, row=widths.gt(n).idxmax(), n=n)
    text = pd.read_csv(io.StringIO(content), header=None, dtype=str, na_filter=False, skip_blank_lines=False)
    return text.set_axis(header, axis=1)[needed][1:].set_axis(widths.index)[widths > 0].map(str.strip)


def _first(bad: pd.Series, written: pd.Series) -> str:
    """Say where the first bad value is, and what the file says there; empty where none is bad."""
    line, file = bad.idxmax(), written.index.name
    sentence = _("{file}, row {line}, column {column}: {value!r}")
    places = {"file": file, "line": line, "column": written.name, "value": written[line][:60]}
    return say(sentence, **places) if bad[line] else ""


def _refuse(bad: pd.Series, written: pd.Series, sentence: str, **places) -> None:
    _need(not (place := _first(bad, written)), sentence, place=place, **places)


def _numbers(text: pd.Series) -> pd.Series:
    """Turn a column of text into numbers: whole ones for a part of the date, else temperatures."""
    whole = text.name in WHOLE
    first, last = WHOLE.get(text.name, (-150, 150))  # on Earth -129 and 134 were measured; -9999 is "unknown"
    numbers = pd.to_numeric(text, errors="coerce").astype("float64")
    _refuse(~np.isfinite(numbers), text, _("{place} is not a number: correct it or delete the row."))
    bad = ~numbers.between(first, last) | (whole & (numbers % 1 != 0))
    sentence = _("{place} is not a temperature in °F: correct it or delete the row.")
    if whole:
        sentence = _("{place} is not a whole number from {first} to {last}: correct it or delete the row.")
    _refuse(bad, text, sentence, first=first, last=last)
    return numbers.astype("int64") if whole else numbers


def _days(dates: pd.Series, written: pd.Series) -> pd.Series:
    _refuse(dates.isna(), written, _("{place} is not a date: correct it or delete the row."))
    _refuse(dates.duplicated(), written, _("{place} is there twice: delete one of the rows."))
    return dates


def _years(years: Sequence[int] | int) -> list[int]:
    """Read one year or several: numbers, texts, an array, a tensor."""
    try:
        return [int(str(year).removesuffix(".0")) for year in np.atleast_1d(np.asarray(years)).tolist()]
    except (TypeError, ValueError):
        message = _("years must be whole numbers, as in (2014, 2015), not {years}.")
        raise ValueError(say(message, years=repr(years))) from None


def load_temperatures(path: str | Path | None = None) -> pd.DataFrame:
    """Load a table of daily maximum temperatures, one row a day, in order of time.

    Without ``path``, a CSV file of these columns, it is the bundled table for Seattle (``data/README.md``):
    ``year, month, day`` as ``int64``; ``week``, categorical, ``Mon`` to ``Sun``; and in °F ``temp_2`` (two
    days ago), ``temp_1`` (yesterday), ``average`` (the historical mean of that date), ``actual`` (the day
    itself), ``friend`` (a friend's guess). A ``ValueError`` says what is wrong in which row and column.
    """
    text = _read_csv(bundled("temps.csv") if path is None else Path(path), COLUMNS)
    table = pd.DataFrame({name: _numbers(text[name]) for name in COLUMNS if name != "week"})
    short = {day[:n]: day[:3] for day in WEEKDAYS for n in range(3, len(day) + 1)}
    table["week"] = text["week"].str.rstrip(".").str.title().map(short).astype(WEEK)
    _refuse(table["week"].isna(), text["week"], _("{place} is not a weekday: write Mon, Tue, …"))
    written = text["year"].str.cat([text["month"], text["day"]], "-").rename("year-month-day")
    dates = _days(pd.to_datetime(table[["year", "month", "day"]], errors="coerce"), written)
    wrong = dates.dt.day_of_week != table["week"].cat.codes
    if place := _first(wrong, text["week"]):
        sentence = _("{place}, but {date} was a {day}; the table keeps the weekdays of the file.")
        date, day = written[wrong.idxmax()], dates[wrong.idxmax()].day_name()
        warnings.warn(say(sentence, place=place, date=date, day=day), stacklevel=2)
    return table.loc[dates.sort_values().index, COLUMNS].reset_index(drop=True)


def load_noaa_daily(path: str | Path, station: str = "", years: Sequence[int] | int = ()) -> pd.DataFrame:
    """Turn a NOAA daily-summaries CSV into the table that :func:`load_temperatures` returns.

    It needs ``STATION, DATE`` (ISO form) and ``TMAX`` (°F), as https://www.ncei.noaa.gov/cdo-web/ gives them
    (Daily Summaries, standard units, CSV). Without ``station``, the one with most days is used; without
    ``years``, the last two with years before them. A day without ``TMAX``, and the two after it, have no row.
    ``average`` is the mean of the 15 days around the date over all years before ``years``: it holds nothing
    of what is to be predicted. ``friend`` is ``average`` plus up to 20 °F of noise, the same at each call.
    """
    text = _read_csv(Path(path), ["STATION", "DATE", "TMAX"])
    name, text = text.index.name, text[text["TMAX"] != ""]
    _need(
        len(text), _("{name} has no value in the column TMAX: choose a station that measures it."), name=name
    )
    stations = text["STATION"].value_counts().index
    station, some = station or stations[0], ", ".join(stations[:10])
    sentence = _("{name} has no days of station {station!r} with TMAX: choose from {some}.")
    _need(station in stations, sentence, name=name, station=station, some=some)
    text = text[text["STATION"] == station]
    dates = _days(pd.to_datetime(text["DATE"], format="%Y-%m-%d", errors="coerce"), text["DATE"])
    tmax = _numbers(text["TMAX"]).set_axis(dates).sort_index().asfreq("D")
    date = tmax.index
    years = _years(years) or date.year.unique()[1:][-2:].tolist()
    past = date.year < min(years, default=0)
    sentence = _(
        "{name} begins in {year}: the historical average needs at least one year of data before the first "
        "year of the table."
    )
    _need(past.any(), sentence, name=name, year=date.year[0])
    number = date.day_of_year + (~date.is_leap_year & (date.month > 2))  # 1 … 366, the same in each year
    near = pd.concat([tmax[past].set_axis((number[past] + k) % 366) for k in range(-7, 8)]).groupby(level=0)
    table = tmax.to_frame("actual").assign(temp_1=tmax.shift(1), temp_2=tmax.shift(2))
    table["average"] = near.mean().round(1).reindex(number % 366).to_numpy()
    table = table.assign(year=date.year, month=date.month, day=date.day, week=date.day_name().str[:3])
    table = table[date.year.isin(years)].dropna()
    sentence = _("{name} has no three days in a row with TMAX in {years}: choose other years.")
    _need(len(table), sentence, name=name, years=", ".join(map(str, years)))
    table["friend"] = (table["average"] + np.random.default_rng(0).uniform(-20, 20, len(table))).round()
    return table[COLUMNS].astype({**dict.fromkeys(WHOLE, "int64"), "week": WEEK}).reset_index(drop=True)
