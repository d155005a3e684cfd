"""The short form of `make bench`: each of the course's recipes once, with the score that it must reach."""

import re

import torch

import recipes
from helpers import python
from tools.notebooks import NOTEBOOKS, ROOT, read


def test_cnn_recipe():
    whole = recipes.digits().name == "MNIST"
    _, accuracy = recipes.cnn_ours(0, size=len(recipes.digits().train_images))
    assert accuracy >= (0.988 if whole else 0.5)


def test_the_better_cnn_is_the_same_everywhere():
    """In the sections of lesson 10, in its *All together*, which the benchmark runs, and in train_cnn.py."""
    digits = recipes.digits()
    X, y = digits.train_images[:512], digits.train_labels[:512]
    trained = recipes.lesson_10()["train_cnn"](X, y)
    cells = [cell.source for cell in read(NOTEBOOKS / "10_mnist_cnn.ipynb").cells]
    names = {"nn": torch.nn}
    exec(next(source for source in cells if source.startswith("def small_net(")), names)
    assert str(names["small_net"]().eval()) == str(trained)

    show = "import train_cnn; print(train_cnn.make_model().eval())"
    run = python("-c", show, env={"PYTHONPATH": f"{ROOT / 'scale_out'}:{ROOT}"})
    assert run.stdout.strip() == str(trained), run.stderr

    script = (ROOT / "scale_out" / "train_cnn.py").read_text(encoding="utf-8")
    cell = next(source for source in cells if "def train_cnn(" in source)
    settings = {  # what the cell says, and what the script says
        r"label_smoothing=([\d.]+)": r"label_smoothing=([\d.]+)",
        r"order\)\.split\((\d+)\)": r'"--batch-size", type=int, default=(\d+)',
        r"lr=(0[\d.]+)": r'"--lr", type=float, default=([\d.]+)',
    }
    for ours, theirs in settings.items():
        assert set(re.findall(ours, cell)) == set(re.findall(theirs, script)) != set()


def test_plain_recipe():
    whole = recipes.digits().name == "MNIST"
    _, accuracy = recipes.plain_ours(0, size=len(recipes.digits().train_images))
    assert accuracy >= (0.955 if whole else 0.3)


def test_temperature_recipe():
    _, error = recipes.temperature_ours(0)
    assert error < 5.1  # °F; the text's recipe is at 5.2


def test_curve_recipe():
    _, error = recipes.curve_ours(0)
    assert error < 0.045  # the noise alone is 0.1


def test_batches_from_memory_hold_the_same_values_and_come_faster():
    if recipes.digits().name == "MNIST":
        slow, expected = recipes.batches_reference(size=6400)
        fast, images = recipes.batches_ours()
        torch.testing.assert_close(images, expected)
        assert 60_000 / fast > 20 * 6400 / slow
