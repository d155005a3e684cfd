"""Right answers in unusual dress to the exercises of lesson 07."""

import torch
from torch.nn import functional as F


def save_two_files(path, model, optimizer, epoch):
    torch.save({"model": model.state_dict(), "epoch": torch.tensor(epoch)}, path)
    torch.save((optimizer.state_dict(), torch.default_generator.get_state()), path.with_suffix(".more"))


def load_two_files(path, model, optimizer):
    saved, (memory, numbers) = torch.load(path), torch.load(path.with_suffix(".more"))
    optimizer.load_state_dict(memory), torch.default_generator.set_state(numbers)
    return model.load_state_dict(saved["model"]) and saved["epoch"]


RIGHT = {
    "07.1": [lambda x: F.log_softmax(x, dim=1).exp(), lambda x: 1 / (x[:, None] - x[..., None]).exp().sum(2)],
    "07.2": [lambda y_hat, y, k: F.one_hot(y, k).T @ F.one_hot(y_hat, k)],
    "07.3": [(save_two_files, load_two_files)],
}
