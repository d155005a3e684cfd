"""Make temps.csv from the Seattle weather records in the PyPI package vega_datasets.

A maker's tool: `pip install vega_datasets==0.9.0`, then `python data/make_temps.py`. The records go
through `load_noaa_daily`, the function that a learner uses for a city of their own.
"""

import tempfile
from importlib.resources import files
from pathlib import Path

import pandas as pd

from course_utils import load_noaa_daily

HERE = Path(__file__).parent

weather = pd.read_csv(files("vega_datasets") / "_data" / "seattle-weather.csv")
noaa = pd.DataFrame(
    {
        "STATION": "USW00024233",  # Seattle Tacoma Airport
        "DATE": weather["date"].str.replace("/", "-"),
        "TMAX": (weather["temp_max"] * 9 / 5 + 32).round().astype(int),  # °C to whole °F
    }
)
with tempfile.TemporaryDirectory() as folder:
    noaa.to_csv(Path(folder) / "seattle.csv", index=False)
    table = load_noaa_daily(Path(folder) / "seattle.csv", years=(2014, 2015))

# The classic table of this exercise has 348 days: train and validate on the first 348 of 2014.
table = pd.concat([table[table["year"] == 2014][:348], table[table["year"] == 2015]])
whole = ["temp_2", "temp_1", "actual", "friend"]
table.astype(dict.fromkeys(whole, int)).to_csv(HERE / "temps.csv", index=False, lineterminator="\n")
print(f"temps.csv: {len(table)} days")
