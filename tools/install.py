"""Install the course into the Python that runs this, in the build of PyTorch that fits the machine.

On Windows `.venv\\Scripts\\python tools\\install.py`; `make lab` and `make test` call it with a folder for an
environment besides, which is made first. uv does it, much faster than pip. It looks for a card and takes the
build for it from PyTorch's own index; without one a small build, where the ordinary index has for Linux only
that with CUDA, six times as large.

UV_TORCH_BACKEND=cpu asks for the small one in spite of a card; PIP=1 takes pip and the ordinary index.
"""

import os
import subprocess
import sys
from pathlib import Path

# Each build of PyTorch says itself which of these it needs. Those pinned belong to the ordinary build.
CUDA = ("cuda-", "nvidia-", "triton==")
ORDINARY = "PyTorch's own index cannot be reached or lacks these versions: the ordinary one is used."
FAILED = "Not installed. Try again, or with PIP=1 in the environment (make PIP=1 lab): by pip alone."


def new(constraints: str, folder: str) -> int:
    """Make an environment and install into it; a second call at the same time waits for the first."""
    import fcntl

    ready = Path(folder) / "ready"
    with open("pyproject.toml") as lock:  # which a process lets go of however it ends
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another install is at work in this folder: waiting for it.", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        newest = max(Path(source).stat().st_mtime for source in ("pyproject.toml", constraints))
        if ready.exists() and ready.stat().st_mtime >= newest:
            return 0
        print("Installing PyTorch, JupyterLab and what they need.", flush=True)
        if not ready.exists():
            # By the Python behind an environment that is active: that may be the one to be cleared.
            python = getattr(sys, "_base_executable", sys.executable)
            if failed := subprocess.run([python, "-m", "venv", "--clear", folder]).returncode:
                return failed
        ready.unlink(missing_ok=True)
        if not (failed := subprocess.run([f"{folder}/bin/python", __file__, constraints]).returncode):
            ready.touch()
        return failed


def main(constraints: str = "constraints.txt") -> int:
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--constraint", constraints]
    course = ["--editable", ".[lab,test]"]
    if os.environ.get("PIP"):
        return subprocess.run([*pip, *course]).returncode
    if failed := subprocess.run([*pip, "uv"]).returncode:
        return failed

    uv = [sys.executable, "-m", "uv", "pip", "install", "--python", sys.executable, "--constraint", "-"]
    uv += course
    # Whatever was here before: never one of the two from one index beside the other from another.
    uv += ["--reinstall-package", "torch", "--reinstall-package", "torchvision"]
    pins = Path(constraints).read_text(encoding="utf-8")
    fitting = "".join(line for line in pins.splitlines(keepends=True) if not line.startswith(CUDA))
    env = {**os.environ, "UV_TORCH_BACKEND": os.environ.get("UV_TORCH_BACKEND") or "auto"}

    # First without installing, so that a download that breaks off later is not taken for an index that is
    # not there. One retry, not three: where there is no way to it, the ordinary one must not wait long.
    ask = {"env": {"UV_HTTP_RETRIES": "1", **env}, "stderr": subprocess.DEVNULL}
    if subprocess.run([*uv, "--dry-run", "--quiet"], input=fitting, text=True, **ask).returncode:
        print(ORDINARY, flush=True)
        fitting = pins
        del env["UV_TORCH_BACKEND"]
    return subprocess.run(uv, input=fitting, text=True, env=env).returncode


if __name__ == "__main__":
    try:
        failed = new(*sys.argv[1:]) if sys.argv[2:] else main(*sys.argv[1:])
    except KeyboardInterrupt:
        failed = 130
    sys.exit(failed and FAILED)
