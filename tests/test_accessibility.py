"""Nothing is told to the eye alone: colours that everyone can tell apart, words for every picture."""

import itertools
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

import course_utils
from helpers import ROOT

# Machado, Oliveira and Fernandes (2009), "A Physiologically-based Model for Simulation of Color Vision
# Deficiency", table 1, severity 1.0: from linear RGB to linear RGB.
SEEN_BY = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
    "full colour vision": np.eye(3),
}
# From linear sRGB to XYZ, each row divided by its white (IEC 61966-2-1, D65): white becomes (1, 1, 1).
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
XYZ /= XYZ.sum(axis=1, keepdims=True)


def lab(colors: list[str], kind: str) -> np.ndarray:
    """CIELAB coordinates (n, 3) of colours as somebody with a kind of colour vision sees them."""
    rgb = np.array([to_rgb(color) for color in colors])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = (linear @ np.array(SEEN_BY[kind]).T).clip(0, 1)
    x, y, z = np.cbrt(seen @ XYZ.T).T  # its straight part near black matters for no colour of ours
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


def nearest(colors: list[str], kind: str) -> float:
    """The distance (CIE 1976) of the two colours that are most alike."""
    return min(np.linalg.norm(a - b) for a, b in itertools.combinations(lab(colors, kind), 2))


@pytest.fixture
def cycle() -> list[str]:
    with plt.rc_context():
        course_utils.set_style()
        return plt.rcParams["axes.prop_cycle"].by_key()["color"]


@pytest.mark.parametrize("kind", SEEN_BY)
def test_the_colours_of_the_figures_are_told_apart(cycle, kind):
    """A distance of 2 is just seen side by side; between thin lines far apart it takes several times more."""
    assert len(cycle) >= 7
    assert nearest(cycle, kind) > 15


def test_the_measure_finds_a_cycle_that_is_not_for_everyone():
    tableau = ["tab:blue", "tab:orange", "tab:green", "tab:red", "tab:purple", "tab:brown", "tab:pink"]
    assert nearest(tableau, "full colour vision") > 15 > 8 > nearest(tableau, "protanopia")
    assert nearest(["white", "black"], "deuteranopia") > 99


def test_pictures_of_the_readmes_have_alt_text():
    for file in ROOT.glob("*.md"):
        for alt in re.findall(r"!\[(.*?)\]\(", file.read_text(encoding="utf-8")):
            assert len(alt) >= (10 if "tests" not in alt else 1), file.name
