"""Make the README's moving picture from lesson 06's own cells: `python -m tools.live_fit`.

It plays once, in less than five seconds, and stops at its last frame: what moves for ever tires the reader.
"""

import io
import warnings

import matplotlib
import nbformat
from PIL import Image

import course_utils
from course_utils import live
from tools.notebooks import NOTEBOOKS, ROOT

LESSON = NOTEBOOKS / "06_fit_a_curve.ipynb"
SECONDS = 4.8
frames: list[Image.Image] = []


class Recorder(live.LivePlot):
    """A live plot that keeps its frames."""

    def __init__(self, *args, **kwargs):
        frames.clear()
        super().__init__(*args, **kwargs)

    def _picture(self):
        picture = super()._picture()
        frames.append(Image.open(io.BytesIO(picture.data)))
        return picture


class Nowhere:
    """In place of the notebook's display."""

    def __init__(self, *args, **kwargs):
        pass

    def update(self, picture):
        pass


def main() -> None:
    matplotlib.use("Agg")
    warnings.filterwarnings("ignore", message=".*non-interactive")
    course_utils.LivePlot, live.display = Recorder, Nowhere
    names: dict = {"display": Nowhere}
    for cell in nbformat.read(LESSON, as_version=4).cells:
        if cell.cell_type == "code":
            exec(cell.source, names)
            if "deep_model(X[rows])" in cell.source:
                break
    kept = [*frames[:-1:2], frames[-1]]
    palette = kept[-1].quantize(48, dither=Image.Dither.NONE)
    small = [frame.convert("RGB").quantize(palette=palette, dither=Image.Dither.NONE) for frame in kept]
    milliseconds = round(1000 * SECONDS / len(small) / 10) * 10
    file = ROOT / "pictures" / "live_fit.gif"
    small[0].save(file, save_all=True, append_images=small[1:], duration=milliseconds, optimize=False)
    print(f"{file.name}: {len(small)} frames, {milliseconds} ms each, {file.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
