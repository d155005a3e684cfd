"""What the files of the project promise each other."""

import hashlib
import re
import tomllib

import yaml
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from helpers import ROOT, python

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONDA_NAMES = {"torch": "pytorch", "matplotlib": "matplotlib-base"}


def requirements() -> list[str]:
    extras = PROJECT["optional-dependencies"]
    return PROJECT["dependencies"] + extras["lab"] + extras["test"]


def split(requirement: str) -> tuple[str, str]:
    return re.fullmatch(r"([\w-]+)(.*)", requirement).groups()


def test_conda_has_the_same_packages_and_ranges():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    listed = dict(
        split(entry) for entry in conda["dependencies"] if isinstance(entry, str) and entry != "pip"
    )
    assert listed.pop("python") == PROJECT["requires-python"]
    expected = {CONDA_NAMES.get(name, name): versions for name, versions in map(split, requirements())}
    assert listed == expected
    assert conda["channels"] == ["conda-forge", "nodefaults"]


def test_constraints_pin_every_requirement_and_name_no_address():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines)
    pinned = {line.split("==")[0].lower() for line in lines}
    assert {"uv", *(split(requirement)[0] for requirement in requirements())} <= pinned


def test_the_oldest_versions_are_those_of_pyproject():
    allowed = PROJECT["dependencies"] + sum(PROJECT["optional-dependencies"].values(), [])
    oldest = set(python("tools/oldest.py").stdout.replace("==", ">=").split())
    assert oldest == {entry.split(",")[0] for entry in allowed} - {
        "ipywidgets>=7.7.1"
    }  # JupyterLab's is newer


def test_the_wheel_runs_with_the_versions_of_colab():
    """A slow test runs the lessons with them."""
    lines = (ROOT / "tests" / "colab.txt").read_text(encoding="utf-8").splitlines()
    colab = dict(line.split("==") for line in lines if not line.startswith("#"))
    for name, versions in map(split, PROJECT["dependencies"]):
        if name in colab:
            assert Version(colab[name]) in SpecifierSet(versions), name


def test_the_data_are_those_of_the_readme():
    readme = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    for name in ("temps.csv", "digits.npz"):
        checksum = hashlib.sha256((ROOT / "data" / name).read_bytes()).hexdigest()
        assert re.search(rf"`{name}` .*`{checksum}`", readme), f"{name} has SHA-256 {checksum}"


def test_links_in_the_readmes_work():
    for file in ROOT.glob("*.md"):
        for target in re.findall(r"\]\(([^)#\s]+)", file.read_text(encoding="utf-8")):
            assert re.match(r"[a-z]+:", target) or (ROOT / target).exists(), f"{file.name}: {target}"
