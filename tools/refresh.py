"""Bring everything in step, then run lessons on the CPU and store their outputs, normalised.

    make refresh                                          all notebooks
    make refresh LESSON=notebooks/01_tensors.ipynb        only this one
    make refresh ANEW=1                                   also outputs that are as good as those stored

A stored output stays, byte for byte, where strict nbval would accept it; a picture, where it looks the same.
A lesson is written back only when every cell has run; one that fails keeps its outputs.
"""

import base64
import copy
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell
from nbval.plugin import get_sanitize_patterns
from PIL import Image, ImageChops

from tools.notebooks import ALL, EXEMPT, FOLDED, ROOT, read, write
from tools.publish import stamp

PNG = "image/png"
WIDGET = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
MASKS = get_sanitize_patterns((ROOT / "tests/nbval_sanitize.cfg").read_text(encoding="utf-8"))
# Two pictures look the same where in no tile of so many pixels each way red, green or blue differ by more, on
# average and of 255. Over a whole picture the mean of the differences would miss a digit: it adds 0.02.
TILE, ALIKE = 8, 5


def masked(text: str) -> str:
    """What is left of a text for nbval to compare."""
    for regex, replacement in MASKS:
        text = re.sub(regex, replacement, text)
    return text


def compared(output: nbformat.NotebookNode) -> tuple:
    """What strict nbval compares of an output: all but what is to be seen in a picture."""
    texts = {output.get("name"): output.get("text", ""), **output.get("data", {})}
    return output.output_type, {kind: kind == PNG or masked(str(text)) for kind, text in texts.items()}


def picture(png: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(png)))


def look_the_same(one: Image.Image, other: Image.Image) -> bool:
    if one.size != other.size:
        return False
    tiles = ImageChops.difference(one.convert("RGB"), other.convert("RGB")).reduce(TILE)
    return max(most for _, most in tiles.getextrema()) <= ALIKE


def smaller(png: str) -> str:
    """Store a figure with a palette of 256 colours: a third of the bytes, and no difference to be seen."""
    image = picture(png)
    if image.mode == "P":
        return png
    packed = io.BytesIO()
    image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(packed, "png", optimize=True)
    return base64.b64encode(packed.getvalue()).decode() + "\n"


def normalise(notebook: nbformat.NotebookNode) -> None:
    """Take away what no reader needs. An id stays with its cell: a new cell changes none but itself."""
    notebook.metadata, notebook.nbformat_minor = nbformat.from_dict(METADATA), 5
    for cell in notebook.cells:
        cell.setdefault("id", new_code_cell().id)
        tags = cell.metadata.get("tags")
        cell.metadata = {"tags": tags} if tags else {}
        if FOLDED in (tags or []):  # JupyterLab's way, Colab's, and the book's by the tag itself
            cell.metadata |= {"jupyter": {"source_hidden": True}, "cellView": "form"}
        for output in cell.get("outputs", []):
            if "metadata" in output:
                output.metadata = {}
            data = output.get("data", {})
            data.pop(WIDGET, None)  # a file cannot show a widget; its text stays
            if PNG in data:
                data[PNG] = smaller(data[PNG])


def accepted(old: nbformat.NotebookNode, new: nbformat.NotebookNode, varies: bool) -> bool:
    """Tell whether a stored output may stay in the place of a new one; its picture may vary, or must not."""
    pictures = [picture(output.data[PNG]) for output in (old, new) if PNG in output.get("data", {})]
    return compared(old) == compared(new) and (varies or not pictures or look_the_same(*pictures))


def keep(stored: nbformat.NotebookNode, notebook: nbformat.NotebookNode, same_code: bool) -> None:
    """Put the stored outputs back in place of those that are no better."""
    before = {cell.id: cell for cell in stored.cells if cell.cell_type == "code"}
    for cell in notebook.cells:
        was = before.get(cell.id)
        if cell.cell_type != "code" or not was:
            continue
        tags = set(cell.metadata.get("tags", []))
        if tags & EXEMPT and was.outputs and was.source == cell.source:
            cell.outputs = was.outputs
        elif len(was.outputs) == len(cell.outputs):
            pairs = zip(was.outputs, cell.outputs, strict=True)
            varies = same_code and "varies" in tags
            cell.outputs = [old if accepted(old, new, varies) else new for old, new in pairs]
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = cell.execution_count


def committed(path: Path) -> nbformat.NotebookNode | None:
    """The notebook as it stands in git's last commit, if it does."""
    try:
        show = ["git", "show", f"HEAD:./{path.name}"]
        text = subprocess.run(show, cwd=path.parent, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return nbformat.reads(text.decode(), as_version=4)


def code(notebook: nbformat.NotebookNode) -> list[str]:
    """The sources of the cells, but not of the first, the bootstrap cell."""
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"][1:]


def refresh(path: Path, anew: bool) -> bool:
    """Run a notebook and store it; tell whether that changed it."""
    notebook = read(path)
    notebook.cells = [cell for cell in notebook.cells if cell.source.strip()]
    last = committed(path) or notebook
    same_code = code(last) == code(notebook)
    # Other metadata: an editor has run it since, and stored outputs of its own.
    stored = copy.deepcopy(notebook if notebook.metadata == METADATA else last)
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
    normalise(notebook)
    normalise(stored)
    if not anew:
        keep(stored, notebook, same_code)
    return write(notebook, path)


def main(chosen: list[str]) -> None:
    paths = [Path(file).resolve() for file in chosen] or ALL
    for path in paths:
        if not path.is_file():
            sys.exit(f"There is no notebook {path.name}: name its file, LESSON=notebooks/01_tensors.ipynb")
    stamp()
    for path in paths:
        print(os.path.relpath(path), end=": ", flush=True)
        print("stored" if refresh(path, anew=bool(os.environ.get("ANEW"))) else "unchanged", flush=True)


if __name__ == "__main__":
    os.environ["COURSE_DEVICE"] = "cpu"
    main(sys.argv[1:] or [name for name in [os.environ.get("LESSON")] if name])
