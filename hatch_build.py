"""What the wheel holds besides the package: in a checkout it lies elsewhere, and must not be copied."""

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FILES = ("data/temps.csv", "data/digits.npz", "data/README.md", "hubconf.py")


class Hook(BuildHookInterface):
    def initialize(self, version: str, build_data: dict) -> None:
        if version != "editable":
            build_data["force_include"] |= {file: f"course_utils/{file}" for file in FILES}
