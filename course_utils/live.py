"""Figures that are redrawn in place while a cell runs or a slider moves."""

import io
import time
from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Image, display
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image as PILImage


class LivePlot:
    """Show a figure and redraw it in place, fast enough to watch.

    In a training loop, :meth:`update` redraws now and then, so that drawing takes about 2 % of the
    time; the last state is always drawn, also when the loop is interrupted::

        def draw():
            curve.set_ydata(model(X).detach())

        with LivePlot(fig, draw) as live:
            for epoch in range(num_epochs):
                ...
                live.update()

    For a slider, :meth:`redraw` draws at once: ``slider.observe(lambda change: live.redraw(), "value")``.

    Args:
        fig: the figure, with all its artists on it. Artists may be changed, not added or removed.
        draw: called before each redraw to bring the artists up to date.
        share: of the time that may go into drawing.
    """

    PAUSE = 0.2  # seconds between two redraws, at least

    def __init__(self, fig: Figure, draw: Callable[[], None], share: float = 0.02):
        self.fig = fig
        self.draw = draw
        self.share = share
        self.frames = 0
        self._background = None
        plt.close(fig)  # or the notebook would show it once more at the end of the cell
        self.canvas = FigureCanvasAgg(fig)
        draw()
        kinds = ("images", "patches", "collections", "lines", "texts")
        moving = [artist for ax in fig.axes for kind in kinds for artist in getattr(ax, kind)]
        moving += [ax.title for ax in fig.axes]
        for axis in (axis for ax in fig.axes for axis in (ax.xaxis, ax.yaxis)):
            axis.label.axes = axis.axes  # so that a new text of it makes the figure stale
        self._moving = sorted(moving, key=lambda artist: artist.get_zorder())
        for artist in self._moving:
            artist.set_animated(True)  # leaves it out of the stored picture of what does not move
        self._handle = display(self._picture(), display_id=True)  # lays out the figure; None outside IPython
        fig.set_layout_engine("none")  # and from here on nothing moves
        self._next = time.perf_counter() + self.PAUSE

    def update(self) -> None:
        """Redraw if enough time has gone by since the last redraw."""
        if time.perf_counter() >= self._next:
            self.redraw()

    def redraw(self) -> None:
        """Redraw now."""
        start = time.perf_counter()
        self.draw()
        if self._handle:
            self._handle.update(self._picture())
        end = time.perf_counter()
        self._next = end + max(self.PAUSE, (end - start) / self.share)

    def __enter__(self) -> "LivePlot":
        return self

    def __exit__(self, kind: type | None, *_) -> None:
        try:
            self.redraw()
        except Exception:
            if kind is None:
                raise  # else the loop was left in the middle, and what ended it is the news

    def _picture(self) -> Image:
        """Draw what moves on top of a stored picture of what does not."""
        if self._background is None or self.fig.stale:  # limits, labels, what else does not move has changed
            self.canvas.draw()
            self._background = self.canvas.copy_from_bbox(self.fig.bbox)
        self.canvas.restore_region(self._background)
        for artist in self._moving:
            artist.draw(self.canvas.get_renderer())
        png = io.BytesIO()
        PILImage.fromarray(np.asarray(self.canvas.buffer_rgba())).convert("RGB").save(
            png, "png", compress_level=1
        )
        self.frames += 1
        return Image(png.getvalue(), format="png")
