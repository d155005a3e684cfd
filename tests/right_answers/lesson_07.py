"""Right answers in unusual dress to the exercises of lesson 07."""

import os
import pickle

import numpy as np
import torch
from torch.nn import functional as F


def softmax(logits):
    powers = logits.exp()
    return powers / powers.sum(dim=1, keepdim=True)


def with_the_function_of_the_lesson(logits):
    return softmax(logits - logits.max(dim=1, keepdim=True).values)


def by_the_logarithm(logits):
    return F.log_softmax(logits, dim=1).exp()


def row_by_row(logits):
    rows = []
    for row in logits:
        powers = [float(torch.exp(score - max(row))) for score in row]
        rows.append([power / sum(powers) for power in powers])
    return torch.tensor(rows)


def pairwise(logits):
    return 1 / (logits.unsqueeze(1) - logits.unsqueeze(2)).exp().sum(dim=2)


def softmax_with_numpy(logits):
    scores = logits.numpy().astype("float64")
    powers = np.exp(scores - scores.max(axis=1)[:, None])
    return torch.from_numpy(powers / powers.sum(axis=1)[:, None])


def confusion_with_numpy(y_hat, y, num_classes):
    table = np.zeros((num_classes, num_classes), dtype=np.int64)
    np.add.at(table, (y.numpy(), y_hat.numpy()), 1)
    return torch.from_numpy(table)


def confusion_with_one_hot(y_hat, y, num_classes):
    return F.one_hot(y, num_classes).T @ F.one_hot(y_hat, num_classes)


def confusion_by_questions(y_hat, y, num_classes):
    classes = range(num_classes)
    return torch.tensor([[int(((y == i) & (y_hat == j)).sum()) for j in classes] for i in classes])


def confusion_by_index_put(y_hat, y, num_classes):
    table = torch.zeros(num_classes, num_classes, dtype=torch.long)
    return table.index_put_((y, y_hat), torch.ones_like(y), accumulate=True)


def save_at_once_or_not_at_all(path, model, optimizer, epoch):
    parts = [model.state_dict(), optimizer.state_dict(), torch.random.get_rng_state(), epoch]
    torch.save(parts, f"{path}.half")
    os.replace(f"{path}.half", path)


def load_a_list(path, model, optimizer):
    weights, memory, numbers, epoch = torch.load(path)
    torch.random.set_rng_state(numbers)
    optimizer.load_state_dict(memory)
    model.load_state_dict(weights)
    return epoch


def save_two_files(path, model, optimizer, epoch):
    with open(path, "wb") as file:
        torch.save({"model": model.state_dict(), "epoch": torch.tensor(epoch)}, file)
    torch.save((optimizer.state_dict(), torch.default_generator.get_state()), path.with_suffix(".more"))


def load_two_files(path, model, optimizer):
    try:
        saved = torch.load(path, weights_only=True)
    except pickle.UnpicklingError:
        raise ValueError(f"{path} is no checkpoint") from None
    model.load_state_dict(saved["model"])
    memory, numbers = torch.load(path.with_suffix(".more"), weights_only=True)
    optimizer.load_state_dict(memory)
    torch.default_generator.set_state(numbers)
    return saved["epoch"]


RIGHT = {
    "07.1": [
        with_the_function_of_the_lesson,
        by_the_logarithm,
        row_by_row,
        pairwise,
        softmax_with_numpy,
        lambda logits: (logits - logits.logsumexp(dim=1, keepdim=True)).exp(),
    ],
    "07.2": [
        confusion_with_numpy,
        confusion_with_one_hot,
        confusion_by_questions,
        confusion_by_index_put,
    ],
    "07.3": [(save_at_once_or_not_at_all, load_a_list), (save_two_files, load_two_files)],
}
