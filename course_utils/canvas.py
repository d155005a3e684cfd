"""A square to draw a digit on with mouse, finger or pen."""

from pathlib import Path

import anywidget
import torch
import traitlets
from torch import Tensor

SIZE = 280  # pixels each way


class DigitCanvas(anywidget.AnyWidget):
    """Show a black square to draw on in white, and a button that clears it.

    ``pixels`` holds the drawing as bytes, row by row, and changes when a stroke ends:
    ``canvas.observe(lambda change: ..., "pixels")``.
    """

    _esm = Path(__file__).with_name("canvas.js")
    size = traitlets.Int(SIZE, read_only=True).tag(sync=True)
    pixels = traitlets.CBytes(bytes(SIZE * SIZE)).tag(sync=True)

    @traitlets.validate("pixels")
    def _whole(self, proposal: dict) -> bytes:
        if len(proposal["value"]) != SIZE * SIZE:
            raise traitlets.TraitError(
                f"pixels must be {SIZE} × {SIZE} = {SIZE * SIZE} bytes, not {len(proposal['value'])}."
            )
        return proposal["value"]

    @property
    def drawing(self) -> Tensor:
        """The drawing as a ``uint8`` tensor (280, 280), 0 for black to 255 for white."""
        return torch.frombuffer(bytearray(self.pixels), dtype=torch.uint8).reshape(SIZE, SIZE)

    def __repr__(self) -> str:  # shown where the widget itself is not
        return "No canvas here: run this cell in JupyterLab or Colab. Below, a stored drawing is read."
