"""Make the README's moving picture from lesson 06's own cells: `python -m tools.live_fit`.

It plays once, in less than five seconds, and stops at its last frame: what moves for ever tires the reader.
"""

import base64
import io
import sys

import nbformat
from jupyter_client.manager import run_kernel
from PIL import Image

from tools.notebooks import NOTEBOOKS

LESSON = NOTEBOOKS / "06_fit_a_curve.ipynb"
SECONDS = 4.8


def frames() -> list[Image.Image]:
    """Run the lesson in a kernel until its second live plot; return the pictures that a notebook is sent."""
    pictures = []

    def look(message: dict) -> None:
        if png := message["content"].get("data", {}).get("image/png"):
            pictures.append(Image.open(io.BytesIO(base64.b64decode(png))))

    with run_kernel(kernel_name="python3", cwd=NOTEBOOKS) as kernel:
        for cell in nbformat.read(LESSON, as_version=4).cells:
            if cell.cell_type == "code":
                pictures.clear()
                reply = kernel.execute_interactive(cell.source, output_hook=look)["content"]
                if reply["status"] != "ok":
                    sys.exit(f"{LESSON.name}: {reply['ename']}: {reply['evalue']}")
                if "deep_model(X[rows])" in cell.source:
                    return pictures
    sys.exit(f"{LESSON.name} has no second live plot.")


def main() -> None:
    *first, last = frames()
    kept = [*first[::2], last]
    palette = last.quantize(48, dither=Image.Dither.NONE)
    small = [frame.convert("RGB").quantize(palette=palette, dither=Image.Dither.NONE) for frame in kept]
    milliseconds = round(1000 * SECONDS / len(small) / 10) * 10
    file = NOTEBOOKS / "pictures" / "live_fit.gif"
    small[0].save(file, save_all=True, append_images=small[1:], duration=milliseconds, optimize=False)
    print(f"{file.name}: {len(small)} frames, {milliseconds} ms each, {file.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
