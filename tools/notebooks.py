"""The one list of the notebooks, what the head of each says, and how large a lesson may be."""

import math
import os
import re
import statistics
import sys
from collections.abc import Callable
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
    "words": (600, 1950),
    "minutes before the exercises": (10, 45),
    "figures": (1, 7),
    "sections, besides those that all lessons have": (5, 8),
    "points under *What you'll learn*": (3, 6),
    "exercises": (0, 3),
    "links under *Go further*": (0, 4),
    "lines of code to read before *All together*": (0, 250),
    "lines of code in a typical cell (median)": (0, 9),
    "lines of code in the longest cell before *All together*": (0, 20),
    "lines of code in *All together*": (0, 36),
    "characters in the longest line of code": (0, 79),
    "code cells of a hundred exempt from comparison": (0, 10),
    "kB": (0, 300),
}
# What beginners need, reading in a second language.
WORDS_A_MINUTE, LINES_A_MINUTE, MINUTES_AN_EXERCISE = 60, 12, 10
FOLDED = "hide-input"  # the tag of a cell that only draws, or only holds a bound for the tests
EXEMPT = {"nbval-ignore-output", "nbval-skip"}
HEAD = re.compile(
    r"# (?P<number>\d\d) · (?P<title>.+)\n\n"
    r"\*\*What you'll build:\*\* (?P<build>.+?)\.(?: .+)?\n\n"
    r"\*\*What you'll learn:\*\*\n(?P<learn>(?:- .+\n)+)\n"
    r"\*\*What you need:\*\* (?P<needs>.+) about \d+ minutes\b.*"
)


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def write(text: str | nbformat.NotebookNode, path: Path) -> bool:
    """Write a file whole or not at all; tell whether that changed it."""
    if not isinstance(text, str):
        text = nbformat.writes(text) + "\n"
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".tmp")
    unfinished.write_text(text, encoding="utf-8", newline="\n")
    os.replace(unfinished, path)
    return True


def words(text: str) -> int:
    """Count the words of a text; the targets of links are none, and the map of the lessons is not read."""
    text = re.sub(r"\]\([^)]*\)|<!-- lessons -->.*<!-- /lessons -->", "]", text, flags=re.S)
    return len(re.findall(r"[\w'-]+", text))


def visible_lines(cell: nbformat.NotebookNode) -> int:
    """Count the lines of a code cell that one reads: not blank, and none where the cell is folded."""
    folded = FOLDED in cell.metadata.get("tags", [])
    return 0 if folded else sum(bool(line.strip()) for line in cell.source.splitlines())


def is_bootstrap(cell: nbformat.NotebookNode) -> bool:
    """Tell whether a cell is the one that each notebook begins with, and nobody reads twice."""
    return cell.source.startswith("try:\n    import course_utils\n")


def until(cells: list[nbformat.NotebookNode], heading: str) -> int:
    """The number of the cell with a heading, as `## Exercises`; how many cells there are if none has it."""
    found = (number for number, cell in enumerate(cells) if re.search(f"(?m)^{heading}$", cell.source))
    return next(found, len(cells))


def minutes(cells: list[nbformat.NotebookNode]) -> tuple[int, int]:
    """Reckon the minutes for reading, running and playing after the head, and those for the exercises."""
    exercises = sum("course_utils.check(" in cell.source for cell in cells)
    end = until(cells, "## Exercises")
    prose = sum(words(cell.source) for cell in cells[2:end] if cell.cell_type == "markdown")
    code = sum(
        visible_lines(cell) for cell in cells[:end] if cell.cell_type == "code" and not is_bootstrap(cell)
    )
    return math.ceil(prose / WORDS_A_MINUTE + code / LINES_A_MINUTE), MINUTES_AN_EXERCISE * exercises


@cache
def head(path: Path) -> re.Match:
    """What the head of a lesson says: the one home of its title, what one builds, minutes and needs."""
    for cell in read(path).cells[:2]:
        found = HEAD.fullmatch(cell.source)
        if found and path.name.startswith(found["number"]):
            return found
    raise SystemExit(f"{path.relative_to(ROOT)}: its head is not as CONTRIBUTING says, under *A lesson*.")


def english(text: str) -> str:
    """What is said in the English edition, where another one has a translation."""
    return text


def name(path: Path, say: Callable[[str], str] = english) -> str:
    """The lesson's number and title, as links to it say them."""
    return f"{head(path)['number']} {say(head(path)['title'])}"


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
    end = until(cells, "## All together")
    before = [cell for cell in cells[:end] if cell.cell_type == "code"]
    lines = [visible_lines(cell) for cell in before if "course_utils.check(" not in cell.source]
    together = code[len(before) :][:1]
    titles = set(re.findall(r"(?m)^## (.+)", prose)) - {
        "Set-up",
        "All together",
        "Recap",
        "Exercises",
        "Go further",
    }
    found = [
        len(cells),
        words(prose),
        minutes(cells)[0],
        sum("image/png" in output.get("data", {}) for cell in code for output in cell.outputs),
        len(titles),
        head(path)["learn"].count("\n"),
        len(exercises),
        prose.partition("\n## Go further")[2].count("]("),
        sum(lines),
        statistics.median(filter(None, lines)),
        max(lines),
        sum(map(visible_lines, together)),
        max(len(line) for cell in code for line in cell.source.splitlines()),
        100 * len(exempt) / len(code),
        path.stat().st_size / 1000,
    ]
    return dict(zip(LIMITS, found, strict=True))


if __name__ == "__main__":  # for .ci/run: those in which a text stands
    found = (path for path in LESSONS + FURTHER if sys.argv[1] in path.read_text(encoding="utf-8"))
    print(*(path.relative_to(ROOT) for path in found))
