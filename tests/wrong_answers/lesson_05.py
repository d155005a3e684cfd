"""Typical wrong answers to the exercises of lesson 05: number, answer, and what the check says to it."""

import torch
from torch.utils.data import DataLoader


def with_a_loader(n, batch_size, drop_last):
    return len(DataLoader(range(n), batch_size=batch_size, drop_last=drop_last))


def batches(X, y, size, order, y_order=None):
    y_order = order if y_order is None else y_order
    pieces = zip(order.split(size), y_order.split(size), strict=True)
    return [(X[rows], y[y_rows]) for rows, y_rows in pieces]


def order_of(X, generator=None):
    return torch.randperm(len(X), generator=generator)


def spoiled(X, y, batch_size, generator):
    order = order_of(X, generator)
    X[:], y[:] = X[order], y[order]
    return batches(X, y, batch_size, torch.arange(len(X)))


def seeded_anew(X, y, batch_size, generator):
    return batches(X, y, batch_size, order_of(X, generator.manual_seed(0)))


def half_from_the_generator(X, y, batch_size, generator):
    order_of(X, generator)
    return batches(X, y, batch_size, order_of(X))


def with_replacement(X, y, batch_size, generator):
    return batches(X, y, batch_size, torch.randint(len(X), (len(X),), generator=generator))


def pieces_not_sizes(X, y, batch_size, generator):
    return [(X[rows], y[rows]) for rows in order_of(X, generator).chunk(batch_size)]


def count(
    X, y, lr=0.5, begin=1, scale=2.0, seen=slice(None), late=None, of=torch.max, zero_grad=True, limit=1000
):
    A = torch.cat([X, torch.ones(len(X), 1)], dim=1)
    exact = torch.linalg.lstsq(A, y).solution
    theta, gradient = torch.zeros(3, 1), 0
    for step in range(begin, begin + limit):
        gradient = scale / len(X) * A.T @ (A @ theta - y) + (0 if zero_grad else gradient)
        theta = theta - lr * gradient
        if of((theta - exact)[seen].abs()) < 0.01:
            return step
    return late


def while_too_far(X, y, lr=0.5):
    A = torch.cat([X, torch.ones(len(X), 1)], dim=1)
    exact = torch.linalg.lstsq(A, y).solution
    theta, step = torch.zeros(3, 1), 0
    while (theta - exact).abs().max() > 0.01:
        if step == 1000:
            return None
        theta = theta - lr * 2 / len(X) * A.T @ (A @ theta - y)
        step += 1
    return step


def sum_of_squares(X, y, lr=0.5):
    return count(X, y, lr, scale=2 * len(X))


def random_start(X, y, lr=0.5):
    return count(X, y + 20, lr)


def the_numbers_of_the_lesson(X, y, lr=0.5):
    return 3 if lr == 0.5 else 700


WRONG = [
    ("05.1", lambda n, batch_size, drop_last: n // batch_size, "drop_last = False you count"),
    ("05.1", lambda n, batch_size, drop_last: -(-n // batch_size), "drop_last = True you count"),
    ("05.1", lambda n, batch_size, drop_last: n // batch_size + (not drop_last), "no samples are left over"),
    ("05.1", lambda n, batch_size, drop_last: n / batch_size, "whole number"),
    ("05.1", lambda n, batch_size, drop_last: 10, "you count 10"),
    ("05.1", with_a_loader, "without a DataLoader"),
    ("05.2", lambda X, y, size, g: batches(X, y, size, torch.arange(len(X))), "old order"),
    ("05.2", lambda X, y, size, g: batches(X, y, size, order_of(X, g), order_of(X, g)), "another's label"),
    ("05.2", lambda X, y, size, g: batches(X, y, size, order_of(X)), "not come from `generator`"),
    ("05.2", half_from_the_generator, "not come from `generator`"),
    (
        "05.2",
        lambda X, y, size, g: batches(X, y, size, order_of(X, g))[: len(X) // size],
        "short batch counts",
    ),
    ("05.2", lambda X, y, size, g: iter(batches(X, y, size, order_of(X, g))), "a list of pairs"),
    ("05.2", lambda X, y, size, g: [(y, X) for X, y in batches(X, y, size, order_of(X, g))], "has shape"),
    ("05.2", seeded_anew, "Do not seed"),
    ("05.2", spoiled, "changed X or y"),
    ("05.2", with_replacement, "exactly once"),
    ("05.2", pieces_not_sizes, "need the sizes"),
    ("05.3", sum_of_squares, "no sum"),
    ("05.3", lambda X, y, lr=0.5: count(X, y, lr, scale=1), "too short by half"),
    ("05.3", lambda X, y, lr=0.5: count(X, y, lr, begin=0), "One too few"),
    ("05.3", lambda X, y, lr=0.5: count(X, y, lr, begin=2), "One too many"),
    ("05.3", lambda X, y, lr=0.5: count(X, y, lr, seen=slice(2)), "the weights have arrived"),
    ("05.3", lambda X, y, lr=0.5: count(X, y, lr, seen=slice(2, 3)), "the bias has arrived"),
    ("05.3", lambda X, y, lr=0.5: count(X, y, lr, of=torch.min), "one parameter has"),
    ("05.3", lambda X, y, lr=0.5: count(X, y, lr, zero_grad=False), "fresh gradients"),
    ("05.3", lambda X, y, lr=0.5: count(X, y, lr, late=1000), "return None"),
    (
        "05.3",
        lambda X, y, lr=0.5: count(X, y, lr, limit=10_000 if lr < 0.01 else 1000),
        "it was not there yet",
    ),
    ("05.3", lambda X, y, lr=0.5: torch.tensor(count(X, y, lr)), "whole number of steps"),
    ("05.3", random_start, "Exercise 05.3"),
    ("05.3", the_numbers_of_the_lesson, "Start from zero"),
    ("05.3", while_too_far, "run away"),
    ("05.3", lambda X, y, lr=0.01: count(X, y, lr), "The function is right"),
    ("05.3", lambda X, y, lr=1.5: count(X, y, lr), "does not get there"),
]
