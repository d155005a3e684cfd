"""The names that the package offers, and where its data are."""

from pathlib import Path

import pytest

import course_utils
from course_utils import data

ROOT = Path(__file__).parents[1]


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


def test_bundled_files_lie_in_the_wheel_or_in_the_checkout(places):
    assert data.bundled("x.csv") == places / "checkout" / "data" / "x.csv"
    (places / "package" / "data").mkdir(parents=True)
    (places / "package" / "data" / "x.csv").write_text("")
    assert data.bundled("x.csv") == places / "package" / "data" / "x.csv"
