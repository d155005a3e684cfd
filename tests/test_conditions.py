"""Each lesson gives its stored outputs wherever it runs: `python -m pytest -m slow tests/test_conditions.py`.

One lesson alone: add `-k 01_tensors`.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course_utils import data_dir
from tools.notebooks import FURTHER, LESSONS

ROOT = Path(__file__).parents[1]

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("path", LESSONS + FURTHER, ids=lambda p: p.stem)]


def assert_strict_nbval_passes(path: Path, root: Path = ROOT, **environment: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", str(path)],
        cwd=root,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-2000:]


def test_one_thread_in_kathmandu_in_turkish(path, tmp_path):
    """There numbers have a comma for a point, and an i without its dot is another letter."""
    locale = ["localedef", "-i", "tr_TR", "-f", "UTF-8", str(tmp_path / "tr_TR.UTF-8")]
    if not shutil.which("localedef") or subprocess.run(locale, capture_output=True).returncode:
        pytest.skip("the system cannot make the locale tr_TR")
    turkish = {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "LOCPATH": str(tmp_path)}
    assert_strict_nbval_passes(path, OMP_NUM_THREADS="1", TZ="Asia/Kathmandu", **turkish)


def test_two_threads_without_a_home_or_a_language_in_an_odd_folder(path, tmp_path):
    root = tmp_path / "Kurs für alle, 数字"
    for name in ("course_utils", "notebooks", "scale_out"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    files = ["pyproject.toml", "hubconf.py", "tests/nbval_sanitize.cfg", "data/temps.csv", "data/digits.npz"]
    for name in files:
        (root / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    (tmp_path / "home").write_text("")  # a file in the place of the folder stops the administrator too
    nobody = {"HOME": str(tmp_path / "home"), "LC_ALL": "C", "LANG": "C"}
    nobody |= {f"XDG_{name}_HOME": "" for name in ("CONFIG", "CACHE", "DATA", "STATE")}
    package = {"PYTHONPATH": str(root), "COURSE_DATA_DIR": str(data_dir())}
    copy = root / path.relative_to(ROOT)
    assert_strict_nbval_passes(copy, root, OMP_NUM_THREADS="2", **nobody, **package)
