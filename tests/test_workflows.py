"""The workflows do what the README and the Makefile do, with actions that cannot change under them."""

import re
from pathlib import Path

import pytest
import yaml

from helpers import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")

every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.stem)


def steps(path: Path) -> list[dict]:
    jobs = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values()
    return [step for job in jobs for step in job.get("steps", [])]


@every_workflow
def test_actions_are_pinned_by_their_whole_digest_and_say_their_version(path):
    used = re.findall(r"uses: (.+)", path.read_text(encoding="utf-8"))
    assert used
    for action in used:
        assert re.fullmatch(r"\./.*|[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)


@every_workflow
def test_a_workflow_may_only_read_and_its_jobs_end(path):
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    assert all("timeout-minutes" in job or "uses" in job for job in workflow["jobs"].values())
    for step in steps(path):
        if "checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


@every_workflow
def test_commands_are_those_of_the_makefile_or_the_readme(path):
    for command in (step["run"] for step in steps(path) if "run" in step):
        if command.startswith("make "):
            for target in re.findall(r"(?<= )[a-z-]+(?= |$)", command):
                assert re.search(rf"^{target}:", MAKEFILE, re.M), command
            for name in re.findall(r"([A-Z]+)=", command):
                assert f"\n{name} ?= " in MAKEFILE, command
        elif path.stem != "release":
            assert command.replace("--nbval-lax", "--nbval") in README, command


@every_workflow
def test_a_job_that_may_write_installs_nothing(path):
    for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values():
        if "write" in job.get("permissions", {}).values():
            commands = [step.get("run", step.get("uses")) for step in job["steps"]]
            assert all(re.match(r"gh release |actions/d", command) for command in commands), commands


def test_pinned_alike_everywhere():
    used = {action for path in WORKFLOWS for action in re.findall(r"uses: ([^.].+)", path.read_text("utf-8"))}
    assert len({action.split("@")[0] for action in used}) == len(used)
