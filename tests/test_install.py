"""The install of `make lab`, against made-up wheels: no byte comes from outside.

A small server on this machine stands in for the ordinary index and for PyTorch's own, one folder for each
kind of machine. uv asks the latter over https, through the proxy that the environment names: this server,
with a certificate made for the host that uv wants.
"""

import io
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time
import tomllib
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from helpers import ROOT, UV

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PINS = dict(line.lower().split("==") for line in (ROOT / "constraints.txt").read_text("utf-8").split())
TORCH, TORCHVISION = PINS["torch"], PINS["torchvision"]
CUBLAS = PINS["nvidia-cublas"]
FALLBACK = "PyTorch's own index cannot be reached or lacks these versions"

pytestmark = [
    pytest.mark.skipif(not UV, reason="needs uv: this environment was made with PIP=1"),
    pytest.mark.skipif(
        not (shutil.which("make") and shutil.which("openssl")), reason="needs make and openssl"
    ),
]


def wheel(name: str, version: str, requires: list[str] = (), files: dict[str, str] | None = None) -> dict:
    """A wheel as small as can be, by its file name."""
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {entry}\n" for entry in requires)
    extras = sorted({extra for entry in requires for extra in re.findall(r"extra == '(\w+)'", entry)})
    needs += "".join(f"Provides-Extra: {extra}\n" for extra in extras)
    files = {
        **(files or {f"{name.replace('-', '_')}.py": ""}),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
    return {f"{info.removesuffix('.dist-info')}-py3-none-any.whl": packed.getvalue()}


def ordinary_index() -> dict:
    """What the course asks for, PyTorch with CUDA; uv is the real one, hatchling builds one known wheel."""
    requires = list(PROJECT["dependencies"])
    for extra in ("lab", "test"):
        requires += [f"{entry}; extra == '{extra}'" for entry in PROJECT["optional-dependencies"][extra]]
    ((name, course),) = wheel("course-utils", PROJECT["version"], requires, {"empty.py": ""}).items()
    backend = f"""
import os, zipfile
def build_editable(folder, *_):
    with open(folder + "/{name}", "wb") as file:
        file.write({course!r})
    with zipfile.ZipFile(folder + "/{name}", "a") as archive:
        archive.writestr("_course_utils.pth", os.getcwd())
    return "{name}"
"""
    special = {
        "torch": {"requires": ["nvidia-cublas"]},  # one newer than what is pinned is there too
        "uv": {"files": {"uv.py": f"import os, sys\nos.execv({UV!r}, [{UV!r}, *sys.argv[1:]])"}},
        "hatchling": {"files": {"hatchling/__init__.py": "", "hatchling/build.py": backend}},
    }
    names = {re.match(r"[\w-]+", entry).group() for entry in requires} | {"uv", "nvidia-cublas"}
    index = wheel("nvidia-cublas", "13.0.1") | wheel("nvidia-cublas", "99.0")
    for name in names:
        index |= wheel(name, PINS[name], **special.get(name, {}))
    return index


ORDINARY = ordinary_index()


class Internet(BaseHTTPRequestHandler):
    """`/simple/NAME/` is the ordinary index, `/whl/KIND/NAME/` PyTorch's; a file lies beside its page."""

    protocol_version = "HTTP/1.1"
    shelves: dict[str, dict] = {"simple": ORDINARY}
    asked: list[str] = []
    tls: ssl.SSLContext | None = None
    flowing = threading.Event()

    def do_CONNECT(self):
        self.asked.append(self.path)
        if not self.tls:
            return self.send_error(502)
        self.send_response(200)
        self.end_headers()
        self.request = self.tls.wrap_socket(self.request, server_side=True)
        self.setup()

    def do_GET(self):
        self.asked.append(self.path)
        shelf, name, file = re.fullmatch(r"/(?:whl/)?([\w.]+)/([\w.-]+)/(.*)", self.path).groups()
        stock = self.shelves.get(shelf, {})
        file = file.replace("%2B", "+")
        found = [wheel for wheel in stock if wheel.split("-")[0].lower() == name.replace("-", "_").lower()]
        if not found or (file and file not in stock):
            return self.send_error(404)
        if "pandas" in self.path:
            self.flowing.wait(100)
        page = "".join(f'<a href="{wheel}">{wheel}</a>\n' for wheel in found).encode()
        body = stock[file] if file else page
        self.send_response(200)
        self.send_header("Content-Type", "application/zip" if file else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    Internet.flowing.set()
    with ThreadingHTTPServer(("127.0.0.1", 0), Internet) as running:
        running.daemon_threads = True
        running.handle_error = lambda *_: None  # uv hangs up when it knows enough
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.fixture(scope="module")
def env(server, tmp_path_factory):
    """The environment in which nothing but the server can be reached."""
    folder = tmp_path_factory.mktemp("env")
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_CACHE_DIR": "1",
        "PIP_INDEX_URL": f"{server}/simple/",
        "UV_NO_CONFIG": "1",
        "UV_NO_CACHE": "1",
        "UV_DEFAULT_INDEX": f"{server}/simple/",
        "UV_TORCH_BACKEND": "",
        "HTTPS_PROXY": server,
        "NO_PROXY": "127.0.0.1",
        "SSL_CERT_FILE": str(folder / "cert.pem"),
    }
    # Which host it is that uv asks for PyTorch: refused once, it has told.
    ask = [UV, "pip", "install", "--dry-run", "--python", sys.executable, "--target", folder, "torch"]
    subprocess.run(ask, env={**env, "UV_TORCH_BACKEND": "cpu", "UV_HTTP_RETRIES": "0"}, capture_output=True)
    host = Internet.asked.pop().removesuffix(":443")
    subprocess.run(
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test -keyout key.pem -out cert.pem "
        f"-addext subjectAltName=DNS:{host} -addext basicConstraints=critical,CA:FALSE".split(),
        cwd=folder,
        check=True,
        capture_output=True,
    )
    Internet.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    Internet.tls.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return env


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("Kurs für alle")
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "README.md"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "tools", folder / "tools")
    (folder / "course_utils").mkdir()
    (folder / "course_utils" / "__init__.py").touch()
    return folder


