"""Where data are kept, and the small data that come with the course."""

import os
from pathlib import Path

from platformdirs import user_cache_path

from course_utils.language import _, say

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parent


def data_dir() -> Path:
    """Find the folder that downloads are kept in, and make it if it is not there.

    The environment variable ``COURSE_DATA_DIR`` decides; else it is ``data/`` of the course's
    checkout; else (an installed package) the user's cache. Never the working directory.

    Raises:
        OSError: the folder cannot be made, or is in a home folder that is not there.
    """
    try:
        if chosen := os.environ.get("COURSE_DATA_DIR"):
            folder = Path(chosen)
        elif (_CHECKOUT / "pyproject.toml").is_file():
            folder = _CHECKOUT / "data"
        else:
            folder = user_cache_path("course_utils")
        folder = folder.expanduser().absolute()
        folder.mkdir(parents=True, exist_ok=True)
    except RuntimeError:
        raise OSError(
            say(
                _(
                    "The data folder is not known, for there is no such home folder: "
                    "set COURSE_DATA_DIR to a folder that you may write to."
                )
            )
        ) from None
    except OSError as error:
        raise OSError(
            say(
                _(
                    "The data folder {folder} cannot be made ({error}): "
                    "set COURSE_DATA_DIR to a folder that you may write to."
                ),
                folder=folder,
                error=error.strerror,
            )
        ) from None
    return folder


def bundled(name: str) -> Path:
    """Find a file that comes with the course: inside the wheel, or in the checkout's ``data/``."""
    inside = _PACKAGE / "data" / name
    return inside if inside.is_file() else _CHECKOUT / "data" / name
