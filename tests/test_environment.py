import os
import shutil
import sys
from importlib import metadata

import pytest
import torch

from course_utils import check_environment, device, environment
from helpers import python


@pytest.fixture
def lines(capsys):
    def lines() -> list[str]:
        return capsys.readouterr().out.splitlines()

    return lines


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    """A data folder that is ours: the course's own may be read-only."""
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))


def test_all_is_there(lines):
    assert check_environment() is True
    said = lines()
    assert [line[:4] for line in said] == ["[OK]"] * 5
    assert said[0] == "[OK] Python {}.{}.{}".format(*sys.version_info)


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
    advice = "one command, from one place, with `pip install --force-reinstall torch torchvision`."
    assert line.endswith(advice)


@pytest.mark.parametrize("error", ["ModuleNotFoundError", "OSError", "RuntimeError", "AttributeError"])
def test_without_torch_each_line_is_a_sentence(error):
    """In a process of its own, where torch cannot be imported."""
    code = f"""if True:
        import sys

        class NoTorch:
            def find_spec(self, name, *_):
                if name == "torch":
                    raise {error}("No module named torch")

        sys.meta_path.insert(0, NoTorch())
        import course_utils
        assert course_utils.check_environment() is False
    """
    run = python("-c", code)
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    assert [line[:4] for line in lines] == ["[OK]", "[!!]", "[!!]", "[OK]", "[OK]"]
    assert lines[2] == "[!!] the device is not known: torch does not work."


def test_a_device_that_cannot_be_asked_for(monkeypatch, lines):
    monkeypatch.setitem(sys.modules, "course_utils.device", None)
    assert check_environment() is False
    assert lines()[2] == "[!!] the device is not known: torch does not work."


def test_mps_has_no_float64(monkeypatch, lines):
    monkeypatch.setattr(device, "get_device", lambda: torch.device("mps"))
    assert check_environment() is True
    assert lines()[2] == "[OK] computing on: mps (it has float32, not float64)"
    monkeypatch.setattr(device, "get_device", lambda: torch.device("cuda"))
    check_environment()
    assert lines()[2] == "[OK] computing on: cuda"


def test_a_device_that_is_not_there(monkeypatch, lines):
    monkeypatch.setenv("COURSE_DEVICE", "xpu:9")
    assert check_environment() is False
    assert lines()[2].startswith("[!!] COURSE_DEVICE asks for the device 'xpu:9'")


@pytest.mark.parametrize(("folder", "why"), [("file", "File exists"), ("file/data", "Not a directory")])
def test_a_data_folder_that_cannot_be_made(monkeypatch, lines, tmp_path, folder, why):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / folder))
    assert check_environment() is False
    said = lines()
    advice = f"cannot be made ({why}): set COURSE_DATA_DIR to a folder that you may write to."
    assert said[3] == f"[!!] The data folder {tmp_path / folder} {advice}"
    assert said[4] == "[!!] free disk space is not known: the data folder cannot be read."


def test_a_data_folder_that_is_not_ours(monkeypatch, lines, tmp_path):
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(os, "access", lambda folder, mode: (folder, mode) != (tmp_path, os.W_OK))
    assert check_environment() is False
    assert lines()[3] == (
        f"[!!] you may not write to {tmp_path}: set COURSE_DATA_DIR to a folder that you may write to."
    )


@pytest.mark.parametrize(
    ("folder", "shown"),
    [("data", "data"), ("../data", "../data"), ("{}/data", "{}/data"), ("elsewhere", None)],
)
def test_the_data_folder_is_shown_as_seen_from_here(monkeypatch, lines, tmp_path, folder, shown):
    here = tmp_path / "one" / "two"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    monkeypatch.setenv("COURSE_DATA_DIR", folder.format(tmp_path))
    if shown is None:  # as on another drive of Windows
        monkeypatch.setattr(os.path, "relpath", lambda _: int("no path"))
        shown = str(here / folder)
    check_environment()
    assert lines()[3] == f"[OK] data are kept in {shown.format(tmp_path)}"


def test_a_full_disk(monkeypatch, lines):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 2e8))
    assert check_environment() is False
    assert lines()[4] == "[!!] 0.2 GB of disk space is free: make room for at least 1 GB."
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 1e9))
    assert check_environment() is True
    assert lines()[4] == "[OK] 1 GB of disk space is free"
