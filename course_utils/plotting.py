"""The look of the figures, and the figures that several lessons share."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from torch import Tensor

# Okabe and Ito (2008), "Color universal design": told apart with any kind of colour vision.
COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]


def set_style() -> None:
    """Give all figures of a notebook the course's size, font and colours."""
    plt.rcParams.update(
        {
            "figure.figsize": (7, 3.5),
            "figure.dpi": 100,
            "figure.constrained_layout.use": True,
            "font.size": 11,
            "axes.prop_cycle": plt.cycler(color=COLORS),
            "axes.grid": True,
            "axes.axisbelow": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "grid.color": "#dddddd",
            "lines.linewidth": 2,
            "legend.frameon": False,
            "image.cmap": "gray",
        }
    )


def show_digits(
    images: Tensor, titles: Sequence | None = None, columns: int = 10, axes: np.ndarray | None = None
) -> np.ndarray:
    """Draw images in grey, side by side, without ticks.

    Args:
        images: (n, height, width) or (n, 1, height, width), on any device.
        titles: one a picture; anything that prints.
        columns: how many pictures a row.
        axes: axes to draw on, at least n; without it, a new figure.

    Returns:
        The array of axes drawn on.
    """
    images = images.detach().cpu().reshape(len(images), *images.shape[-2:]).numpy()
    if axes is None:
        rows = -(-len(images) // columns)
        _, axes = plt.subplots(rows, columns, figsize=(columns * 0.9, rows * 1.1), squeeze=False)
    axes = np.asarray(axes, dtype=object)
    for i, ax in enumerate(axes.flat):
        ax.set_axis_off()
        if i < len(images):
            ax.imshow(images[i], cmap="gray")
            if titles is not None:
                ax.set_title(str(titles[i]), fontsize=10)
    return axes
