"""Typical wrong answers to the exercises of lesson 10: number, answer, and what the check says to it."""

import torch
from torch import nn


def weight(row, column, value=1.0):
    kernel = torch.zeros(3, 3)
    kernel[row, column] = value
    return kernel


def patches(reduce, start=None, ceil=False):
    """Make a max_pool with loops and a mistake."""

    def max_pool(image, k):
        rows, columns = ((-(-side // k) if ceil else side // k) for side in image.shape)
        result = torch.zeros(rows, columns)
        for i in range(rows):
            for j in range(columns):
                found = reduce(image[i * k : i * k + k, j * k : j * k + k])
                result[i, j] = found if start is None else max(start, found)
        return result

    return max_pool


def in_a_row(image, k):
    rows, columns = image.shape[0] // k, image.shape[1] // k
    return image[: rows * k, : columns * k].reshape(rows, columns, k * k).amax(dim=2)


def overlapping(image, k):
    return image.unfold(0, k, 1).unfold(1, k, 1).amax(dim=(2, 3))


def first_of_each(image, k):
    return image[::k, ::k][: image.shape[0] // k, : image.shape[1] // k]


def no_rest(image, k):
    return image.reshape(image.shape[0] // k, k, image.shape[1] // k, k).amax(dim=(1, 3))


def changes_image(image, k):
    result = patches(torch.max)(image, k)
    image[0, 0] = 0
    return result


def by_layer(size, kernel_size, stride, padding):
    return nn.Conv2d(1, 1, kernel_size, stride, padding)(torch.zeros(1, size, size)).shape[-1]


WRONG = [
    ("10.1", weight(1, 2), "moves to the left"),
    ("10.1", weight(0, 1), "moves down."),
    ("10.1", weight(2, 0), "moves up and sideways"),
    ("10.1", weight(1, 1), "stays where it is"),
    ("10.1", weight(1, 0, 0.5), "brightness"),
    ("10.1", weight(1, 0) + weight(1, 1), "mixes several pixels"),
    ("10.1", weight(1, 0).int(), "needs float32"),
    ("10.1", weight(1, 0)[None, None], "must have shape (3, 3)"),
    ("10.1", [[0, 0, 0], [1, 0, 0], [0, 0, 0]], "must be a tensor"),
    ("10.1", torch.zeros(3, 3), "nothing of the picture"),
    ("10.2", lambda size, k, stride, padding: (size + 2 * padding - k) // stride, "first place counts"),
    ("10.2", lambda size, k, stride, padding: (size + padding - k) // stride + 1, "above and below"),
    ("10.2", lambda size, k, stride, padding: (size + 2 * padding - k + 1) // stride, "`stride` rows"),
    ("10.2", lambda size, k, stride, padding: size + 2 * padding - k + 1, "`stride` rows"),
    ("10.2", lambda size, k, stride, padding: (size + 2 * padding - k) / stride + 1, "`//`"),
    ("10.2", lambda size, k, stride, padding: -(-(size + 2 * padding - k) // stride) + 1, "stick out"),
    ("10.2", by_layer, "without a convolution"),
    ("10.3", patches(torch.mean), "average the patches"),
    ("10.3", patches(torch.min), "smallest numbers"),
    ("10.3", patches(torch.max, start=0), "There are zeros"),
    ("10.3", patches(torch.max, ceil=True), "a rest is left out"),
    ("10.3", in_a_row, "stand in a row"),
    ("10.3", overlapping, "do not overlap"),
    ("10.3", no_rest, "Your code raised"),
    ("10.3", first_of_each, "some numbers are not right"),
    ("10.3", changes_image, "changed the image"),
    ("10.3", lambda image, k: nn.MaxPool2d(k)(image[None])[0], "without PyTorch's pooling"),
]
