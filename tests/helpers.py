"""What several tests need: the notebooks, Python in a process of its own, a local server, a free port."""

import contextlib
import functools
import http.server
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from course_utils.digits import UNPACKED
from tools.notebooks import ALL, FURTHER, LESSONS, ROOT

NAMES = list(UNPACKED)  # of MNIST's files
UV = shutil.which("uv", path=Path(sys.executable).parent) or shutil.which("uv")

every_lesson = pytest.mark.parametrize("path", LESSONS + FURTHER, ids=lambda p: f"{p.parent.name}/{p.stem}")
every_notebook = pytest.mark.parametrize("path", ALL, ids=lambda p: f"{p.parent.name}/{p.stem}")


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell: nbformat.NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


def outputs_as_text(cell: nbformat.NotebookNode) -> str:
    return "".join(o.get("text") or o.get("data", {}).get("text/plain", "") for o in cell.outputs)


def python(*arguments, cwd: Path = ROOT, env: dict | None = None, **options) -> subprocess.CompletedProcess:
    """Run Python with arguments, in the project's folder and with `env` besides what is set here."""
    command = [sys.executable, *map(str, arguments)]
    env = os.environ | (env or {})
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, encoding="utf-8", **options)


def strict_nbval(path: Path, root: Path = ROOT, **env: str) -> subprocess.CompletedProcess:
    """Run a notebook, wherever it lies, and compare its outputs as `make test` does."""
    command = ["-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider"]
    config = [f"--rootdir={root}", f"--config-file={root / 'pyproject.toml'}"]
    return python(*command, *config, path, cwd=root, env=env)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serve(folder: Path, handler: type[Quiet] = Quiet) -> Iterator[str]:
    """Serve a folder to this machine; gives the address."""
    handler = functools.partial(handler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
