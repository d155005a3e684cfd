"""The one list of the notebooks, what the head of each says, and how large a lesson may be."""

import os
import re
import statistics
import sys
from functools import cache
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"


def listed(folder: Path) -> list[Path]:
    """The notebooks of a folder, as in `02_autograd.ipynb`; not those below it, nor an editor's copies."""
    return sorted(path for path in folder.glob("*.ipynb") if re.fullmatch(r"\d\d_\w+", path.stem))


LESSONS = listed(NOTEBOOKS)
FURTHER = listed(NOTEBOOKS / "further")
SOLUTIONS = listed(NOTEBOOKS / "solutions")
ALL = LESSONS + FURTHER + SOLUTIONS

# The fewest and the most that a lesson may have; further notebooks keep the most.
# `make refresh` writes the table into CONTRIBUTING, a test holds it.
LIMITS = {
    "cells": (25, 100),
    "words": (800, 2600),
    "figures": (1, 10),
    "sections, besides those that all lessons have": (5, 11),
    "points under *What you'll learn*": (3, 6),
    "exercises": (0, 3),
    "links under *Go further*": (0, 4),
    "lines of code to read, exercises apart": (0, 480),
    "lines of code in a typical cell (median)": (0, 12),
    "lines of code in the longest cell": (0, 36),
    "characters in the longest line of code": (0, 110),
    "code cells of a hundred exempt from comparison": (0, 10),
    "kB": (0, 300),
}
EXEMPT = {"nbval-ignore-output", "nbval-skip"}
HEAD = re.compile(
    r"# (?P<number>\d\d) · (?P<title>.+)\n\n"
    r"\*\*What you'll build:\*\* (?P<build>.+?)\.(?: .+)?\n\n"
    r"\*\*What you'll learn:\*\*\n(?P<learn>(?:- .+\n)+)\n"
    r"\*\*What you need:\*\* (?P<needs>.+) about (?P<minutes>\d+) minutes\b.*"
)


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def write(text: str | nbformat.NotebookNode, path: Path) -> bool:
    """Write a file whole or not at all; tell whether that changed it."""
    if not isinstance(text, str):
        text = nbformat.writes(text) + "\n"
    if path.read_text(encoding="utf-8") == text:
        return False
    unfinished = path.with_name(path.name + ".tmp")
    unfinished.write_text(text, encoding="utf-8", newline="\n")
    os.replace(unfinished, path)
    return True


@cache
def head(path: Path) -> re.Match:
    """What the head of a lesson says: the one home of its title, what one builds, minutes and needs."""
    for cell in read(path).cells[:2]:
        found = HEAD.fullmatch(cell.source)
        if found and path.name.startswith(found["number"]):
            return found
    raise SystemExit(f"{path.relative_to(ROOT)}: its head is not as CONTRIBUTING says, under *A lesson*.")


def name(path: Path) -> str:
    """The lesson's number and title, as links to it say them."""
    return f"{head(path)['number']} {head(path)['title']}"


def lesson_of(path: Path) -> Path:
    """The lesson or further notebook that a solution solves; the lesson that a further notebook is about."""
    for other in LESSONS + FURTHER if path in SOLUTIONS else LESSONS:
        if path.name == other.name or path in FURTHER and path.name[:2] == other.name[:2]:
            return other
    raise SystemExit(f"{path.relative_to(ROOT)}: there is no lesson that it belongs to.")


def measures(path: Path) -> dict[str, float]:
    """How much a lesson has of each thing that LIMITS names."""
    cells = read(path).cells
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    code = [cell for cell in cells if cell.cell_type == "code"]
    exempt = [c for c in code if EXEMPT & set(c.metadata.get("tags", [])) or "NBVAL_" in c.source]
    exercises = [cell for cell in code if "course_utils.check(" in cell.source]
    lines = [len(cell.source.splitlines()) for cell in code]
    titles = set(re.findall(r"(?m)^## (.+)", prose)) - {
        "Set-up",
        "All together",
        "Recap",
        "Exercises",
        "Go further",
    }
    found = [
        len(cells),
        len(prose.split()),
        sum("image/png" in output.get("data", {}) for cell in code for output in cell.outputs),
        len(titles),
        head(path)["learn"].count("\n"),
        len(exercises),
        prose.partition("\n## Go further")[2].count("]("),
        sum(lines) - sum(len(cell.source.splitlines()) for cell in exercises),
        statistics.median(lines),
        max(lines),
        max(len(line) for cell in code for line in cell.source.splitlines()),
        100 * len(exempt) / len(code),
        path.stat().st_size / 1000,
    ]
    return dict(zip(LIMITS, found, strict=True))


if __name__ == "__main__":  # for .ci/run: those in which a text stands
    found = (path for path in LESSONS + FURTHER if sys.argv[1] in path.read_text(encoding="utf-8"))
    print(*(path.relative_to(ROOT) for path in found))
