"""What has been solved is remembered: whole or not at all, by many at once, and nothing of others is lost."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import course_utils
from course_utils.exercises import solved


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    return tmp_path / solved.FILE


def shown(capsys) -> str:
    capsys.readouterr()
    course_utils.progress()
    return capsys.readouterr().out


def test_the_map_has_a_box_for_each_exercise(capsys, file):
    text = shown(capsys)
    assert text.splitlines()[1].split(maxsplit=1) == ["01", "□ □ □  Think in tensors"]
    assert "■" not in text and text.splitlines()[-1].startswith("0 of ")
    assert not file.exists()


def test_a_correct_answer_is_remembered_and_no_other(capsys, file):
    course_utils.check("01.3", None)
    course_utils.check("01.3", lambda A, B: A)
    course_utils.check("01.3", torch.cdist, remembered=False)
    assert not file.exists()
    course_utils.check("01.3", torch.cdist)
    first = file.read_text()
    course_utils.check("01.3", torch.cdist)
    assert file.read_text() == first and list(json.loads(first)) == ["01.3"]
    text = shown(capsys)
    assert "□ □ ■" in text.splitlines()[1] and text.splitlines()[-1].startswith("1 of ")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[1, 2]", b'{"01.3": 7}', b'{"name": "a b"}'])
def test_what_is_not_ours_is_set_aside_with_a_sentence(capsys, file, content):
    file.write_bytes(content)
    course_utils.check("01.3", torch.cdist)
    text = capsys.readouterr().out
    (aside,) = file.parent.glob("progress-set-aside-*.json")
    assert aside.name in text and aside.read_bytes() == content
    assert "correct" in text and list(json.loads(file.read_text())) == ["01.3"]


def test_a_file_that_cannot_be_written_is_said_and_the_answer_stays_correct(capsys, file):
    file.mkdir()
    course_utils.check("01.3", torch.cdist)
    text = capsys.readouterr().out
    assert "Exercise 01.3: correct." in text and "could not be noted" in text
    assert [path.name for path in file.parent.glob("*.tmp")] == []
    assert "cannot be read" in shown(capsys)


def test_several_notebooks_at_once_lose_nothing(file):
    numbers = [f"{lesson:02}.{i}" for lesson in range(1, 5) for i in range(1, 4)]
    code = (
        "import sys; from course_utils.exercises.solved import remember; [remember(n) for n in sys.argv[1:]]"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code, *numbers[i::3]], env=os.environ) for i in range(3)
    ]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert list(json.loads(file.read_text())) == numbers


def test_a_write_that_is_cut_off_leaves_the_old_file(monkeypatch, file):
    solved.remember("01.1")
    before = file.read_text()

    def full(self, text, **_):
        self.write_bytes(text[:5].encode())
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    assert "No space left" in solved.remember("01.2")
    assert file.read_text() == before and not list(file.parent.glob("*.tmp"))
