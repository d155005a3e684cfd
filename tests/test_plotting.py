import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from course_utils import set_style, show_digits


@pytest.fixture(autouse=True)
def no_figures_left():
    with plt.rc_context():
        yield
    plt.close("all")


@pytest.mark.parametrize("shape", [(12, 28, 28), (12, 1, 28, 28)])
def test_show_digits_draws_each_once_and_hides_the_rest(shape):
    images = torch.arange(12.0).reshape(12, *[1] * (len(shape) - 1)).expand(shape)
    axes = show_digits(images, titles=range(12), columns=5)
    assert axes.shape == (3, 5)
    for i, ax in enumerate(axes.flat):
        assert not ax.axison
        assert [im.get_array().mean() for im in ax.images] == ([i] if i < 12 else [])
        assert ax.get_title() == (str(i) if i < 12 else "")


def test_show_digits_draws_on_the_axes_it_is_given():
    _, given = plt.subplots(1, 2)
    assert show_digits(torch.zeros(2, 5, 5), axes=given) is given
    assert all(ax.images for ax in given)


def test_the_style_is_set_once_for_all_figures():
    set_style()
    fig, ax = plt.subplots()
    assert fig.get_constrained_layout()
    np.testing.assert_allclose(fig.get_size_inches(), (7, 3.5))
    assert ax.plot([0, 1])[0].get_color() == "#0072B2"


def test_show_digits_makes_a_figure_of_fitting_size():
    axes = show_digits(torch.zeros(23, 28, 28))
    assert axes.shape == (3, 10)
    np.testing.assert_allclose(axes[0, 0].figure.get_size_inches(), (9, 3.3))
    assert show_digits(torch.zeros(1, 5, 5), columns=1).shape == (1, 1)


def test_show_digits_is_grey_with_small_titles_whatever_the_style():
    plt.rcParams.update({"image.cmap": "viridis", "axes.titlesize": 30})
    (ax,) = show_digits(torch.zeros(1, 5, 5), titles=["7"], columns=1).flat
    assert ax.images[0].get_cmap().name == "gray" and ax.title.get_fontsize() == 10


def test_show_digits_takes_a_list_of_axes():
    _, (left, right) = plt.subplots(1, 2)
    axes = show_digits(torch.zeros(2, 5, 5), axes=[left, right])
    assert axes.tolist() == [left, right]
