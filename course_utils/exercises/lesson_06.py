"""The exercises of lesson 06."""

import torch
from torch import nn

from course_utils.exercises.frame import _, exercise, require


def predicting(answer, n_input, n_hidden, n_output, x, weights):
    net = answer(n_input, n_hidden, n_output)
    net.load_state_dict(weights)
    if (prediction := net(x.to(net.hidden.weight.device))) is not None:
        prediction.sum().backward()
    return {"prediction": prediction, "gradient of the hidden layer": net.hidden.weight.grad}


def models():
    for h in (4, 9, 30, 1, 2):
        model = CurveNet(1, h, 1).to(torch.float64 if h == 9 else torch.float32)
        model.hidden.bias.data *= 50  # so that it bends far out
        model.hidden.forward = model.out.forward = "not to be called"
        yield (model,)


def at_and_between(answer, px, py):
    x = torch.cat([px, torch.lerp(px[:-1], px[1:], torch.linspace(0.2, 0.8, len(px) - 1))]).unsqueeze(1)
    net = answer(px, py)
    require(isinstance(net, nn.Module), _("Return the network itself, a `Net(1, h, 1)`."))
    by_weights = CurveNet(1, len(net.hidden.bias), 1).to(net.hidden.weight)  # its device and dtype
    by_weights.load_state_dict(net.state_dict())
    for_all, same = ((n(x.to(net.hidden.weight))).detach().cpu().float() for n in (net, by_weights))
    require(torch.allclose(for_all, same, 1e-3, 1e-3), _("Let hidden, relu and out alone make the curve."))
    return {"seen from the first point": for_all - for_all[:1], "height, by the bias of out": for_all[0]}


STRAIGHT, POSITIVE = ("torch.relu", ""), ("self.out(x)", "torch.relu(self.out(x))")


@exercise(
    "06.1",
    _("Train it on a curve that dips below zero, such as x**3, and draw its fit: where is it flat?"),
    _("relu gives no number below 0. Where in a network should the bends be, and where not?"),
    cases=lambda: [
        (i, h, o, 50 * torch.randn(shape), CurveNet(i, h, o).state_dict())
        for i, h, o, shape in [(1, 4, 1, (9, 1)), (1, 1, 1, (1, 1)), (3, 5, 2, (2, 4, 3))] * 5
    ],
    run=predicting,
    repair=True,
    kind="dtype",
    correct=_("Bends belong between the layers. The last layer must be free to give any number."),
    mistakes={
        _("There are curves that it still cannot follow: those that go below 0."): POSITIVE,
        _("Now it draws straight lines only. Which of the bends is needed?"): STRAIGHT,
        _("You removed the wrong one: the hidden layer needs its bends."): STRAIGHT + POSITIVE,
    },
)
class CurveNet(nn.Module):
    def __init__(self, n_input, n_hidden, n_output):
        super().__init__()
        self.hidden = nn.Linear(n_input, n_hidden)
        self.out = nn.Linear(n_hidden, n_output)

    def forward(self, x):
        x = torch.relu(self.hidden(x))
        return self.out(x)


@exercise(
    "06.2",
    _("Far to the right only the units with a positive w in `hidden` are at work; far left, the others."),
    _("Each unit at work adds its w in `hidden` times its weight in `out` to the slope."),
    cases=models,
    kind="plain",
    atol=2e-3,
    correct=_("The straight lines outside the data come from a few signs and products, not from the data."),
    mistakes={
        _("Your code calls the model. Use its weights only."): lambda model: model(torch.ones(1, 1)),
        _("Left and right are exchanged."): ("w > 0", "w < 0"),
        _("You add up the w of hidden. Where are the factors?"): ("factor * ", ""),
        _("Not all are at work on one side."): ("[~right]", "", "[right]", ""),
        _("You chose by b. Far out, what decides?"): ("w > 0", "b > 0"),
        _("The left sign is wrong: w is negative there."): ("return ", "return -"),
    },
)
def far_slopes(model):
    w, b, factor = (p.detach().flatten() for p in (model.hidden.weight, model.hidden.bias, model.out.weight))
    shares, right = factor * w, w > 0
    return shares[~right].sum().item(), shares[right].sum().item()


@exercise(
    "06.3",
    _("Take one unit for each point but the last: w = 1 and b = -px, so that it starts to bend there."),
    _("Its weight in `out` is the change of slope at its point; the bias of `out` is the first py."),
    cases=lambda: [
        (start + (1.2 + torch.rand(k)).cumsum(dim=0), 2 + height * torch.randn(k))
        for k, start, height in [(4, -6, 3), (7, -6, 3), (2, 0, 3), (3, 50, 3), (4, 0, 0)]
    ],
    run=at_and_between,
    atol=1e-3,
    without={_("No training: each weight can be computed."): {"backward", "optim"}},
    correct=_("With enough bends a network can follow any points, and you placed each bend yourself."),
    mistakes={
        _("The bends are not at the points: -b/w is where."): ("-px", "px"),
        _("The first unit goes on: add CHANGES of slope."): ("changes, py", "slopes, py"),
        _("Divide by the difference in x."): (" / px.diff()", ""),
        _("The first part has a slope."): ("slopes[:1]", "0 * slopes[:1]"),
    },
)
def through_points(px, py):
    slopes = py.diff() / px.diff()
    changes = torch.cat([slopes[:1], slopes.diff()])
    net = CurveNet(1, len(slopes), 1)
    values = torch.ones_like(slopes), -px[:-1], changes, py[:1]
    nn.utils.vector_to_parameters(torch.cat(values), net.parameters())
    return net
