"""The names that the package offers, and where its data are."""

from pathlib import Path

import pytest

import course_utils
from course_utils import data
from helpers import python


def test_all_names_are_there_and_listed():
    assert set(course_utils.__all__) <= set(dir(course_utils))
    for name in course_utils.__all__:
        assert callable(getattr(course_utils, name))


def test_an_unknown_name_is_named():
    with pytest.raises(AttributeError, match="^module 'course_utils' has no attribute 'load_minst'$"):
        course_utils.load_minst  # noqa: B018


@pytest.fixture
def places(tmp_path, monkeypatch):
    """A package and a checkout in other places, and no wish for a data folder."""
    monkeypatch.setattr(data, "_PACKAGE", tmp_path / "package")
    monkeypatch.setattr(data, "_CHECKOUT", tmp_path / "checkout")
    monkeypatch.setattr(data, "user_cache_path", lambda name: tmp_path / "cache" / name)
    monkeypatch.delenv("COURSE_DATA_DIR", raising=False)
    (tmp_path / "checkout").mkdir()
    return tmp_path


def test_the_data_folder(places, monkeypatch):
    assert data.data_dir() == places / "cache" / "course_utils"
    (places / "checkout" / "pyproject.toml").write_text("")
    assert data.data_dir() == places / "checkout" / "data"
    monkeypatch.setenv("COURSE_DATA_DIR", str(places / "a" / "b"))
    assert data.data_dir() == places / "a" / "b"
    assert all(folder.is_dir() for folder in (places / "a" / "b", places / "checkout" / "data"))
    monkeypatch.chdir(places)
    monkeypatch.setenv("COURSE_DATA_DIR", "here")
    assert data.data_dir() == places / "here"


@pytest.mark.parametrize("chosen", ["", "~nobody-of-this-name/data"])
def test_no_home_folder(places, monkeypatch, chosen):
    monkeypatch.setattr(data, "user_cache_path", lambda name: Path("~nobody-of-this-name") / name)
    monkeypatch.setenv("COURSE_DATA_DIR", chosen)
    monkeypatch.chdir(places)
    before = list(places.iterdir())
    with pytest.raises(OSError, match="there is no such home folder: set COURSE_DATA_DIR to a folder"):
        data.data_dir()
    assert list(places.iterdir()) == before  # above all nothing named ~


def test_bundled_files_lie_in_the_wheel_or_in_the_checkout(places):
    assert data.bundled("x.csv") == places / "checkout" / "data" / "x.csv"
    (places / "package" / "data").mkdir(parents=True)
    (places / "package" / "data" / "x.csv").write_text("")
    assert data.bundled("x.csv") == places / "package" / "data" / "x.csv"


def test_importing_the_package_is_light():
    loaded = "sorted({'torchvision', 'pandas', 'matplotlib'} & set(sys.modules))"
    assert python("-c", f"import course_utils, sys; print({loaded})").stdout == "[]\n"


def test_a_home_folder_that_cannot_be_written_to_is_no_news(tmp_path):
    """Strict nbval would fail on Matplotlib's warning, and a learner would see it in red."""
    (tmp_path / "home").write_text("")
    home = {"HOME": str(tmp_path / "home"), "XDG_CONFIG_HOME": "", "XDG_CACHE_HOME": ""}
    code = "import course_utils, matplotlib.font_manager; print(matplotlib.get_cachedir())"
    run = python("-c", code, env=home)
    assert run.returncode == 0 and run.stderr == ""
    assert not run.stdout.startswith(home["HOME"])
