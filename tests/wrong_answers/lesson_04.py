"""Typical wrong answers to the exercises of lesson 04: number, answer, and what the check says to it."""

import math

import torch


def slices(values, k, of=torch.mean, first=0, more=0):
    return torch.stack([of(values[i - k + first : i + first]) for i in range(k, len(values) + more)])


def the_day_itself(values, k):
    return torch.stack([values[i - k + 1 : i + 1].mean() for i in range(k, len(values))])


def ratio(y_hat, y_baseline, y):
    return ((y_hat - y).square().mean() / (y_baseline - y).square().mean()).item()


def same_shapes(*tensors):
    if len({tensor.shape for tensor in tensors}) > 1:
        raise ValueError


def cut_off(y_hat, y_baseline, y):
    same_shapes(y_hat, y_baseline, y)
    return max(0.0, 1 - ratio(y_hat, y_baseline, y))


def two_shapes_only(y_hat, y_baseline, y):
    same_shapes(y_hat, y)
    return 1 - ratio(y_hat, y_baseline, y)


def asserted(y_hat, y_baseline, y):
    assert y_hat.shape == y_baseline.shape == y.shape
    return 1 - ratio(y_hat, y_baseline, y)


def absolute(y_hat, y_baseline, y):
    return 1 - ((y_hat - y).abs().mean() / (y_baseline - y).abs().mean()).item()


def walk(val_losses, patience, better=lambda loss, smallest: loss < smallest, say=lambda stop, best: best):
    smallest, best = math.inf, 0
    for epoch, loss in enumerate(val_losses, start=1):
        if better(loss, smallest):
            smallest, best = loss, epoch
        elif epoch - best >= patience:
            return say(epoch, best)
    return best


def not_in_a_row(val_losses, patience):
    smallest, best, bad = math.inf, 0, 0
    for epoch, loss in enumerate(val_losses, start=1):
        if loss < smallest:
            smallest, best = loss, epoch
        else:
            bad += 1
        if bad >= patience:
            break
    return best


def compared_with_the_day_before(val_losses, patience):
    best, bad = 1, 0
    for i in range(1, len(val_losses)):
        if val_losses[i] < val_losses[i - 1]:
            best, bad = i + 1, 0
        else:
            bad += 1
        if bad >= patience:
            break
    return best


def no_return_at_the_end(val_losses, patience):
    best = walk(val_losses, patience)
    if best + patience <= len(val_losses):
        return best


def last_loss_at_the_end(val_losses, patience):
    best = walk(val_losses, patience)
    return best if best + patience <= len(val_losses) else len(val_losses)


def from_the_first_loss(val_losses, patience):
    smallest, best = val_losses[0], 1
    for epoch, loss in enumerate(val_losses, start=1):
        if loss < smallest:
            smallest, best = loss, epoch
        elif epoch - best >= patience:
            break
    return best


def emptied(val_losses, patience):
    best = walk(val_losses, patience)
    val_losses.sort()
    return best


WRONG = [
    ("04.1", the_day_itself, "uses the day itself"),
    ("04.1", lambda values, k: slices(values, k, of=torch.sum), "Take their mean"),
    ("04.1", lambda values, k: slices(values, k, more=1), "one forecast too many"),
    ("04.1", lambda values, k: slices(values, 4), "need the shape (23,)"),
    ("04.1", lambda values, k: values[:-k], "no mean"),
    ("04.1", lambda values, k: slices(values, k, of=torch.median), "not the means"),
    ("04.1", lambda values, k: slices(values, k).tolist(), "Return a tensor"),
    ("04.1", lambda values, k: torch.stack([values[:i].mean() for i in range(k, 25)]), "all days before"),
    ("04.2", ratio, "1 minus"),
    ("04.2", lambda y_hat, y_baseline, y: 1 - ratio(y_baseline, y_hat, y), "upside down"),
    ("04.2", lambda y_hat, y_baseline, y: 1 - ratio(y_hat, y_baseline, y) ** 0.5, "RMSE"),
    ("04.2", absolute, "Square them"),
    ("04.2", lambda *inputs: torch.tensor(1 - ratio(*inputs)), "plain number"),
    ("04.2", lambda *inputs: 0.5, "not right"),
    ("04.2", lambda *inputs: 1 - ratio(*inputs), "(50, 1), (50,), (50,) there was no ValueError"),
    ("04.2", two_shapes_only, "(50,), (50, 1), (50,) there was no ValueError"),
    ("04.2", asserted, "not AssertionError"),
    ("04.2", cut_off, "negative"),
    ("04.3", lambda losses, patience: walk(losses, patience) - 1, "counted from 1"),
    (
        "04.3",
        lambda losses, patience: walk(losses, patience, say=lambda stop, best: stop),
        "at which you stop",
    ),
    ("04.3", lambda losses, patience: walk(losses, patience - 1), "too soon"),
    ("04.3", lambda losses, patience: walk(losses, patience + 1), "You went on"),
    ("04.3", lambda losses, patience: losses.index(min(losses)) + 1, "You went on"),
    ("04.3", compared_with_the_day_before, "You went on"),
    ("04.3", not_in_a_row, "in a row"),
    ("04.3", lambda losses, patience: losses[walk(losses, patience) - 1], "This is a loss"),
    ("04.3", lambda losses, patience: torch.tensor(walk(losses, patience)), "a whole number"),
    ("04.3", lambda losses, patience: 6, "Exercise 04.3"),
    ("04.3", no_return_at_the_end, "Is there a `return`"),
    ("04.3", last_loss_at_the_end, "losses end before"),
    (
        "04.3",
        lambda losses, patience: walk(losses, patience, better=lambda a, b: a <= b),
        "equal to the smallest",
    ),
    (
        "04.3",
        lambda losses, patience: walk(losses, patience, better=lambda a, b: not a >= b),
        "A nan counted",
    ),
    ("04.3", from_the_first_loss, "If the first loss is a nan"),
    ("04.3", emptied, "changed the list"),
]
