"""JupyterLab as `make lab` starts it: for this machine alone, with a token, asking nobody for news."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SETTINGS = "lab/api/settings/@jupyterlab/apputils-extension:notification"

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="needs make")


def command() -> str:
    """What `make lab` runs last."""
    make = ["make", "--no-print-directory", "-n", "lab"]
    dry = subprocess.run(make, cwd=ROOT, capture_output=True, text=True, check=True)
    return dry.stdout.splitlines()[-1]


@pytest.fixture
def lab(tmp_path):
    """A running server: what it wrote about itself, and a function to ask it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folders = {f"JUPYTER_{kind}_DIR": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    line = re.sub(r"\S+ -m jupyterlab", f"exec '{sys.executable}' -m jupyterlab --no-browser", command())
    server = subprocess.Popen(
        f"{line} --ServerApp.port={port} --ServerApp.port_retries=0",
        shell=True,
        cwd=ROOT,
        env={**os.environ, **folders},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not (files := list((tmp_path / "RUNTIME").glob("jpserver-*.json"))):
            assert server.poll() is None
            time.sleep(0.1)
        yield json.loads(files[0].read_text())
    finally:
        server.terminate()
        server.wait(20)


def test_the_command_keeps_the_token():
    assert not re.search(r"token|password|allow_origin|0\.0\.0\.0", command())


def test_for_this_machine_alone_with_a_token_and_without_news(lab):
    assert lab["hostname"] == "127.0.0.1" and len(lab["token"]) >= 32 and not lab["password"]
    for token in ("", "?token=guess"):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(lab["url"] + SETTINGS + token, timeout=20)
    with urllib.request.urlopen(f"{lab['url']}{SETTINGS}?token={lab['token']}", timeout=20) as answer:
        settings = json.load(answer)["schema"]["properties"]
    assert settings["fetchNews"]["default"] == "false"
    assert settings["checkForUpdates"]["default"] is False
