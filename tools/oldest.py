"""Print the oldest versions that pyproject.toml allows, for `make test CONSTRAINTS=build/oldest.txt`."""

import re
import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
requirements = project["dependencies"] + sum(project["optional-dependencies"].values(), [])
# What an extra asks for anew is newer.
oldest = dict(re.match(r"([\w-]+)>=([\d.]+)", requirement).groups() for requirement in requirements)
print(*(f"{name}=={version}" for name, version in oldest.items()), sep="\n")