def make(course: Path, env: dict, *more: str) -> subprocess.Popen:
    command = ["make", f"PYTHON={sys.executable}", *more, ".venv/ready"]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=course, env=env, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    )


def outdate(course: Path) -> None:
    """As if pyproject.toml were newer."""
    ready = course / ".venv" / "ready"
    if ready.exists():
        os.utime(ready, (0, 0))


def made(course: Path, env: dict, *more: str) -> str:
    """What `make` said, when all went well."""
    running = make(course, env, *more)
    said = "".join(running.communicate(timeout=100))
    assert running.returncode == 0, said
    return said


def installed(course: Path) -> dict[str, str]:
    script = "import importlib.metadata as m; print(*(f'{d.name}=={d.version}' for d in m.distributions()))"
    python = [course / ".venv" / "bin" / "python", "-c", script]
    found = subprocess.run(python, capture_output=True, text=True, check=True).stdout
    return dict(entry.split("==") for entry in found.split())


no_card = pytest.mark.skipif(Path("/proc/driver/nvidia").exists(), reason="here is a card")
linux = pytest.mark.skipif(sys.platform != "linux", reason="a card is only looked for on Linux and Windows")


# In this order each finds the pair of the one before in place, and must replace both.
@pytest.mark.parametrize(
    ("kind", "torchvision", "cublas", "label"),
    [
        pytest.param("cpu", TORCHVISION, None, "+cpu", id="no card", marks=no_card),
        pytest.param("cpu", "0.1", CUBLAS, "", id="no such torchvision"),
        pytest.param("cu130", TORCHVISION, "13.0.1", "+cu130", id="card", marks=linux),
        pytest.param(None, None, CUBLAS, "", id="not reached"),
    ],
)
def test_a_pair_that_fits_the_machine(course, env, monkeypatch, kind, torchvision, cublas, label):
    card = kind == "cu130"
    requires = [f"nvidia-cublas=={cublas}"] if card else []
    index = wheel("torch", f"{TORCH}+{kind}", requires) | wheel("torchvision", f"{torchvision}+{kind}")
    monkeypatch.setattr(Internet, "shelves", {"simple": ORDINARY, kind: index})
    if not kind:
        monkeypatch.setattr(Internet, "tls", None)
    outdate(course)
    said = made(course, {**env, **({"UV_CUDA_DRIVER_VERSION": "580.82"} if card else {})})
    found = installed(course)
    assert (found["torch"], found["torchvision"]) == (TORCH + label, TORCHVISION + label)
    assert found.get("nvidia-cublas") == cublas
    assert said.count(FALLBACK) == (not label)
    assert re.search(r"Resolved \d+ packages", said)


