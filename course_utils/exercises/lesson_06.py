"""The exercises of lesson 06."""

import torch
from torch import nn

from course_utils.exercises.compare import NotYet, _, close, require
from course_utils.exercises.frame import exercise

LAYERS = _("Leave the two layers as they are, hidden and out. What is wrong is the way through them.")
CALLED = _("Your code calls the model. Compute the slopes from its weights only.")
NET = _("Return the network itself, a `Net(1, h, 1)` with its layers hidden and out.")
SHIFTED = _("All points are missed by the same amount. Which parameter shifts the output?")


class CurveNet(nn.Module):
    def __init__(self, n_input, n_hidden, n_output):
        super().__init__()
        self.hidden = nn.Linear(n_input, n_hidden)
        self.out = nn.Linear(n_hidden, n_output)

    def forward(self, x):
        x = torch.relu(self.hidden(x))
        return torch.relu(self.out(x))


def net_with(bend=torch.relu, end=lambda y: y):
    return type("Net", (CurveNet,), {"forward": lambda self, x: end(self.out(bend(self.hidden(x))))})


def filled(net, *values):
    for parameter, value in zip(net.parameters(), values, strict=True):
        parameter.data.copy_(value.view_as(parameter))
    return net


def sizes():
    for *three, n in [(1, 4, 1, (9, 1)), (1, 1, 1, (1, 1)), (1, 30, 1, (5, 1)), (3, 5, 2, (2, 4, 3))]:
        weights = {name: torch.randn(part.shape) for name, part in CurveNet(*three).state_dict().items()}
        yield *three, 5 * torch.randn(n), weights


def predicting(answer, n_input, n_hidden, n_output, x, weights):
    net = answer(n_input, n_hidden, n_output)
    layers = net.state_dict() if isinstance(net, nn.Module) else {}
    require({k: v.shape for k, v in layers.items()} == {k: v.shape for k, v in weights.items()}, LAYERS)
    net.load_state_dict(weights)
    prediction = net(x)
    if isinstance(prediction, torch.Tensor):
        prediction.square().sum().backward()
    return {"prediction": prediction, **{name: part.grad for name, part in net.named_parameters()}}


exercise(
    "06.1",
    net_with(),
    cases=sizes,
    run=predicting,
    given=CurveNet,
    hints=(
        _("Train it on `y_cubic` of section 5 as section 4 trained `Net`, and draw it. Where is it flat?"),
        _("Print the smallest prediction for some seeds: `net(X).min()`. Which step of forward makes it so?"),
        _("relu gives no number below 0. The hidden layer needs its bends; what does the output need?"),
    ),
    correct=_("Bends belong between the layers. The last layer must be free to give any number."),
    mistakes={
        _("There are curves that it still cannot follow: those that go below 0."): CurveNet,
        _("Now it draws straight lines only. Which of the bends is needed?"): net_with(lambda h: h),
        _("You removed the wrong one: the hidden layer needs its bends."): net_with(lambda h: h, torch.relu),
        _("Now no prediction leaves -1 to 1."): net_with(end=torch.tanh),
        _("There is still a bend in the output. It needs none."): net_with(end=nn.functional.leaky_relu),
        _("Keep relu in the hidden layer."): net_with(torch.tanh),
        _("The gradients do not reach the hidden layer."): net_with(lambda h: torch.relu(h).detach()),
        LAYERS: lambda n_input, n_hidden, n_output: CurveNet(n_input, n_hidden + 1, n_output),
    },
)


def called(x):
    raise NotYet(CALLED)


def models():
    signs = torch.tensor([[1.0, 1, -1, -1], [1, -1, 1, -1], [1, -1, 1, 1]]).repeat(1, 3)
    for h, scale in [(4, 1.0), (9, 0.03), (6, 1.0), (1, 1.0), (2, 1.0)]:  # a small w bends far out
        w, b, factor = (0.5 + torch.rand(3, h)) * signs[:, :h]
        model = filled(net_with()(1, h, 1), scale * w, b, factor, torch.randn(1))
        model.hidden.forward = model.out.forward = called
        yield (model.double() if h == 6 else model,)


def slopes(share=lambda w, b, f: f * w, right=lambda w, b, f: w > 0, then=lambda left, right: (left, right)):
    def far_slopes(model):
        parts = [p.detach().flatten() for p in (model.hidden.weight, model.hidden.bias, model.out.weight)]
        shares, at_work = share(*parts), right(*parts)
        return then(shares[~at_work].sum().item(), shares[at_work].sum().item())

    return far_slopes


