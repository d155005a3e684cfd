"""A square to draw a digit on with mouse, finger or pen."""

from pathlib import Path

import anywidget
import torch
import traitlets
from torch import Tensor

from course_utils.language import _, say

SIZE = 280  # pixels each way


class DigitCanvas(anywidget.AnyWidget):
    """Show a black square to draw on in white, and a button that clears it.

    ``pixels`` holds the drawing as bytes, row by row, and changes when a stroke ends:
    ``canvas.observe(lambda change: ..., "pixels")``.
    """

    _esm = Path(__file__).with_name("canvas.js")
    size = traitlets.Int(SIZE, read_only=True).tag(sync=True)
    texts = traitlets.Dict(read_only=True).tag(sync=True)
    pixels = traitlets.CBytes(bytes(SIZE * SIZE)).tag(sync=True)

    @traitlets.default("texts")
    def _texts(self) -> dict[str, str]:
        return {"label": say(_("a black square to draw a digit on")), "clear": say(_("Clear"))}

    @traitlets.validate("pixels")
    def _whole(self, proposal: dict) -> bytes:
        if len(proposal["value"]) != SIZE * SIZE:
            message = _("pixels must be {size} × {size} = {all} bytes, not {count}.")
            count = len(proposal["value"])
            raise traitlets.TraitError(say(message, size=SIZE, all=SIZE * SIZE, count=count))
        return proposal["value"]

    @property
    def drawing(self) -> Tensor:
        """The drawing as a ``uint8`` tensor (280, 280), 0 for black to 255 for white."""
        return torch.frombuffer(bytearray(self.pixels), dtype=torch.uint8).reshape(SIZE, SIZE)

    def __repr__(self) -> str:  # shown where the widget itself is not
        return say(
            _("No canvas here: run this cell in JupyterLab or Colab. Below, a stored drawing is read.")
        )
