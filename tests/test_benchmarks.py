"""The short form of `make bench`: each of the course's recipes once, with the score that it must reach."""

import torch

import recipes


def test_cnn_recipe():
    whole = recipes.digits().name == "MNIST"
    _, accuracy = recipes.cnn_ours(0, size=len(recipes.digits().train_images))
    assert accuracy >= (0.988 if whole else 0.5)


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
