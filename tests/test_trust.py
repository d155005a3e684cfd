"""What the course does not do: ask the network unasked, run a data file's code, show its maker's machine."""

import ast
import json
import re

import pytest

from helpers import code_cells, every_notebook, python
from tools.notebooks import ALL, ROOT, read

FOLDERS = ["course_utils", "tools", "data", "benchmarks", "scale_out", "book"]
FILES = [*ROOT.glob("*.py"), *(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py"))]
# Lesson 07's further notebook shows what weights_only=False does: with its own file, twice, and with a trap.
SHOWN = {"further/07_save_resume_share.ipynb": 3}
UNPICKLE = re.compile(r"pickle\.loads?|joblib\.load|\w+\.read_pickle")


def sources():
    """Each Python file and each notebook, as its name and its code."""
    for file in FILES:
        yield file.name, file.read_text(encoding="utf-8")
    for path in ALL:
        name = path.relative_to(ROOT / "notebooks").as_posix()
        cells = [re.sub(r"(?m)^\s*[%!].*", "", cell.source) for cell in code_cells(read(path))]
        yield name, "\n".join(cells)


def careless(code: str) -> list[str]:
    """Calls that could run code which stands in a data file."""
    found = []
    for call in (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)):
        name = ast.unparse(call.func)
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        if (
            (name.endswith("torch.load") and given.get("weights_only") != "True")
            or (name.endswith("np.load") and given.get("allow_pickle", "False") != "False")
            or (name.endswith("hub.load") and given.get("source") != "'local'")
            or UNPICKLE.fullmatch(name)
        ):
            found.append(ast.unparse(call))
    return found


def test_nothing_is_unpickled_but_what_lesson_07_shows():
    for name, code in sources():
        calls = careless(code)
        shown = [call for call in calls if "weights_only=False" in call]
        assert len(calls) == len(shown) == SHOWN.get(name, 0), calls


@pytest.mark.parametrize(
    "code",
    [
        "torch.load(file)",
        "x = torch.load(file, weights_only=False)",
        "model.load_state_dict(torch.load(f, map_location='cpu'))",
        "np.load(file, allow_pickle=True)",
        "pickle.load(file)",
        "pd.read_pickle(file)",
        "torch.hub.load('owner/name', 'model')",
    ],
)
def test_a_careless_call_is_found(code):
    assert careless(code)
    assert not careless(
        "torch.load(f, weights_only=True), np.load(f), torch.hub.load(p, 'm', source='local')"
    )


def test_importing_and_the_first_cells_ask_nobody():
    """Everything the package offers is loaded, and each lesson's set-up is run."""
    setups = [[cell.source for cell in code_cells(read(path))[:2]] for path in ALL]
    code = """if True:
        import json, sys

        asked = []
        def listen(event, args):
            if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "urllib.Request"):
                asked.append(f"{event} {args[1:] if event.startswith('socket.c') else args}")
        sys.addaudithook(listen)

        import course_utils
        for name in course_utils.__all__:
            getattr(course_utils, name)
        course_utils.load_temperatures()
        for cells in json.load(sys.stdin):
            place = {"__name__": "__main__"}
            for cell in cells:
                exec(cell, place)
        print(asked)

        import socket  # and the trap works
        try:
            socket.create_connection(("127.0.0.1", 9), 1)
        except OSError:
            print(len(asked) > 0)
    """
    run = python("-c", code, cwd=ROOT / "notebooks", input=json.dumps(setups))
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout.splitlines()[-2:] == ["[]", "True"], run.stdout


TRACE = re.compile(
    r"/(root|home|tmp|Users)/|ipykernel_|\b[A-Z]:\\"
    r"|(?<![\w./:~])/(work|workspace|mnt|private|opt|usr|var|content)/"
    r"|token=\w{8}|\b(ghp|gho|github_pat|pypi|hf|sk|xox[bp])[-_]\w{8}|AKIA[0-9A-Z]{16}|-----BEGIN"
)


def texts(node):
    """Every text in a notebook but its pictures."""
    if isinstance(node, dict):
        node = [value for key, value in node.items() if key != "image/png"]
    if isinstance(node, list):
        return [text for part in node for text in texts(part)]
    return [str(node)]


@every_notebook
def test_a_notebook_holds_no_path_of_a_machine_and_no_token(path):
    for text in texts(read(path)):
        assert not TRACE.search(text) and str(ROOT) not in text, text


@pytest.mark.parametrize(
    "trace",
    [
        *("/home/ada/course", "'/tmp/x'", "file:///Users/ada", "C:\\Users", " /var/lib", "in ipykernel_7"),
        *("?token=01234567", "hf_abcdefgh", "sk-abcdefgh"),
    ],
)
def test_such_a_trace_is_found(trace):
    assert any(TRACE.search(text) for text in texts({"cells": [{"outputs": [{"text": trace}]}]}))
