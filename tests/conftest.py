"""A local server with four small files in MNIST's format, in place of MNIST's own servers."""

import gzip
import hashlib
import struct
import time

import pytest
from torchvision.datasets import MNIST

from course_utils import digits
from helpers import NAMES, Quiet, serve


@pytest.fixture(scope="session")
def source(tmp_path_factory):
    """A folder as on MNIST's servers, with 3 training and 2 test images; yields it and the MD5 sums."""
    folder = tmp_path_factory.mktemp("mirror")
    unpacked, packed = {}, []
    for name, count in zip(NAMES, [3, 3, 2, 2], strict=True):
        if "images" in name:
            content = struct.pack(">4i", 0x803, count, 28, 28) + bytes(i % 251 for i in range(count * 784))
        else:
            content = struct.pack(">2i", 0x801, count) + bytes(range(count))
        (folder / f"{name}.gz").write_bytes(gzip.compress(content, mtime=0))
        unpacked[name] = hashlib.md5(content).hexdigest()
        packed.append((f"{name}.gz", hashlib.md5((folder / f"{name}.gz").read_bytes()).hexdigest()))
    return folder, unpacked, packed


class Handler(Quiet):
    """Serves a folder, unless `fault` says otherwise; counts what was asked for."""

    fault = None
    pause = 0.0  # seconds before each answer
    requests = 0
    login = None  # the header that it asks for

    def do_GET(self):
        type(self).requests += 1
        time.sleep(self.pause)
        if self.login and self.headers["Authorization"] != self.login:
            return self.send_error(401)
        if isinstance(self.fault, int):
            return self.send_error(self.fault)
        if self.fault is None:
            return super().do_GET()
        with open(self.translate_path(self.path), "rb") as file:
            content = file.read()
        length = len(content)
        if self.fault in ("cut", "no end"):
            content = content[: length // 2]
        elif self.fault == "changed":
            content = content[:-1] + b"?"
        elif self.fault == "a page":
            content = b"<html>Log in to the school's network first.</html>"
            length = len(content)
        elif self.fault == "endless":
            content, length = content * 100, length * 1000
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        for piece in [content[i : i + 1] for i in range(60)] if self.fault == "drip" else [content]:
            self.wfile.write(piece)
            time.sleep(0.05 * (self.fault == "drip"))
        if self.fault == "no end":
            time.sleep(3)


@pytest.fixture
def server(source, tmp_path, monkeypatch):
    """The files on a local server, named by COURSE_MNIST_MIRROR; an empty data folder; no other server."""
    folder, unpacked, packed = source
    handler = type("Server", (Handler,), {})
    with serve(folder, handler) as address:
        monkeypatch.setattr(digits, "UNPACKED", unpacked)
        monkeypatch.setattr(MNIST, "resources", packed)
        monkeypatch.setattr(MNIST, "mirrors", [])
        monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "data"))
        monkeypatch.setenv("COURSE_MNIST_MIRROR", address)
        yield handler


@pytest.fixture
def raw(tmp_path):
    return tmp_path / "data" / "MNIST" / "raw"