def test_a_second_call_asks_nobody(course, env):
    before = len(Internet.asked)
    assert "is up to date" in made(course, env)
    assert len(Internet.asked) == before


def test_by_pip_alone(course, env):
    outdate(course)
    before = len(Internet.asked)
    made(course, env, "PIP=1")
    assert not [path for path in Internet.asked[before:] if "/whl/" in path or "/uv/" in path]


def fail(course, env, patch):
    shelf = {name: packed for name, packed in ORDINARY.items() if not name.startswith("torchvision")}
    patch.setattr(Internet, "shelves", {"simple": shelf})
    running = make(course, env)
    assert "make PIP=1 lab" in running.communicate(timeout=100)[1]
    assert running.returncode


def in_the_middle(course, env) -> subprocess.Popen:
    """An install that waits for pandas until `Internet.flowing` is set."""
    before = len(Internet.asked)
    Internet.flowing.clear()
    running = make(course, env)
    while not any("pandas" in path for path in Internet.asked[before:]):
        assert running.poll() is None
        time.sleep(0.05)
    return running


def kill(course, env, patch):
    running = in_the_middle(course, env)
    os.killpg(running.pid, signal.SIGKILL)
    running.communicate(timeout=100)
    Internet.flowing.set()


def lose_python(course, env, patch):
    made(course, env)
    for link in (course / ".venv" / "bin").glob("python*"):
        link.unlink()
    (course / ".venv" / "bin" / "python").symlink_to("/nowhere/python")


slow = pytest.mark.slow


@pytest.mark.parametrize(
    "breaks", [fail, pytest.param(kill, marks=slow), pytest.param(lose_python, marks=slow)]
)
def test_a_broken_install_is_made_anew(course, env, monkeypatch, breaks):
    outdate(course)
    with monkeypatch.context() as patch:
        breaks(course, env, patch)
    (course / ".venv" / "left").touch()
    made(course, env)
    assert installed(course)["torch"] == TORCH
    assert not (course / ".venv" / "left").exists()


def test_two_installs_at_once_are_one(course, env):
    outdate(course)
    first = in_the_middle(course, env)
    second = make(course, env)
    assert "Another install is at work in this folder" in second.stdout.readline()
    Internet.flowing.set()
    said = second.communicate(timeout=100)
    assert first.wait(100) == second.returncode == 0 and said == ("", ""), said


@pytest.mark.parametrize("how", [pytest.param("renamed", marks=slow), "copied"])
def test_a_folder_that_was_renamed_or_copied(course, env, tmp_path, how):
    made(course, env)
    other = tmp_path / "another folder"
    shutil.copytree(course, other, symlinks=True)
    if how == "renamed":
        shutil.rmtree(course)
    assert "Installing" in made(other, env)
    where = [other / ".venv" / "bin" / "python", "-Ic", "import course_utils; print(course_utils.__file__)"]
    found = subprocess.run(where, capture_output=True, text=True, check=True).stdout
    assert found.strip() == str(other / "course_utils" / "__init__.py")
    assert "is up to date" in made(other, env)
    if how == "renamed":
        other.rename(course)


@slow
def test_the_active_environment_is_made_anew(course, env):
    """Its own Python must not be the one that clears it."""
    made(course, env)
    (course / ".venv" / "ready").unlink()
    active = {**env, "PATH": f"{course / '.venv' / 'bin'}:{env['PATH']}"}
    assert "Installing" in made(course, active, "PYTHON=python3")
    assert installed(course)["torch"] == TORCH
