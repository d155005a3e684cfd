"""Right answers to the exercises, in unusual dress."""

import numpy as np
import torch
from torch import nn
from torch.autograd.functional import jacobian
from torch.nn import functional as F
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

from course_utils.exercises import lesson_06


def mse_with_a_loop(y_hat, y):
    if not tuple(y_hat.shape) == tuple(y.shape):
        raise ValueError("shapes: " + str(y_hat.shape) + " and " + str(list(y.shape)))
    return sum((a - b) ** 2 for a, b in zip(y_hat.flatten(), y.flatten(), strict=True)) / y.numel()


class Bias(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.b, self.w = nn.Parameter(torch.tensor(0.0)), nn.Parameter(torch.rand(n))

    def forward(self, x):
        return torch.add(self.b, (self.w * x).sum())


def fit_with_numpy(X, y):
    w = torch.linalg.lstsq(X - X.mean(0), y - y.mean())[0].numpy()
    return w, (y - X @ w).mean().item()


def skill_of_numpy(*three):
    y_hat, y_baseline, y = np.stack(three)  # a ValueError if the shapes differ
    return 1 - np.square(y_hat - y).mean() / np.square(y_baseline - y).mean()


def stop_with_numpy(val_losses, patience):
    ends = [end for end in range(1, len(val_losses) + 1) if not np.isnan(val_losses[:end]).all()]
    bests = [np.nanargmin(val_losses[:end]) + 1 for end in ends]
    return next((best for end, best in zip(ends, bests, strict=True) if end - best >= patience), bests[-1])


def slopes_from_two_points(model):
    w, b, factor, _ = (part.detach().double().flatten() for part in model.parameters())
    y = [(factor * torch.relu(w * x + b)).sum().item() for x in (-1e6, -1e6 + 1, 1e6 - 1, 1e6)]
    return [y[1] - y[0], y[3] - y[2]]


def leftwards(px, py):  # each unit is at work on the left of its bend
    net = lesson_06.through_points(-px.flip(0), py.flip(0)).double()
    net.hidden.weight.data *= -1
    return net


def save_two_files(path, model, optimizer, epoch):
    torch.save({"model": model.state_dict(), "epoch": torch.tensor(epoch)}, path)
    torch.save((optimizer.state_dict(), torch.default_generator.get_state()), path.with_suffix(".more"))


def load_two_files(path, model, optimizer):
    saved, (memory, numbers) = torch.load(path), torch.load(path.with_suffix(".more"))
    optimizer.load_state_dict(memory), torch.default_generator.set_state(numbers)
    return model.load_state_dict(saved["model"]) and saved["epoch"]


def adam_of_pytorch(w, g, s, lr, b1=0.9, b2=0.999, eps=1e-8):
    w.grad = g.clone()
    s.setdefault("optimizer", torch.optim.Adam([w], lr=lr, betas=(b1, b2), eps=eps)).step()


def chosen_by_mistakes(y_hat_val, y_val, y_hat_test, y_test):
    name = min(y_hat_val, key=lambda name: (y_hat_val[name] - y_val).count_nonzero())
    return name, np.mean(y_hat_test[name].numpy() == y_test.numpy())


def sure_in_a_loop(p, y, threshold):
    given = [row.argmax() == label for row, label in zip(p, y, strict=True) if max(row) >= threshold]
    return len(given) / len(p), (np.mean(given) if given else None)


@torch.inference_mode()
def measured_in_batches(model, X, y):
    training = model.training
    model.eval()
    hits = sum((model(X[i]).max(1).indices == y[i]).sum() for i in torch.arange(len(X)).split(64))
    model.train(training)
    return hits / y.numel()


def one_sample_at_a_time(model, loss_fn, X, y, num_pieces):
    model.zero_grad()
    for i in range(len(X)):
        loss_fn(model(X[i : i + 1]), y[i : i + 1]).backward()
    return nn.utils.parameters_to_vector(p.grad / len(X) for p in model.parameters())


RIGHT = {
    "00.1": [lambda x: x + x, lambda x: np.float64(x) * 2, lambda x: x * 4 / 2],
    "01.1": [mse_with_a_loop],
    "01.2": [lambda X: torch.tensor((X - (Z := X.numpy()).mean(0)) / Z.std(0, ddof=1)).float()],
    "01.3": [torch.cdist, lambda A, B: torch.hypot(A[:, :1] - B[:, 0], A[:, 1:] - B[:, 1])],
    "02.1": [lambda f, x: np.float64(jacobian(f, torch.tensor(float(x), dtype=torch.float64)))],
    "02.2": [
        lambda x, y, w1, w2: ((e := 2 * w2 * (h := (w1 * x).tanh()) - 2 * y) * w2 * x * (1 - h * h), e * h)
    ],
    "03.1": [lambda w, x, y, lr: torch.from_numpy(w.numpy() + 2 * lr * (y - w.dot(x)).item() * x.numpy())],
    "03.2": [Bias],
    "03.3": [fit_with_numpy],
    "04.1": [lambda v, k: torch.tensor(np.convolve(v, np.ones(k) / k, mode="valid")[:-1])],
    "04.2": [skill_of_numpy],
    "04.3": [stop_with_numpy, lambda losses, patience: torch.tensor(stop_with_numpy(losses, patience))],
    "05.1": [lambda n, size, drop_last: np.int64(n if drop_last else n + size - 1) // size],
    "05.2": [lambda X, y, n, g: list(DataLoader(TensorDataset(X, y), n, shuffle=True, generator=g))],
    "06.1": [type("Net", (lesson_06.CurveNet,), {"forward": lambda n, x: n.out(n.hidden(x).clamp(min=0))})],
    "06.2": [slopes_from_two_points],
    "06.3": [leftwards],
    "07.1": [lambda x: F.log_softmax(x, 1).exp(), lambda x: 1 / (x[:, None] - x[..., None]).exp().sum(2)],
    "07.2": [lambda y_hat, y, k: F.one_hot(y, k).T @ F.one_hot(y_hat, k)],
    "07.3": [(save_two_files, load_two_files)],
    "08.1": [lambda w, g, s, lr, decay: w.mul_(1 - lr * decay).sub_(g, alpha=lr)],
    "08.2": [(lambda w: 7.75 * (w**2).sum(dim=0) - 14.5 * w[0] * w[1], "sgd")],
    "08.3": [adam_of_pytorch],
    "09.1": [chosen_by_mistakes],
    "09.2": [sure_in_a_loop],
    "10.1": [nn.Parameter(torch.tensor([[0, 0, -0.0], [1, 0, 0], [0, 0, 0]]))],
    "10.2": [lambda size, k, stride, p: np.int64(len(range(k, size + 2 * p + 1, stride)))],
    "10.3": [measured_in_batches],
    "11.1": [one_sample_at_a_time],
    "11.2": [lambda n, r, size: tuple(DistributedSampler(range(n), size, r, shuffle=False))],
    "11.3": [lambda g, counts: torch.from_numpy(np.average([x.numpy() for x in g], axis=0, weights=counts))],
}
