"""What has been solved, kept in the data folder and nowhere else."""

import json
import os
import re
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from filelock import FileLock, Timeout

from course_utils.data import data_dir
from course_utils.exercises.frame import exercises
from course_utils.language import _, say

FILE = "progress.json"


def _read(file: Path) -> dict[str, str]:
    """Read which exercise was first solved when; a file that is not ours is set aside with a sentence."""
    try:
        solved = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(solved, dict) and all(
            re.fullmatch(r"\d\d\.\d", number) and isinstance(when, str) for number, when in solved.items()
        ):
            return solved
    except FileNotFoundError:
        return {}
    except ValueError:  # no JSON, or no text
        pass
    aside = file.with_name(f"progress-set-aside-{datetime.now():%Y%m%d-%H%M%S-%f}.json")
    os.replace(file, aside)
    message = _("{file} is damaged, or not of this course: it is kept as {aside}, and a new one begins.")
    print(say(message, file=FILE, aside=aside.name))
    return {}


def remember(number: str) -> str:
    """Note an exercise as solved, whole or not at all; say in a sentence if that cannot be."""
    try:
        file = data_dir() / FILE
        with FileLock(f"{file}.lock", timeout=5):
            solved = _read(file)
            if number not in solved:
                solved[number] = datetime.now().astimezone().isoformat(timespec="seconds")
                text, unfinished = json.dumps(solved, indent=1, sort_keys=True), file.with_suffix(".tmp")
                try:
                    unfinished.write_text(text, encoding="utf-8")
                    os.replace(unfinished, file)
                finally:
                    unfinished.unlink(missing_ok=True)
    except (OSError, Timeout) as error:
        return say(_("This could not be noted for progress(): {error}"), error=error)
    return ""


def progress() -> None:
    """Print the map of the lessons, with a box for each exercise: full if it is solved."""
    try:
        solved = _read(data_dir() / FILE)
    except OSError as error:
        solved = {}
        print(say(_("What has been solved cannot be read: {error}"), error=error))
    titles = json.loads((files("course_utils") / "lessons.json").read_text(encoding="utf-8"))
    for lesson, title in titles.items():
        boxes = ["■" if number in solved else "□" for number in sorted(exercises) if number[:2] == lesson]
        print(f"{lesson} {' '.join(boxes):5}  {say(title)}")
    count = sum(number in exercises for number in solved)
    print(say(_("{count} of {all} exercises are solved."), count=count, all=len(exercises)))
