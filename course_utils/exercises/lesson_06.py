"""The exercises of lesson 06."""

import torch
from torch import nn

from course_utils.exercises.compare import _, require
from course_utils.exercises.frame import exercise


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


def predicting(answer, n_input, n_hidden, n_output, x, weights):
    net = answer(n_input, n_hidden, n_output)
    net.load_state_dict(weights)
    if (prediction := net(x)) is not None:
        prediction.sum().backward()
    return {"prediction": prediction, "gradient of the hidden layer": net.hidden.weight.grad}


exercise(
    "06.1",
    net_with(),
    cases=lambda: [
        (i, h, o, 5 * torch.randn(shape), CurveNet(i, h, o).state_dict())
        for i, h, o, shape in [(1, 4, 1, (9, 1)), (1, 1, 1, (1, 1)), (3, 5, 2, (2, 4, 3))] * 5
    ],
    run=predicting,
    given=CurveNet,
    hints=(
        _("Train it on `y_cubic` of section 5 as section 4 trained `Net`, and draw it. Where is it flat?"),
        _("relu gives no number below 0. The hidden layer needs its bends; what does the output need?"),
    ),
    correct=_("Bends belong between the layers. The last layer must be free to give any number."),
    mistakes={
        _("There are curves that it still cannot follow: those that go below 0."): CurveNet,
        _("Now it draws straight lines only. Which of the bends is needed?"): net_with(lambda h: h),
        _("You removed the wrong one: the hidden layer needs its bends."): net_with(lambda h: h, torch.relu),
        _("Leave the layers as they are, hidden and out."): lambda i, h, o: CurveNet(i, h + 1, o),
    },
)


def models():
    for h in (4, 9, 30, 1, 2):
        model = net_with()(1, h, 1).to(torch.float64 if h == 9 else torch.float32)
        model.hidden.bias.data *= 50  # so that it bends far out
        model.hidden.forward = model.out.forward = "not to be called"
        yield (model,)


def slopes(model, share=lambda w, b, f: f * w, right=lambda w, b, f: w > 0, then=lambda *both: both):
    parts = [p.detach().flatten() for p in (model.hidden.weight, model.hidden.bias, model.out.weight)]
    shares, at_work = share(*parts), right(*parts)
    return then(shares[~at_work].sum().item(), shares[at_work].sum().item())


exercise(
    "06.2",
    lambda model: slopes(model),
    cases=models,
    kind="plain",
    atol=2e-3,
    hints=(_("Far right, units with w > 0 are at work."), _("Each adds its w times its factor in out.")),
    correct=_("The straight lines outside the data come from a few signs and products, not from the data."),
    mistakes={
        _("Your code calls the model. Use its weights only."): lambda model: model(torch.ones(1, 1)),
        _("Left and right are exchanged."): lambda m: slopes(m, then=lambda left, right: (right, left)),
        _("You add up the w of hidden. Where are the factors?"): lambda m: slopes(m, lambda w, b, f: w),
        _("Not all are at work on one side."): lambda m: slopes(m, then=lambda *both: (sum(both), sum(both))),
        _("You chose by b. Far out, what decides?"): lambda m: slopes(m, right=lambda w, b, f: b > 0),
        _("The left sign is wrong: w is negative there."): lambda m: slopes(m, then=lambda a, b: (-a, b)),
    },
)


def at_and_between(answer, px, py):
    x = torch.cat([px, torch.lerp(px[:-1], px[1:], torch.linspace(0.2, 0.8, len(px) - 1))]).unsqueeze(1)
    net = answer(px, py)
    require(isinstance(net, nn.Module), _("Return the network itself, a `Net(1, h, 1)`."))
    curve = net(x.to(net.hidden.weight).to(net.out.weight)).detach().float()
    return {"seen from the first point": curve - curve[:1], "height, by the bias of out": curve[0]}


def joined(px, py, change=lambda s: torch.cat([s[:1], s.diff()]), slope=lambda dx, dy: dy / dx, sign=-1):
    net = net_with()(1, len(px) - 1, 1)
    values = torch.ones(len(px) - 1), sign * px[:-1], change(slope(px.diff(), py.diff())), py[:1]
    nn.utils.vector_to_parameters(torch.cat(values), net.parameters())
    return net


exercise(
    "06.3",
    lambda px, py: joined(px, py),
    cases=lambda: [
        (start + (1.2 + torch.rand(k)).cumsum(dim=0), 2 + height * torch.randn(k))
        for k, start, height in [(4, -6, 3), (7, -6, 3), (2, 0, 3), (3, 50, 3), (4, 0, 0)]
    ],
    run=at_and_between,
    atol=1e-3,
    without={_("No training: each weight can be computed."): {"backward", "optim"}},
    hints=(_("A unit at each point but the last: w = 1, b = -px."), _("It adds the CHANGE of slope.")),
    correct=_("With enough bends a network can follow any points, and you placed each bend yourself."),
    mistakes={
        _("The bends are not at the points: -b/w is where."): lambda px, py: joined(px, py, sign=1),
        _("The first unit goes on: add CHANGES of slope."): lambda px, py: joined(px, py, lambda s: s),
        _("Divide by the difference in x."): lambda px, py: joined(px, py, slope=lambda dx, dy: dy),
        _("The first part has a slope."): lambda *p: joined(*p, lambda s: torch.cat([0 * s[:1], s.diff()])),
    },
)
