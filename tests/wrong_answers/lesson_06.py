"""Typical wrong answers to the exercises of lesson 06: number, answer, and what the check says to it."""

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, n_input, n_hidden, n_output, activation=torch.relu):
        super().__init__()
        self.hidden = nn.Linear(n_input, n_hidden)
        self.out = nn.Linear(n_hidden, n_output)
        self.activation = activation

    def forward(self, x):
        return self.out(self.activation(self.hidden(x)))


def with_if(x):
    if x > 0:
        return x
    return 0.01 * x


def in_place(x):
    x[x < 0] *= 0.01
    return x


def slopes_by(use_factor=True, use_w=True, by_bias=False, plain=True, swap=False, all_units=False):
    """Make a far_slopes with a mistake."""

    def far_slopes(model):
        w, b, factor = model.hidden.weight.detach()[:, 0], model.hidden.bias, model.out.weight.detach()[0]
        each = (factor if use_factor else 1) * (w if use_w else 1) * torch.ones(len(w))
        right = b > 0 if by_bias else w > 0
        left, right = each[~right].sum(), each[right].sum()
        if all_units:
            left = right = each.sum()
        if swap:
            left, right = right, left
        return (left.item(), right.item()) if plain else (left, right)

    return far_slopes


def by_calling(model):
    y = model(torch.tensor([[-1001.0], [-1000.0], [1000.0], [1001.0]])).detach()[:, 0]
    return (y[1] - y[0]).item(), (y[3] - y[2]).item()


def both_positive(model):
    w, factor = model.hidden.weight.detach()[:, 0], model.out.weight.detach()[0]
    return (factor * w.abs())[w < 0].sum().item(), (factor * w)[w > 0].sum().item()


def right_only(model):
    w, factor = model.hidden.weight.detach()[:, 0], model.out.weight.detach()[0]
    return 0.0, (factor * w)[w > 0].sum().item()


def joined(bias=True, sign=-1, change=True, run=True, first=True, width=None, activation=torch.relu):
    """Make a through_points with a mistake."""

    def through_points(px, py):
        slopes = py.diff() / (px.diff() if run else 1)
        factors = torch.cat([slopes[:1] if first else torch.zeros(1), slopes.diff()]) if change else slopes
        net = Net(1, width or len(factors), 1, activation)
        with torch.no_grad():
            net.hidden.weight.fill_(1.0)
            net.hidden.bias.copy_(sign * px[:-1])
            net.out.weight.copy_(factors.unsqueeze(0))
            if bias:
                net.out.bias.fill_(py[0])
        return net

    return through_points


def trained(px, py):
    net = Net(1, 20, 1)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(50):
        loss = ((net(px.unsqueeze(1))[:, 0] - py) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return net


def steps_between(px, py):
    """Meets every point, by a steep part in the middle of each two."""
    net = Net(1, 2 * (len(px) - 1), 1)
    middle, jump = (px[1:] + px[:-1]) / 2, 10 * py.diff()
    with torch.no_grad():
        net.hidden.weight.fill_(1.0)
        net.hidden.bias.copy_(torch.cat([0.05 - middle, -0.05 - middle]))
        net.out.weight.copy_(torch.cat([jump, -jump]).unsqueeze(0))
        net.out.bias.fill_(py[0])
    return net


WRONG = [
    ("06.1", torch.relu, "as in relu"),
    ("06.1", lambda x: torch.where(x > 0, 0.01 * x, x), "exchanged"),
    ("06.1", lambda x: torch.where(x > 0, x, -0.01 * x), "sign is wrong"),
    ("06.1", lambda x: torch.where(x > 0, x, 0.1 * x), "multiply by ≈ 0.1, not by 0.01"),
    ("06.1", lambda x: torch.relu(x) + 0.01 * x, "must be x itself"),
    ("06.1", with_if, "Your code raised RuntimeError"),
    ("06.1", in_place, "leave x alone"),
    ("06.1", lambda x: torch.where(x > 0, x, 0.01 * x).detach(), "does not get through"),
    ("06.1", lambda x: torch.stack([torch.where(row > 0, row, 0.01 * row) for row in x]), "Your code raised"),
    ("06.2", by_calling, "calls the model"),
    ("06.2", slopes_by(plain=False), "plain numbers"),
    ("06.2", slopes_by(swap=True), "exchanged"),
    ("06.2", slopes_by(use_factor=False), "Where is the output's?"),
    ("06.2", slopes_by(use_w=False), "Where is w?"),
    ("06.2", slopes_by(by_bias=True), "chose the units by b"),
    ("06.2", slopes_by(all_units=True), "not all units"),
    ("06.2", both_positive, "wrong sign"),
    ("06.2", right_only, "The right slope is correct"),
    ("06.2", lambda model: (-1.1, 1.2), "not the slopes"),
    ("06.2", lambda model: 0.5, "two numbers"),
    ("06.3", joined(bias=False), "missed by the same amount"),
    ("06.3", joined(sign=1), "No unit bends at"),
    ("06.3", joined(change=False), "CHANGE of slope"),
    ("06.3", joined(run=False), "divided by the difference in x"),
    ("06.3", joined(first=False), "first part is flat"),
    ("06.3", joined(width=4), "raised RuntimeError"),  # five points only
    ("06.3", joined(activation=torch.tanh), "point that is missed"),
    ("06.3", trained, "No unit bends at"),
    ("06.3", steps_between, "not straight between"),
    ("06.3", lambda px, py: joined()(px, py)(px.unsqueeze(1)), "the network itself"),
    ("06.3", lambda px, py: nn.Sequential(nn.Linear(1, 6), nn.ReLU(), nn.Linear(6, 1)), "Net(1, h, 1)"),
]
