"""Each lesson in JupyterLab in a real Chromium: `make browser-test`.

Run All, no errors; a slider or a menu moved with the keyboard changes its picture; live plots are
seen moving; a digit drawn with the mouse is read.
"""

import base64
import io
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
import urllib.request

import numpy as np
import pytest
from PIL import Image

import course_utils
from helpers import code_cells, every_lesson, free_port
from tools.notebooks import NOTEBOOKS, read

pytestmark = pytest.mark.browser

SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false"},
    "notebook-extension/tracker": {"windowingMode": "none"},  # all cells are in the page, seen or not
}
# Looks at each painted frame, as an eye would: which picture does each cell show, or none where one was?
WATCH = """() => {
  window.seen = {};
  const look = () => {
    document.querySelectorAll(".jp-Notebook .jp-CodeCell").forEach((cell, number) => {
      const seen = (window.seen[number] ??= { frames: [], blanks: 0 });
      const image = cell.querySelector(".jp-OutputArea-output img");
      if (image && image.complete && image.naturalWidth) {
        if (seen.frames.at(-1) !== image.src) seen.frames.push(image.src);
      } else if (seen.frames.length) {
        seen.blanks += 1;
      }
    });
    requestAnimationFrame(look);
  };
  look();
}"""
TROUBLE = '[data-mime-type$="jupyter.error"], [data-mime-type$="jupyter.stderr"]'
RUNNING = """() => [...document.querySelectorAll(".jp-InputPrompt")].some(
  (prompt) => prompt.textContent.includes("[*]"))"""


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """A JupyterLab server on a copy of the lessons; yields its address."""
    root = tmp_path_factory.mktemp("lab")
    shutil.copytree(NOTEBOOKS, root / "notebooks")
    settings = root / "config" / "lab" / "user-settings" / "@jupyterlab"
    for name, content in SETTINGS.items():
        file = settings / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content))
    (data := root / "data").mkdir()  # what is solved here is not solved in the checkout
    if (course_utils.data_dir() / "MNIST").is_dir():
        (data / "MNIST").symlink_to(course_utils.data_dir() / "MNIST")
    port, token = free_port(), secrets.token_hex(8)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
    command += [f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"]
    server = subprocess.Popen(
        command,
        cwd=root / "notebooks",
        env={
            **os.environ,
            "JUPYTER_CONFIG_DIR": str(root / "config"),
            "COURSE_DEVICE": "cpu",
            "COURSE_DATA_DIR": str(data),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(120):
        try:
            urllib.request.urlopen(f"{address}/api/status?token={token}").close()
            break
        except OSError:
            time.sleep(0.5)
    else:
        pytest.fail("JupyterLab did not answer within a minute.")
    yield lambda name: f"{address}/lab/workspaces/{secrets.token_hex(4)}/tree/{name}?token={token}"
    server.terminate()
    server.wait()


@pytest.fixture
def run_all(browser, lab):
    """Open a lesson, run all its cells; returns the page and the errors of its console."""
    page = browser.new_page(viewport={"width": 1200, "height": 1000})
    page.set_default_timeout(60_000)
    errors = []
    page.on("console", lambda message: message.type == "error" and errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))

    def run_all(name: str):
        page.goto(lab(name))
        page.wait_for_selector(".jp-Notebook .jp-CodeCell")
        accept = page.locator(".jp-Dialog .jp-mod-accept")
        if accept.count():
            accept.click()
        page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
        page.get_by_role("menuitem", name="Edit", exact=True).click()
        page.get_by_text("Clear Outputs of All Cells", exact=True).click()
        page.evaluate(WATCH)
        for _ in range(5):
            page.get_by_role("menuitem", name="Run", exact=True).click()
            page.get_by_text("Run All Cells", exact=True).click()
            try:
                page.wait_for_function(RUNNING, timeout=3000)
                break
            except Exception:
                page.keyboard.press("Escape")
        page.wait_for_function(f"!({RUNNING})()", timeout=300_000)
        return page, errors

    yield run_all
    page.close()


def press(key: str):
    """Move a slider with the keyboard; a menu opens by other keys on each system, so it is set."""

    def move(page, control) -> None:
        if control.evaluate("element => element.tagName") == "SELECT":
            control.select_option(index={"ArrowDown": 0, "ArrowUp": 1}[key])
        else:
            control.focus()
            page.keyboard.press(key)

    return move


MOVES = [press("ArrowDown"), press("ArrowUp")]  # one of them moves it wherever it stands


def picture(cell) -> str:
    return cell.locator(".jp-OutputArea-output img").first.get_attribute("src")


def pixels(source: str) -> np.ndarray:
    """Decode an image of the page from its data address."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(source.split(",", 1)[1]))).convert("RGB"))


@every_lesson
def test_lesson(run_all, path):
    page, errors = run_all(path.relative_to(NOTEBOOKS).as_posix())
    cells = page.locator(".jp-Notebook .jp-CodeCell")
    sources = [cell.source for cell in code_cells(read(path))]
    assert cells.count() == len(sources)
    assert page.locator(TROUBLE).count() == 0
    assert errors == []

    for number, source in enumerate(sources):
        cell = cells.nth(number)
        control = cell.locator(".noUi-handle, select").first
        if ".observe(" in source and control.count():
            before = picture(cell)
            for move in MOVES:
                move(page, control)
                page.wait_for_timeout(2000)
                if picture(cell) != before:
                    break
            assert picture(cell) != before, f"cell [{number + 1}]"

    seen = page.evaluate("window.seen")
    for number, source in enumerate(sources):
        if re.search(r"^\s*with course_utils.LivePlot", source, re.M):
            frames = seen[str(number)]["frames"]
            assert seen[str(number)]["blanks"] == 0
            assert all(pixels(frame).std() > 1 for frame in frames)
            if path.name.startswith("06"):
                assert len(frames) >= 10


def test_an_exercise_is_solved_in_chinese(run_all):
    page, _ = run_all("zh/00_start_here.ipynb")
    assert page.locator(TROUBLE).count() == 0
    cell = page.locator(".jp-Notebook .jp-CodeCell", has_text="def double")
    cell.get_by_text("练习 00.1：还没有开始").wait_for()
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("def double(x):\n    return 2 * x\n\n\ncourse_utils.check('00.1', double)")
    page.keyboard.press("Control+Enter")
    cell.get_by_text("练习 00.1：正确").wait_for()


def test_a_digit_drawn_with_the_mouse_is_read(run_all):
    page, _ = run_all("10_mnist_cnn.ipynb")
    canvas = page.locator("canvas[aria-label*='draw a digit']")
    canvas.scroll_into_view_if_needed()
    cell = page.locator(".jp-CodeCell", has=canvas)
    cell.get_by_text("The network reads: 2").wait_for()  # the stored drawing
    before = picture(cell)
    box = canvas.bounding_box()
    strokes = [[(140, 60), (140, 220)], [(120, 85), (140, 60)]]  # a one
    for stroke in strokes:
        (x, y), *rest = stroke
        page.mouse.move(box["x"] + x, box["y"] + y)
        page.mouse.down()
        for x, y in rest:
            page.mouse.move(box["x"] + x, box["y"] + y, steps=10)
        page.mouse.up()
    page.wait_for_timeout(2000)
    assert picture(cell) != before
    cell.get_by_text("The network reads: 1").wait_for()
