"""Judges for the exercises of lesson 06."""

import torch
import torch.nn.functional as F
from torch import nn

from course_utils.exercises import NotYet, call, close, exercise, require


@exercise(
    "06.1",
    hints=(
        "Look at `relu` in section 2: only one side of it must change.",
        "An `if` cannot decide for a whole tensor; `torch.where` decides for each number.",
        "`torch.where(x > 0, x, ...)`, and the last place is what a negative `x` becomes.",
    ),
    correct="Same values and slopes as PyTorch's own, for any shape: with it, no unit is ever silent.",
)
def leaky_relu(answer):
    x = torch.randn(3, 4, 5) + torch.tensor([-1.0, 0.0, 0.0, 0.0, 1.0])
    given = x.clone()
    found = call(answer, given)
    require(isinstance(found, torch.Tensor), "Return a tensor.")
    require(
        found.shape == x.shape, f"x has shape {tuple(x.shape)}, your result has shape {tuple(found.shape)}."
    )
    require(not close(found, torch.relu(x)), "The left side is 0, as in relu. It must keep a small slope.")
    require(not close(found, -F.leaky_relu(-x)), "The sides are exchanged: leave the positive x as they are.")
    require(not close(found, torch.where(x > 0, x, -0.01 * x)), "On the left the sign is wrong: it stays.")
    left, right = x < -0.1, x > 0
    require(close(found[right], x[right]), "Where x is positive, the result must be x itself.")
    times = (found[left] / x[left]).mean()
    require(close(found[left], 0.01 * x[left]), f"Left of 0 you multiply by ≈ {times:.3g}, not by 0.01.")
    require(close(found, F.leaky_relu(x)), "The values near 0 are not right.")
    require(close(given, x), "Your function changes x itself. Compute a new tensor and leave x alone.")
    given.requires_grad_()
    found = call(answer, given)
    require(found.requires_grad, "The gradient does not get through: no .detach(), no .item().")
    found.sum().backward()
    require(close(given.grad, torch.where(x > 0, 1.0, 0.01)), "The values are right, the slopes are not.")
    single = call(answer, torch.tensor(-3.0))
    require(close(single, torch.tensor(-0.03)), "It must work for any shape: a single number fails.")


class _Net(nn.Module):
    """The lesson's Net as far as its weights go; whoever calls it is reminded of the task."""

    def __init__(self, n_input, n_hidden, n_output, activation=torch.relu):
        super().__init__()
        self.hidden = nn.Linear(n_input, n_hidden)
        self.out = nn.Linear(n_hidden, n_output)
        self.activation = activation

    def forward(self, x):
        raise NotYet("Your code calls the model. Compute the slopes from its weights only.")


@exercise(
    "06.2",
    hints=(
        "A unit is at work where w·x + b > 0. For a very large x, does b matter?",
        "Far right the units with w > 0 are at work, far left those with w < 0.",
        "A unit at work adds (its factor in `out`) · (its w in `hidden`) to the slope: "
        "`(factor * w)[w > 0].sum().item()` is the right slope.",
    ),
    correct="The straight lines outside the data come from a few signs and products, not from the data.",
)
def far_slopes(answer):
    h = int(torch.randint(5, 9, ()))
    w, b, factor = (0.5 + torch.rand(3, h)) * torch.where(torch.rand(3, h) < 0.5, -1.0, 1.0)
    w[:4] = w[:4].abs() * torch.tensor([1.0, 1.0, -1.0, -1.0])  # on both sides, with both signs of b
    b[:4] = b[:4].abs() * torch.tensor([1.0, -1.0, 1.0, -1.0])
    model = _Net(1, h, 1)
    with torch.no_grad():
        model.hidden.weight.copy_(w.unsqueeze(1))
        model.hidden.bias.copy_(b)
        model.out.weight.copy_(factor.unsqueeze(0))
    x = torch.tensor([[-1001.0], [-1000.0], [1000.0], [1001.0]], dtype=torch.float64)  # bends: |x| < 3
    y = torch.relu(x * w + b) @ factor.double()  # (4,)
    left, right = (y[1] - y[0]).item(), (y[3] - y[2]).item()

    found = call(answer, model)
    pair = isinstance(found, tuple | list) and len(found) == 2
    require(pair, "Return two numbers, left and right: `return left, right`.")
    require(
        all(isinstance(value, int | float) for value in found),
        "Return plain numbers, not tensors: .item() makes one.",
    )
    found = torch.tensor(found)
    if close(found, [left, right]):
        return

    def sums(each, right_side):
        return [each[~right_side].sum(), each[right_side].sum()]

    require(not close(found, [right, left]), "Left and right are exchanged.")
    require(not close(found, sums(w, w > 0)), "You add up the w of the hidden layer. Where is the output's?")
    require(not close(found, sums(factor, w > 0)), "You add up the factors of the output layer. Where is w?")
    require(not close(found, [left + right] * 2), "Far out on one side, not all units are at work.")
    require(not close(found, sums(factor * w, b > 0)), "You chose the units by b. Far out, what decides?")
    require(
        not close(found, [-left, right]),
        "The left slope has the wrong sign: w is negative there, and stays so.",
    )
    require(not close(found[1], right), "The right slope is correct. The left one is not.")
    require(not close(found[0], left), "The left slope is correct. The right one is not.")
    raise NotYet("These are not the slopes far out: try a model of one unit, by hand.")


