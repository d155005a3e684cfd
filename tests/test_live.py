import io
import time

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from course_utils import LivePlot, live, set_style


class Screen:
    """Stands where the notebook is: keeps the pictures that are shown."""

    def __init__(self):
        self.pictures = []

    def display(self, picture, display_id):
        assert display_id
        self.update(picture)
        return self

    def update(self, picture):
        self.pictures.append(np.asarray(Image.open(io.BytesIO(picture.data))))


@pytest.fixture
def screen(monkeypatch):
    screen = Screen()
    monkeypatch.setattr(live, "display", screen.display)
    return screen


@pytest.fixture
def figure():
    """A figure with all that lessons move: a line, points, a bar, an image, a text and a title."""
    with plt.rc_context():
        set_style()
        fig, (left, right) = plt.subplots(1, 2, figsize=(8, 3))
        left.scatter([0, 1, 2], [0, 1, 4], label="data")
        left.plot([0, 1, 2], [0, 1, 2], label="model")
        left.set(xlabel="x", ylabel="y", title="before")
        left.legend(loc="lower right")
        left.text(0.5, 3, "note")
        left.bar([1.6], [3], width=0.2, color="C2")
        right.imshow(np.eye(4))
        right.grid(False)
        yield fig
        plt.close(fig)


def rendered(fig) -> np.ndarray:
    """The same figure drawn in the ordinary way."""
    png = io.BytesIO()
    fig.savefig(png, dpi=fig.dpi)
    return np.asarray(Image.open(png).convert("RGB"))


def assert_same_picture(shown, fig):
    different = np.abs(shown.astype(int) - rendered(fig)).max(axis=-1) > 40
    assert different.mean() < 0.002  # lines lie over the frame instead of under it


def test_what_is_shown_is_the_figure(screen, figure):
    def change():
        step = len(screen.pictures)
        left, right = figure.axes
        left.lines[0].set_ydata([step, 4 - step, 2])
        left.collections[0].set_offsets([[0, step], [1, 1], [2, 2]])
        left.texts[0].set_text(f"note {step}")
        left.patches[0].set_height(step)
        left.set_title(f"step {step}")
        right.images[0].set_data(np.eye(4)[:, ::-1] * step)

    plot = LivePlot(figure, change)
    assert_same_picture(screen.pictures[0], figure)
    plot.redraw()
    plot.redraw()
    assert_same_picture(screen.pictures[2], figure)
    assert (screen.pictures[0] != screen.pictures[2]).any()
    assert plot.frames == len(screen.pictures) == 3


CHANGES = {
    "limits": lambda fig: fig.axes[0].set(xlim=(-5, 5), ylim=(-9, 9)),
    "axis labels": lambda fig: fig.axes[0].set(xlabel="x became long", ylabel="y became long"),
    "the text of a label": lambda fig: fig.axes[0].xaxis.label.set_text("x became long"),
    "the figure's title": lambda fig: fig.suptitle("another title"),
    "ticks": lambda fig: fig.axes[0].set_xticks([0, 1], ["none", "one"]),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_changes_is_seen(screen, figure, what):
    figure.suptitle("a title")
    plot = LivePlot(figure, lambda: None)
    CHANGES[what](figure)
    plot.redraw()
    assert (screen.pictures[0] != screen.pictures[1]).any()
    assert_same_picture(screen.pictures[1], figure)


def test_outside_ipython_nothing_is_redrawn(figure, monkeypatch):
    monkeypatch.setattr(live, "display", lambda *_, **__: None)
    drawn = []
    with LivePlot(figure, lambda: drawn.append(1)) as plot:
        plot.redraw()
    assert len(drawn) == 3


def test_the_notebook_does_not_show_the_figure_once_more(screen, figure):
    LivePlot(figure, lambda: None)
    assert not plt.fignum_exists(figure.number)


def test_drawing_takes_a_small_share_of_the_time(screen, figure, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])

    def slow():
        clock[0] += 0.03

    with LivePlot(figure, slow) as plot:
        while clock[0] < 30:
            clock[0] += 0.01  # a step of the training
            plot.update()
    assert plot.frames == pytest.approx(30 / 1.53, abs=3)  # 0.03 s of drawing, then 1.5 s without


def test_quick_drawings_are_five_a_second(screen, figure, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])
    with LivePlot(figure, lambda: None) as plot:
        while clock[0] < 10:
            clock[0] += 0.01
            plot.update()
    assert plot.frames == pytest.approx(50, abs=3)


def test_the_last_state_is_drawn_even_when_interrupted(screen, figure):
    step = 0

    def draw():
        figure.axes[0].set_title(f"step {step}")

    with pytest.raises(KeyboardInterrupt), LivePlot(figure, draw) as plot:
        for step in range(1, 100):
            plot.update()
            if step == 42:
                raise KeyboardInterrupt
    assert figure.axes[0].get_title() == "step 42"
    assert_same_picture(screen.pictures[-1], figure)


def test_what_ended_the_loop_is_what_is_said(screen):
    """Between two lines of a loop the artists may not fit together: that error is not the news."""
    fig, ax = plt.subplots()
    (curve,) = ax.plot([], [])
    x, y = [1, 2], [1, 2]
    with pytest.raises(KeyboardInterrupt), LivePlot(fig, lambda: curve.set_data(x, y)):
        x.append(3)
        raise KeyboardInterrupt
    y.append(3)
    with pytest.raises(ValueError, match="shape"), LivePlot(fig, lambda: curve.set_data(x, y)):
        x.append(4)  # nothing else went wrong: the error is shown


def test_only_its_own_figure_is_closed(screen, figure):
    other = plt.figure()  # pyplot's current figure
    LivePlot(figure, lambda: None)
    assert plt.fignum_exists(other.number) and not plt.fignum_exists(figure.number)


def test_the_axes_stay_in_place_when_a_text_grows(screen, figure):
    plot = LivePlot(figure, lambda: None)
    before = [ax.get_position().bounds for ax in figure.axes]
    figure.axes[0].set(title="one\ntwo\nthree", xlim=(0, 1e9))
    plot.redraw()
    assert [ax.get_position().bounds for ax in figure.axes] == before


def test_what_does_not_move_is_drawn_once(screen, figure, monkeypatch):
    plot = LivePlot(figure, lambda: None)
    drawn = []
    monkeypatch.setattr(plot.canvas, "draw", lambda: drawn.append(1))
    plot.redraw()
    assert drawn == []


def test_the_first_update_waits_too(screen, figure):
    plot = LivePlot(figure, lambda: None)
    plot.update()
    assert plot.frames == 1
