"""Install the course into the Python that runs this, in the build of PyTorch that fits the machine.

`make lab` and `make test` call it; on Windows `.venv\\Scripts\\python tools\\install.py`. uv does it, much
faster than pip. It looks for a card and takes the build for it from PyTorch's own index; without one a small
build, where the ordinary index has for Linux only that with CUDA, six times as large.

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


def main(constraints: str = "constraints.txt") -> int:
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--constraint", constraints]
    course = ["--editable", ".[lab,test]"]
    if os.environ.get("PIP"):
        return subprocess.run([*pip, *course]).returncode
    if failed := subprocess.run([*pip, "uv"]).returncode:
        return failed

    uv = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "install",
        "--python",
        sys.executable,
        "--constraint",
        "-",
        *course,
    ]
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
        failed = main(*sys.argv[1:])
    except KeyboardInterrupt:
        failed = 130
    sys.exit(failed and FAILED)
