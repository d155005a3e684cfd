import shutil
import sys
from importlib import metadata

import pytest

from course_utils import check_environment, environment


@pytest.fixture
def lines(capsys):
    def lines() -> list[str]:
        return capsys.readouterr().out.splitlines()

    return lines


def test_all_is_there(lines):
    assert check_environment() is True
    assert [line[:4] for line in lines()] == ["[OK]"] * 5


def test_old_python(monkeypatch, lines):
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    assert check_environment() is False
    assert lines()[0] == (
        "[!!] Python 3.10.4 is too old: install Python 3.11 or newer, then run `make lab` again."
    )


def test_torchvision_is_missing(monkeypatch, lines):
    def version(name):
        if name == "torchvision":
            raise metadata.PackageNotFoundError(name)
        return "2.15.0"

    monkeypatch.setattr(environment, "version", version)
    assert check_environment() is False
    assert lines()[1] == "[!!] torchvision is not installed: run `make lab` in the course's folder."


def test_a_mismatched_pair_is_named_as_such(monkeypatch, lines):
    def import_module(name):
        if name == "torchvision":
            raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr(environment, "import_module", import_module)
    monkeypatch.setattr(environment, "version", {"torch": "2.15.0+cpu", "torchvision": "0.29.2"}.get)
    assert check_environment() is False
    (line,) = [line for line in lines() if line.startswith("[!!]")]
    assert line.startswith(
        "[!!] torch 2.15.0+cpu and torchvision 0.29.2 do not belong together: install both"
    )
    assert "nms" not in line


def test_a_device_that_is_not_there(monkeypatch, lines):
    monkeypatch.setenv("COURSE_DEVICE", "xpu:9")
    assert check_environment() is False
    assert lines()[2].startswith("[!!] COURSE_DEVICE asks for the device 'xpu:9'")


def test_a_data_folder_that_cannot_be_made(monkeypatch, lines, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "file"))
    assert check_environment() is False
    assert lines()[3].startswith("[!!] The data folder")


def test_a_full_disk(monkeypatch, lines):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 2e8))
    assert check_environment() is False
    assert lines()[4] == "[!!] 0.2 GB of disk are free: make room for at least 1 GB."
