"""load_mnist against a local http server, with four small files in MNIST's format."""

import contextlib
import socket

import torch
from torchvision.datasets import MNIST

from course_utils import digits, load_mnist
from helpers import NAMES


def test_downloads_once_and_keeps_torchvisions_layout(server, raw, capsys):
    asked = []
    for _ in range(2):
        mnist = load_mnist()
        assert mnist.name == "MNIST"
        assert [tuple(part.shape) for part in mnist[:4]] == [(3, 28, 28), (3,), (2, 28, 28), (2,)]
        assert [part.dtype for part in mnist[:4]] == [torch.uint8, torch.int64] * 2
        assert mnist.test_images.flatten()[:300].tolist() == [i % 251 for i in range(300)]
        assert mnist.train_labels.tolist() == [0, 1, 2]
        assert capsys.readouterr().out.endswith("Digits: MNIST, 3 for training, 2 for testing.\n")
        asked.append(server.requests)
    assert asked[0] == asked[1] >= 4
    assert all((raw / name).is_file() for name in NAMES)


def test_a_server_that_never_answers_is_given_up(server, monkeypatch):
    monkeypatch.setattr(digits, "TIMEOUT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("COURSE_MNIST_MIRROR", f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert load_mnist().name == "bundled"


def test_the_next_server_is_tried(server, monkeypatch):
    monkeypatch.setattr(MNIST, "mirrors", [digits.os.environ["COURSE_MNIST_MIRROR"] + "/"])
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as closed:
        dead = closed.getsockname()[1]
    monkeypatch.setenv("COURSE_MNIST_MIRROR", f"http://127.0.0.1:{dead}")
    assert load_mnist().name == "MNIST"


def test_the_mirror_may_end_in_a_slash_or_not_be_there(server, raw, monkeypatch):
    address = digits.os.environ["COURSE_MNIST_MIRROR"]
    monkeypatch.setenv("COURSE_MNIST_MIRROR", address + "/")
    assert load_mnist().name == "MNIST"
    (raw / NAMES[0]).write_bytes(b"")
    (raw / f"{NAMES[0]}.gz").unlink()
    monkeypatch.delenv("COURSE_MNIST_MIRROR")
    monkeypatch.setattr(MNIST, "mirrors", [address + "/"])
    assert load_mnist().name == "MNIST"


def test_the_bundled_digits_look_like_mnist():
    bundled = digits._load_bundled()
    assert [tuple(part.shape) for part in bundled[:4]] == [(1437, 28, 28), (1437,), (360, 28, 28), (360,)]
    assert [part.dtype for part in bundled[:4]] == [torch.uint8, torch.int64] * 2
    assert bundled.train_labels.unique().tolist() == bundled.test_labels.unique().tolist() == list(range(10))
    assert bundled.train_images.max() == 255
    edge = bundled.train_images.clone()
    edge[:, 4:-4, 4:-4] = 0
    assert (edge == 0).all()  # the digit stands in the middle 20 × 20
