"""Print the oldest versions that pyproject.toml allows, for `make test CONSTRAINTS=build/oldest.txt`."""

import re
import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
for requirement in project["dependencies"] + sum(project["optional-dependencies"].values(), []):
    name, oldest = re.match(r"([\w-]+)>=([\d.]+)", requirement).groups()
    print(f"{name}=={oldest}")
