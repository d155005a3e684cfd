"""Run lessons from top to bottom on the CPU and store their outputs, normalised.

    python tools/refresh.py                          all lessons and solutions
    python tools/refresh.py notebooks/01_tensors.ipynb

What depends on the repository's address is written by `stamp`, here and in tools/publish.py.

A lesson is written back only when every cell has run; one that fails is left as it was.
"""

import base64
import io
import os
import re
import sys
import tomllib
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"
CONTENTS = "00_start_here.ipynb"
WIDGET = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


BOOTSTRAP = """try:
    import course_utils
except ModuleNotFoundError:"""
NO_ADDRESS = """
    raise SystemExit("course_utils is missing: run `make lab` in the course's folder.") from None"""
# Colab has the rest; anywidget, and what that needs, only perhaps.
INSTALL = """  # this notebook is alone, as in Colab
    %pip install -q --no-deps {wheel} anywidget psygnal
    import course_utils"""


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def address() -> str | None:
    """The repository's address, `https://github.com/owner/name`; None until `make publish` has set it."""
    return project().get("urls", {}).get("Repository")


def colab(file: str) -> str:
    """The address that opens a notebook of the released version in Colab."""
    repository = address().removeprefix("https://github.com/")
    return (
        f"https://colab.research.google.com/github/{repository}/blob/v{project()['version']}/notebooks/{file}"
    )


def bootstrap() -> str:
    """The first code cell of every notebook: silent where the package is installed."""
    if not address():
        return BOOTSTRAP + NO_ADDRESS
    version = project()["version"]
    wheel = f"{address()}/releases/download/v{version}/course_utils-{version}-py3-none-any.whl"
    return BOOTSTRAP + INSTALL.format(wheel=wheel)


def name(path: Path) -> str:
    """The lesson's number and title, from its heading `# 01 · Think in tensors`."""
    heading = re.search(r"^# (\d\d) · (.+)$", nbformat.read(path, as_version=4).cells[1].source, re.M)
    return f"{heading[1]} {heading[2]}" if heading else path.stem


def navigation(path: Path) -> str:
    """The first line of a lesson: links to the one before, the contents and the one after."""
    lessons = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
    number = lessons.index(path)
    links = [f"[Contents]({CONTENTS})"]
    if number > 0:
        links.insert(0, f"[← {name(lessons[number - 1])}]({lessons[number - 1].name})")
    if number + 1 < len(lessons):
        links.append(f"[{name(lessons[number + 1])} →]({lessons[number + 1].name})")
    if address():
        links.append(f"[Open in Colab]({colab(path.name)})")
    return " · ".join(links)


def stamp(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Write a lesson's navigation and bootstrap cell; nothing else is touched."""
    if path.parent == NOTEBOOKS:
        notebook.cells[0].source = navigation(path)
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    if first.source.startswith(BOOTSTRAP):
        first.source = bootstrap()


def write(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Write a notebook whole or not at all."""
    unfinished = path.with_suffix(".ipynb.tmp")
    nbformat.write(notebook, unfinished)
    os.replace(unfinished, path)


def smaller(png: str) -> str:
    """Store a figure with a palette of 256 colours: a third of the bytes, and no difference to be seen."""
    image = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    packed = io.BytesIO()
    image.quantize(256, dither=Image.Dither.NONE).save(packed, "png", optimize=True)
    return base64.b64encode(packed.getvalue()).decode() + "\n"


def refresh(path: Path) -> None:
    path = path.resolve()
    notebook = nbformat.read(path, as_version=4)
    stamp(notebook, path)
    notebook.cells = [cell for cell in notebook.cells if cell.source.strip()]
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=600,
        record_timing=False,
        coalesce_streams=True,
        store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    notebook.metadata = nbformat.from_dict(METADATA)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:02d}"
        tags = cell.metadata.get("tags")
        cell.metadata = {"tags": tags} if tags else {}
        for output in cell.get("outputs", []):
            if "metadata" in output:
                output.metadata = {}
            data = output.get("data", {})
            data.pop(WIDGET, None)  # a file cannot show a widget; its text stays
            if "image/png" in data:
                data["image/png"] = smaller(data["image/png"])
    write(notebook, path)


if __name__ == "__main__":
    os.environ["COURSE_DEVICE"] = "cpu"
    chosen = [Path(name) for name in sys.argv[1:]] or sorted(NOTEBOOKS.rglob("[0-9]*.ipynb"))
    for path in chosen:
        if not path.is_file():
            sys.exit(f"There is no notebook {path}: name its file, LESSON=notebooks/01_tensors.ipynb")
    for path in chosen:
        print(path, flush=True)
        refresh(path)
