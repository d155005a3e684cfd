"""The wheel, and lessons that are alone with it: no checkout, an empty folder, as in Colab."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import nbformat
import pytest

from helpers import UV, code_cells, every_lesson, python
from tools.notebooks import ALL, LESSONS, ROOT, read
from tools.publish import BOOTSTRAP, INSTALL

DATA = ["temps.csv", "digits.npz", "README.md"]  # the last one holds the digits' attribution
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
        for name in DATA:
            assert archive.read(f"course_utils/data/{name}") == (ROOT / "data" / name).read_bytes()
    package = ROOT / "course_utils"
    inside = {f"course_utils/{path.relative_to(package).as_posix()}" for path in package.rglob("*.*")}
    inside = {name for name in inside if "__pycache__" not in name}
    assert files == inside | {"course_utils/hubconf.py", *(f"course_utils/data/{name}" for name in DATA)}


def test_an_editable_install_copies_nothing(tmp_path):
    """Else `import course_utils` would find the copies where the folder of the course is gone."""
    code = "import hatchling.build, sys; print(hatchling.build.build_editable(sys.argv[1]))"
    name = python("-c", code, tmp_path, check=True).stdout.split()[-1]
    with zipfile.ZipFile(tmp_path / name) as archive:
        files = [name for name in archive.namelist() if ".dist-info/" not in name]
        assert files == ["_course_utils.pth"] and archive.read(files[0]).decode() == str(ROOT)


@pytest.mark.skipif(not shutil.which("make") or not (ROOT / ".git").exists(), reason="needs make and git")
def test_a_release_holds_what_is_committed(tmp_path):
    clone = tmp_path / "a clone"
    subprocess.run(["git", "clone", "-q", "--depth=1", ROOT.as_uri(), clone], check=True)
    shutil.copy(ROOT / "Makefile", clone)
    (clone / "course_utils" / "secret.py").touch()
    bin = Path(sys.executable).parent
    subprocess.run(["make", "-o", ".venv/ready", f"BIN={bin}", "wheel"], cwd=clone, check=True)
    (wheel,) = (clone / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert "course_utils/live.py" in archive.namelist()
        assert "course_utils/secret.py" not in archive.namelist()


@pytest.fixture
def bare_python(tmp_path) -> Path:
    """A Python that has everything installed here but the course."""
    venv.create(tmp_path / "venv")
    folder = Path(sysconfig.get_path("purelib", vars={"base": tmp_path / "venv"}))
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if "course_utils" not in entry.name.lower():
            (folder / entry.name).symlink_to(entry)
    return tmp_path / "venv" / "bin" / "python"


@pytest.fixture(scope="session")
def python_of_colab(tmp_path_factory) -> Path:
    """A Python with the versions of tests/colab.txt."""
    folder = tmp_path_factory.mktemp("colab")
    if not UV or subprocess.run([UV, "venv", "-q", "--python", sys.executable, folder]).returncode:
        pytest.skip("needs uv")
    install = [UV, "pip", "install", "-q", "--python", folder / "bin" / "python", "--only-binary", ":all:"]
    install += ["-r", ROOT / "tests" / "colab.txt", "pip", "filelock", "platformdirs", "nbclient"]
    for index in (["--torch-backend=cpu"], []):  # the small build, or, where that cannot be had, the large
        if not subprocess.run([*install, *index]).returncode:
            return folder / "bin" / "python"
    pytest.skip("the versions of Colab cannot be installed here")


def alone(path: Path):
    name = f"{path.parent.name}/{path.stem}"
    return pytest.param(path, id=name, marks=[] if name in QUICK else pytest.mark.slow)


def run_alone(path: Path, wheel: Path, python: Path, tmp_path: Path) -> None:
    """Run a notebook in an empty folder; its first cell installs the wheel."""
    notebook = read(path)
    code_cells(notebook)[0].source = BOOTSTRAP + INSTALL.format(wheel=wheel.as_uri())
    code_cells(notebook)[0].source += f"\nassert not course_utils.__file__.startswith({str(ROOT)!r})"
    folder = tmp_path / "content"
    folder.mkdir()
    nbformat.write(notebook, folder / path.name)
    environment = {
        key: value for key, value in os.environ.items() if key not in ("COURSE_DATA_DIR", "PYTHONPATH")
    }
    environment |= {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    environment |= {"COURSE_DEVICE": "cpu"}
    command = [python, "-c", RUN, path.name]
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-3000:]
    assert [file.name for file in folder.iterdir()] == [path.name]


@pytest.mark.skipif(sys.platform == "win32", reason="makes symbolic links")
@pytest.mark.parametrize("path", [alone(path) for path in ALL])
def test_a_notebook_alone_installs_the_wheel_and_runs(path, wheel, bare_python, tmp_path):
    run_alone(path, wheel, bare_python, tmp_path)


def test_without_the_wheel_the_bootstrap_cell_says_what_to_do(bare_python, tmp_path):
    bootstrap = code_cells(read(LESSONS[0]))[0].source
    if "%pip" in bootstrap:
        pytest.skip("the address is set: the cell installs the wheel")
    run = subprocess.run([bare_python, "-Ic", bootstrap], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stderr == "course_utils is missing: run `make lab` in the course's folder.\n"


@pytest.mark.slow
@every_lesson
def test_a_lesson_runs_with_the_versions_of_colab(path, wheel, python_of_colab, tmp_path):
    subprocess.run([python_of_colab, "-m", "pip", "uninstall", "-qy", "course-utils"], check=True)
    run_alone(path, wheel, python_of_colab, tmp_path)
