"""Right answers in unusual dress to the exercises of lesson 06."""

import torch

from course_utils.exercises.lesson_06 import joined, net_with


def slopes_from_two_points(model):
    w, b, factor, _ = (part.detach().double().flatten() for part in model.parameters())
    y = [(factor * torch.relu(w * x + b)).sum().item() for x in (-1e6, -1e6 + 1, 1e6 - 1, 1e6)]
    return [y[1] - y[0], y[3] - y[2]]


def leftwards(px, py):  # each unit is at work on the left of its bend
    net = joined(-px.flip(0), py.flip(0)).double()
    net.hidden.weight.data *= -1
    return net


RIGHT = {"06.1": [net_with(lambda h: h * (h > 0))], "06.2": [slopes_from_two_points], "06.3": [leftwards]}
