"""The wheel, and lessons that are alone with it: no checkout, an empty folder, as in Colab."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import nbformat
import pytest

from helpers import code_cells, python
from tools.notebooks import ALL, LESSONS, ROOT, read
from tools.publish import BOOTSTRAP, INSTALL

QUICK = ["notebooks/01_tensors"]
RUN = """import sys, nbformat, nbclient
nbclient.NotebookClient(nbformat.read(sys.argv[1], 4), kernel_name="python3", timeout=300).execute()
"""


@pytest.fixture(scope="session")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    python("-m", "hatchling", "build", "-t", "wheel", "-d", folder, check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def test_the_wheel_is_small_and_holds_the_package_and_its_data(wheel):
    assert wheel.stat().st_size < 1_000_000
    with zipfile.ZipFile(wheel) as archive:
        files = {name for name in archive.namelist() if ".dist-info/" not in name}
        for name in ("temps.csv", "digits.npz"):
            assert archive.read(f"course_utils/data/{name}") == (ROOT / "data" / name).read_bytes()
    package = ROOT / "course_utils"
    inside = {f"course_utils/{path.relative_to(package).as_posix()}" for path in package.rglob("*.*")}
    inside = {name for name in inside if "__pycache__" not in name}
    extra = {"course_utils/data/temps.csv", "course_utils/data/digits.npz", "course_utils/hubconf.py"}
    assert files == inside | extra


@pytest.fixture
def python_of_colab(tmp_path) -> tuple[Path, dict[str, str]]:
    """A Python that has everything installed here but the course; yields it and its environment."""
    packages = tmp_path / "packages"
    packages.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if "course_utils" not in entry.name.lower():
            (packages / entry.name).symlink_to(entry)
    venv.create(tmp_path / "venv")
    home = {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    environment = {**os.environ, **home, "PYTHONPATH": str(packages), "COURSE_DEVICE": "cpu"}
    environment.pop("COURSE_DATA_DIR", None)
    return tmp_path / "venv" / "bin" / "python", environment


def alone(path: Path):
    name = f"{path.parent.name}/{path.stem}"
    return pytest.param(path, id=name, marks=[] if name in QUICK else pytest.mark.slow)


@pytest.mark.skipif(sys.platform == "win32", reason="makes symbolic links")
@pytest.mark.parametrize("path", [alone(path) for path in ALL])
def test_a_notebook_alone_installs_the_wheel_and_runs(path, wheel, python_of_colab, tmp_path):
    python, environment = python_of_colab
    notebook = read(path)
    code_cells(notebook)[0].source = BOOTSTRAP + INSTALL.format(wheel=wheel.as_uri())
    code_cells(notebook)[0].source += f"\nassert course_utils.__file__.startswith({str(tmp_path)!r})"
    folder = tmp_path / "content"
    folder.mkdir()
    nbformat.write(notebook, folder / path.name)
    command = [python, "-c", RUN, path.name]
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-3000:]
    assert [file.name for file in folder.iterdir()] == [path.name]


def test_without_the_wheel_the_bootstrap_cell_says_what_to_do(python_of_colab, tmp_path):
    python, environment = python_of_colab
    bootstrap = code_cells(read(LESSONS[0]))[0].source
    if "%pip" in bootstrap:
        pytest.skip("the address is set: the cell installs the wheel")
    run = subprocess.run(
        [python, "-c", bootstrap], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert run.stderr == "course_utils is missing: run `make lab` in the course's folder.\n"
