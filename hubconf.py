"""Models of the course for `torch.hub.load`; the further notebook of lesson 07 says how they are used."""

import collections

from torch import nn

dependencies = ["torch"]


def points_net(n_hidden: int = 10, n_output: int = 2) -> nn.Sequential:
    """Make the classifier of points of lesson 07, with random weights.

    Its parameters have the names that they have in the lesson, so a ``state_dict`` saved there fits.

    Args:
        n_hidden: units of the hidden layer.
        n_output: classes.

    Returns:
        A model from points (n, 2) to logits (n, n_output).
    """
    layers = {"hidden": nn.Linear(2, n_hidden), "relu": nn.ReLU(), "out": nn.Linear(n_hidden, n_output)}
    return nn.Sequential(collections.OrderedDict(layers))
