"""Find the Chromium that drives the browser tests: `python -m tools.chromium`."""

import shutil
import sys


def find() -> str | None:
    """The path of the first Chromium on the PATH, by the names that systems give it."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


if __name__ == "__main__":
    sys.exit(not find() and "There is no Chromium: install the system's package chromium.")
