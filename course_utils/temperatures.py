"""The table of daily temperatures for lesson 04, and the way from a NOAA file to such a table."""

import csv
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from course_utils.data import bundled

COLUMNS = ["year", "month", "day", "week", "temp_2", "temp_1", "average", "actual", "friend"]
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
FULL_NAMES = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
RANGES = {"year": (1000, 9999), "month": (1, 12), "day": (1, 31)}
COLDEST, HOTTEST = -150, 150  # °F; on Earth -129 and 134 were measured, and files write -9999 for "unknown"


def _read_csv(path: str | Path, needed: list[str]) -> pd.DataFrame:
    """Read the needed columns of a CSV file as text; the index is the line number in the file."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}: check the name and the folder.")
    with path.open(newline="", encoding="utf-8-sig") as file:
        try:
            reader = csv.reader(file, strict=True)
            header = [name.strip() for name in next(reader, [])]
            missing = [name for name in needed if name not in header]
            if missing:
                raise ValueError(
                    f"{path.name} has no column {', '.join(missing)} in its first row, which reads "
                    f"{','.join(header)[:120]!r}: name the columns there, separated by commas."
                )
            for name in needed:
                if header.count(name) > 1:
                    raise ValueError(f"{path.name} has more than one column {name}: keep one of them.")
            columns, lines = {name: [] for name in needed}, []
            places = [(values.append, header.index(name)) for name, values in columns.items()]
            for row in reader:
                if len(row) > len(header):
                    raise ValueError(
                        f"{path.name}, row {reader.line_num}: there are more values than the "
                        f"{len(header)} columns; correct it or delete the row."
                    )
                if row:  # else an empty line
                    row += [""] * (len(header) - len(row))
                    for append, place in places:
                        append(row[place].strip())
                    lines.append(reader.line_num)
        except (csv.Error, UnicodeDecodeError) as error:
            raise ValueError(
                f"{path.name} is not a readable CSV file ({error}): save it as CSV in UTF-8."
            ) from None
    if not lines:
        raise ValueError(f"{path.name} is empty: below its first row it needs a row for each day.")
    return pd.DataFrame(columns, index=lines)


def _refuse(path: str | Path, bad: pd.Series, written: pd.Series, advice: str) -> None:
    """Raise for the first bad row, if there is one; `written` is what the file says."""
    if bad.any():
        line = bad.idxmax()
        value = written[line][:60]
        raise ValueError(f"{Path(path).name}, row {line}, column {written.name}: {value!r} {advice}")


def _numbers(path: str | Path, text: pd.Series, first: int, last: int, kind: str) -> pd.Series:
    """Turn a column of text into numbers between two bounds."""
    numbers = pd.to_numeric(text, errors="coerce").astype("float64")
    _refuse(path, ~np.isfinite(numbers), text, "is not a number: correct it or delete the row.")
    _refuse(path, ~numbers.between(first, last), text, f"is not {kind}: correct it or delete the row.")
    return numbers


def _temperatures(path: str | Path, text: pd.Series) -> pd.Series:
    return _numbers(path, text, COLDEST, HOTTEST, "a temperature in °F")


def _days(path: str | Path, dates: pd.Series, written: pd.Series) -> pd.Series:
    """Check that parsed dates are real and each there once; `written` is what the file says."""
    _refuse(path, dates.isna(), written, "is not a date: correct it or delete the row.")
    _refuse(path, dates.duplicated(), written, "is there twice: delete one of the rows.")
    return dates


def load_temperatures(path: str | Path | None = None) -> pd.DataFrame:
    """Load a table of daily maximum temperatures, one row a day, in order of time.

    Args:
        path: a CSV file with the columns below; without it, the bundled table for Seattle
            (first 348 days of 2014, and 2015; source: NOAA, see ``data/README.md``).

    Returns:
        A table with exactly the columns ``year, month, day`` (whole numbers), ``week`` (categorical,
        ``Mon`` to ``Sun``), and in °F ``temp_2`` (two days ago), ``temp_1`` (yesterday), ``average``
        (the historical mean of that date), ``actual`` (the day itself), ``friend`` (a friend's guess).

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file has no such table; the message names file, row and column.
    """
    path = bundled("temps.csv") if path is None else path
    text = _read_csv(path, COLUMNS)
    table = pd.DataFrame(index=text.index)
    for name, (first, last) in RANGES.items():
        kind = f"a whole number from {first} to {last}"
        numbers = _numbers(path, text[name], first, last, kind)
        _refuse(path, numbers % 1 != 0, text[name], f"is not {kind}: correct it or delete the row.")
        table[name] = numbers.astype("int64")
    for name in COLUMNS[4:]:
        table[name] = _temperatures(path, text[name])
    short = {full[:n]: full[:3] for full in FULL_NAMES for n in range(3, len(full) + 1)}
    week = text["week"].str.rstrip(".").str.title().map(short)
    _refuse(path, week.isna(), text["week"], "is not a weekday: write Mon, Tue, …")
    table["week"] = pd.Categorical(week, categories=WEEKDAYS)
    written = (text["year"] + "-" + text["month"] + "-" + text["day"]).rename("year-month-day")
    dates = _days(path, pd.to_datetime(table[["year", "month", "day"]], errors="coerce"), written)
    wrong = dates.dt.day_of_week != table["week"].cat.codes
    if wrong.any():
        line = wrong.idxmax()
        warnings.warn(
            f"{Path(path).name}, row {line}, column week: {text['week'][line]!r}, but {written[line]} was a "
            f"{FULL_NAMES[dates[line].day_of_week]}; the table keeps the weekdays of the file.",
            stacklevel=2,
        )
    return table.loc[dates.sort_values().index, COLUMNS].reset_index(drop=True)


def load_noaa_daily(
    path: str | Path, station: str | None = None, years: tuple[int, ...] | None = None
) -> pd.DataFrame:
    """Turn a NOAA daily-summaries CSV into the table that :func:`load_temperatures` returns.

    Days without ``TMAX``, and the two days after each of them, have no row: what came before
    them is not known. ``average`` is the mean of the 15 days around the date over all years
    before ``years``, so that it holds nothing of what is to be predicted. ``friend`` is a guess of
    our making: ``average`` plus a random error of up to 20 °F, the same at each call.

    Args:
        path: CSV with at least ``STATION, DATE`` (ISO form) and ``TMAX`` (°F). Source:
            https://www.ncei.noaa.gov/cdo-web/ (choose Daily Summaries, standard units, CSV).
        station: the ``STATION`` to use; without it, the one with most days of ``TMAX``.
        years: the years of the table; without it, the last two that have earlier years before them.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file has no such table; the message names file, row and column.
    """
    name = Path(path).name
    text = _read_csv(path, ["STATION", "DATE", "TMAX"])
    text = text[text["TMAX"] != ""]
    if text.empty:
        raise ValueError(f"{name} has no value in the column TMAX: choose a station that measures it.")
    stations = text["STATION"].value_counts()
    station = stations.index[0] if station is None else station
    if station not in stations:
        some = ", ".join(stations.index[:10])
        raise ValueError(f"{name} has no days of station {station!r} with TMAX: choose from {some}.")
    text = text[text["STATION"] == station]
    parsed = pd.to_datetime(text["DATE"], format="%Y-%m-%d", errors="coerce")
    dates = _days(path, parsed, text["DATE"])
    tmax = _temperatures(path, text["TMAX"]).set_axis(dates).sort_index().asfreq("D")

    present = sorted(set(tmax.index.year))
    years = tuple(years or present[1:][-2:])
    history = tmax[tmax.index.year < min(years)].dropna() if years else tmax[:0]
    if history.empty:
        raise ValueError(
            f"{name} begins in {present[0]}: the historical average needs at least "
            f"one year of data before the first year of the table."
        )
    table = pd.DataFrame({"temp_2": tmax.shift(2), "temp_1": tmax.shift(1), "actual": tmax})
    table["average"] = _date_mean(history)[_day_number(tmax.index)].round(1)
    table = table[table.index.year.isin(years)].dropna()
    if table.empty:
        wanted = ", ".join(map(str, years))
        raise ValueError(f"{name} has no three days in a row with TMAX in {wanted}: choose other years.")
    error = np.random.default_rng(0).uniform(-20, 20, len(table))
    table["friend"] = (table["average"] + error).round()
    date = table.index
    table = table.assign(year=date.year, month=date.month, day=date.day)
    table["week"] = pd.Categorical.from_codes(date.day_of_week, WEEKDAYS)
    return table[COLUMNS].astype(dict.fromkeys(("year", "month", "day"), "int64")).reset_index(drop=True)


def _day_number(dates: pd.DatetimeIndex) -> np.ndarray:
    """Number the dates of a year 0 … 365, so that a date has the same number in every year."""
    as_leap_year = pd.to_datetime(pd.DataFrame({"year": 2000, "month": dates.month, "day": dates.day}))
    return as_leap_year.dt.day_of_year.to_numpy() - 1


def _date_mean(temperatures: pd.Series) -> np.ndarray:
    """Average over the 15 days around each date of the year, over all years; NaN where none is known."""
    number = _day_number(temperatures.index)
    total = np.bincount(number, weights=temperatures, minlength=366)
    count = np.bincount(number, minlength=366)
    window = [sum(np.roll(x, k) for k in range(-7, 8)) for x in (total, count)]
    return np.divide(*window, out=np.full(366, np.nan), where=window[1] > 0)
