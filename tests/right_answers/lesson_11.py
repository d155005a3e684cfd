"""Right answers in unusual dress to the exercises of lesson 11."""

import numpy as np
import torch


def one_sample_at_a_time(model, loss_fn, X, y, num_pieces):
    model.zero_grad()
    for i in range(len(X)):
        loss_fn(model(X[i : i + 1]), y[i : i + 1]).backward()
    return torch.nn.utils.parameters_to_vector(p.grad / len(X) for p in model.parameters())


def rows_by_index(n, rank, world_size):
    return torch.tensor([(rank + i * world_size) % n for i in range(-(-n // world_size))])


RIGHT = {
    "11.1": [one_sample_at_a_time],
    "11.2": [rows_by_index, lambda *case: tuple(np.array(rows_by_index(*case)))],
    "11.3": [lambda g, counts: torch.from_numpy(np.average([x.numpy() for x in g], axis=0, weights=counts))],
}