@exercise(
    "06.3",
    hints=(
        "Start one unit at each point but the last: weight 1, and the bias puts its bend at that point.",
        "The slope of each straight part is `py.diff() / px.diff()`. "
        "A unit's factor is what it adds to the slope so far.",
        "So the factors are the first slope, then `slopes.diff()`; the output's bias is `py[0]`. "
        "Write them with `copy_` and `fill_` under `torch.no_grad()`.",
    ),
    correct="With enough bends a network can follow any points, and you placed each bend yourself.",
)
def through_points(answer):
    k = (4, 6, 7, 8)[int(torch.randint(4, ()))]  # not the five points of the lesson
    px = (1.2 + torch.rand(k)).cumsum(dim=0) - 6  # no distance is 1
    py = 2 + (1 + torch.rand(k)) * (-1.0) ** torch.arange(k)  # up and down
    found = call(answer, px.clone(), py.clone())
    require(isinstance(found, nn.Module), "Return the network itself, not what it predicts.")
    hidden, out = getattr(found, "hidden", None), getattr(found, "out", None)
    is_net = isinstance(hidden, nn.Linear) and isinstance(out, nn.Linear)
    require(is_net, "Return a `Net(1, h, 1)`, the class of this lesson, with its layers hidden and out.")

    def predict(x):
        y = call(found, x.unsqueeze(1))
        require(y.shape == (len(x), 1), "The network must take (n, 1) to (n, 1): a Net(1, h, 1).")
        return y.detach()[:, 0]

    y = predict(px)
    if not close(y, py, 1e-3):
        error = y - py
        shifted = close(error, error[:1].expand(k), 1e-3)
        require(not shifted, "All points are missed by the same amount. Which parameter shifts the output?")
        bends = -hidden.bias.detach() / hidden.weight.detach()[:, 0]
        for i in range(1, k - 1):
            bent = ((bends - px[i]).abs() < 1e-3).any()
            require(bent, f"No unit bends at the point px[{i}]. A unit bends at -b/w: what is b for w = 1?")
        slopes = py.diff() / px.diff()
        second = y[1] - y[0]
        require(not close(second, 0.0, 1e-3), "The first part is flat: who gives it its slope?")
        no_run = close(second, py.diff()[0] * px.diff()[0], 1e-3)
        require(not no_run, "A slope is the difference in y divided by the difference in x.")
        added = y.diff() / px.diff()
        require(
            not close(added, slopes.cumsum(dim=0), 1e-2),
            "Right until the second point. The first unit goes on there: the next adds the CHANGE of slope.",
        )
        missed = int((error.abs() > 1e-3).nonzero()[0])
        raise NotYet(f"The first point that is missed is px[{missed}]: off by ≈ {error[missed]:.2f}.")
    t = 0.2 + 0.6 * torch.rand(k - 1)  # a place between each two neighbours
    between, expected = torch.lerp(px[:-1], px[1:], t), torch.lerp(py[:-1], py[1:], t)
    require(
        close(predict(between), expected, 1e-3),
        "It meets the points, but it is not straight between them: bends belong at the points only.",
    )