exercise(
    "06.2",
    slopes(),
    cases=models,
    kind="plain",
    atol=2e-3,
    hints=(
        _("A unit is at work where w·x + b > 0. Far right that is where w > 0, and far left where w < 0."),
        _("A unit at work adds its factor in `out` times its w: right, `(factor * w)[w > 0].sum().item()`."),
    ),
    correct=_("The straight lines outside the data come from a few signs and products, not from the data."),
    mistakes={
        CALLED: lambda model: model(torch.ones(1, 1)),
        _("Left and right are exchanged."): slopes(then=lambda left, right: (right, left)),
        _("You add up the w of the hidden layer. Where is the output's?"): slopes(lambda w, b, f: w),
        _("You add up the factors of the output layer. Where is w?"): slopes(lambda w, b, f: f),
        _("b moves a bend, and adds no slope."): slopes(lambda w, b, f: f * (w + b)),
        _("Far out on one side, not all units are at work."): slopes(then=lambda a, b: (a + b, a + b)),
        _("You chose the units by b. Far out, what decides?"): slopes(right=lambda w, b, f: b > 0),
        _("You chose the units by their factor."): slopes(right=lambda w, b, f: f > 0),
        _("The left slope has the wrong sign: w is negative there."): slopes(then=lambda a, b: (-a, b)),
        _("The right slope is correct. Who is at work on the left?"): slopes(then=lambda a, b: (0.0, b)),
    },
)


def points():
    for k, start in [(4, -6), (7, -6), (2, 0), (3, 50)]:
        py = 2 + (1 + torch.rand(k)) * (-1.0) ** torch.arange(k)
        yield start + (1.2 + torch.rand(k)).cumsum(dim=0), py
    yield torch.tensor([-3.0, -1.0, 2.0, 4.0]), torch.tensor([0.0, 2.0, -1.0, 3.0])
    yield torch.tensor([0.0, 1.0, 4.0, 9.0]), torch.tensor([3.0, 1.0, -5.0, -15.0])  # all on one line


def at_and_between(answer, px, py):
    middle = torch.lerp(px[:-1], px[1:], torch.linspace(0.2, 0.8, len(px) - 1))
    where, off = px.clone(), py.clone()
    net = answer(px, py)
    require(all(isinstance(getattr(net, layer, None), nn.Linear) for layer in ("hidden", "out")), NET)
    at, between = (net(x.unsqueeze(1).to(net.out.weight)).detach().float().cpu() for x in (where, middle))
    off -= at.flatten()[: len(off)]
    require(off.abs().max() < 1e-3 or not close(off, off[0].expand(len(off)), 1e-3), SHIFTED)
    return {"at the points": at, "between two points": between}


def joined(change=lambda s: torch.cat([s[:1], s.diff()]), slope=lambda x, y: y.diff() / x.diff(), sign=-1):
    def through_points(px, py):
        factors = change(slope(px, py))
        net = net_with()(1, len(factors), 1)
        return filled(net, torch.ones_like(factors), sign * px[:-1], factors, py[:1])

    return through_points


exercise(
    "06.3",
    joined(),
    cases=points,
    run=at_and_between,
    atol=1e-3,
    without={_("No training: each weight can be computed."): {"backward", "optim"}},
    hints=(
        _("Start one unit at each point but the last: weight 1, and the bias puts its bend at that point."),
        _("The slope of each straight part is `py.diff() / px.diff()`. A unit's factor is what it adds."),
        _("The factors are the first slope, then `slopes.diff()`; the output's bias is `py[0]`."),
    ),
    correct=_("With enough bends a network can follow any points, and you placed each bend yourself."),
    mistakes={
        NET: lambda px, py: py,
        SHIFTED: lambda px, py: joined()(px, py + 1),
        _("The bends are not at the points. A unit bends at -b/w: what is b for w = 1?"): joined(sign=1),
        _("The first unit goes on after its part: the next adds the CHANGE of slope."): joined(lambda s: s),
        _("The first part is flat: it has a slope."): joined(lambda s: torch.cat([0 * s[:1], s.diff()])),
        _("Divide the difference in y by that in x."): joined(slope=lambda px, py: py.diff()),
        _("The slope is upside down: y is divided by x."): joined(slope=lambda px, py: px.diff() / py.diff()),
    },
)
