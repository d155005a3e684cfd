"""Make the README's picture out of figures stored in the lessons: `python tools/picture.py`."""

import base64
import io
from pathlib import Path

import nbformat
from PIL import Image

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
GAP = 24
# Rows of (lesson, number of the figure in it); a row is scaled to one height.
ROWS = [
    [("02_autograd", 1), ("07_classify_points", 4)],
    [("06_fit_a_curve", 2), ("04_predict_temperature", -1)],
]


def figure(lesson: str, number: int) -> Image.Image:
    """Read a stored figure of a lesson."""
    notebook = nbformat.read(NOTEBOOKS / f"{lesson}.ipynb", as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    stored = [output.data["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    return Image.open(io.BytesIO(base64.b64decode(stored[number]))).convert("RGB")


def main() -> None:
    width = 1400
    rows = []
    for row in ROWS:
        figures = [figure(*place) for place in row]
        height = round((width - GAP) / sum(image.width / image.height for image in figures))
        rows.append([image.resize((round(image.width * height / image.height), height)) for image in figures])
    total = sum(row[0].height for row in rows) + GAP * (len(rows) - 1)
    picture = Image.new("RGB", (width, total), "white")
    top = 0
    for row in rows:
        left = 0
        for image in row:
            picture.paste(image, (left, top))
            left += image.width + GAP
        top += row[0].height + GAP
    # Pillow's usual method has no colour left for a thin green line, and draws it blue.
    packed = picture.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    packed.save(NOTEBOOKS / "pictures" / "lessons.png", optimize=True)


if __name__ == "__main__":
    main()
