"""Typical wrong answers to the exercises of lesson 11: number, answer, and what the check says to it."""

import torch


def padded(n, world_size):
    rows = list(range(n))
    return rows + rows[: -n % world_size]


def blocks(n, rank, world_size):
    share = len(padded(n, world_size)) // world_size
    return padded(n, world_size)[rank * share : (rank + 1) * share]


def last_repeated(n, rank, world_size):
    return (list(range(n)) + [n - 1] * (-n % world_size))[rank::world_size]


def plain_sum(gradients, counts):
    return sum(gradients)


def summed_loss(gradients, counts):
    return sum(count * gradient for gradient, count in zip(gradients, counts, strict=True))


def changed(gradients, counts):
    for gradient, count in zip(gradients, counts, strict=True):
        gradient *= count
    return sum(gradients) / sum(counts)


WRONG = [
    ("11.1", lambda p, n: 2 * (n - 1) / n * p, "numbers, not bytes"),
    ("11.1", lambda p, n: (n - 1) / n * 4 * p, "that is half of it"),
    ("11.1", lambda p, n: 2 * (n - 1) * 4 * p, "n times too much"),
    ("11.1", lambda p, n: (n - 1) * 4 * p, "whole gradient at each turn"),
    ("11.1", lambda p, n: 2 * 4 * p, "the limit for many workers"),
    ("11.1", lambda p, n: 2 * (n - 1) / n * 8 * p, "not 8"),
    ("11.1", lambda p, n: 2 * n / (n + 1) * 4 * p, "Count the turns"),
    ("11.1", lambda p, n: f"{8 * p} bytes", "Return a number"),
    ("11.1", lambda p, n: 2 * max(n - 1, 1) / n * 4 * p, "sends nothing"),
    ("11.2", blocks, "cut the rows into blocks"),
    ("11.2", lambda n, rank, world_size: list(range(n))[rank::world_size], "waits for ever"),
    (
        "11.2",
        lambda n, rank, world_size: list(range(n - n % world_size))[rank::world_size],
        "do not drop any",
    ),
    ("11.2", lambda n, rank, world_size: list(range(n)), "Where does `rank` come in?"),
    (
        "11.2",
        lambda n, rank, world_size: list(range(rank, n + -n % world_size, world_size)),
        "there are no rows",
    ),
    ("11.2", last_repeated, "DistributedSampler gives"),
    ("11.2", lambda n, rank, world_size: [], "no rank gets any row"),
    ("11.2", lambda n, rank, world_size: n // world_size, "Return a list"),
    ("11.3", plain_sum, "You add the gradients"),
    ("11.3", lambda gradients, counts: sum(gradients) / len(gradients), "The plain average is wrong"),
    ("11.3", summed_loss, "gradient of the summed loss"),
    ("11.3", lambda g, counts: summed_loss(g, counts) / len(counts), "by the number of workers"),
    ("11.3", lambda g, counts: sum(a / b for a, b in zip(g, counts, strict=True)), "it is a mean already"),
    ("11.3", lambda gradients, counts: torch.cat(gradients), "Return a gradient of shape"),
    ("11.3", lambda gradients, counts: gradients[0], "not the gradient of the mean loss"),
    ("11.3", changed, "Your code changed"),
    ("11.3", lambda gradients, counts: 1.0, "Return a tensor"),
]
