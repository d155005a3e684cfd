"""The exercises of lesson 03."""

from functools import partial

import torch
from torch import nn

from course_utils.exercises.compare import _, close, require
from course_utils.exercises.frame import exercise
from course_utils.exercises.source import AUTOGRAD

# How many weights, how far the prediction is off, and lr.
STEPS = [(3, 2, 0.05), (4, -2, 0.03), (1, 1.5, 0.04), (2, -1.5, 0.06), (5, 9, 1), (2, 3, 0.0), (2, 0, 0.5)]

exercise(
    "03.1",
    lambda w, x, y, lr: w - lr * 2 * (w @ x - y) * x,
    cases=lambda: [(w := torch.randn(n), x := torch.randn(n), w @ x - off, lr) for n, off, lr in STEPS],
    without={_("This exercise is without autograd and optimizer: write the derivative yourself."): AUTOGRAD},
    hints=(_("The chain rule: the slope of a square, times that of w @ x."), _("w - lr * derivative")),
    correct=_("This line is what optimizer.step() does, after backward() has found the derivative."),
    mistakes={
        _("Half as long. What is the slope of a square?"): lambda w, x, y, lr: w - lr * (w @ x - y) * x,
        _("Your step goes uphill. Check the signs."): lambda w, x, y, lr: w + lr * 2 * (w @ x - y) * x,
        _("This is the derivative. Make a step from w with it."): lambda w, x, y, lr: 2 * (w @ x - y) * x,
        _("This is the step. Subtract it from w."): lambda w, x, y, lr: lr * 2 * (w @ x - y) * x,
        _("All weights move alike. x is missing."): lambda w, x, y, lr: w - lr * 2 * (w @ x - y),
        _("w * x are products. Add them up."): lambda w, x, y, lr: w - lr * 2 * (w * x - y) * x,
        _("The slope of w @ x in w is x, and not w."): lambda w, x, y, lr: w - lr * 2 * (w @ x - y) * w,
        _("lr is missing: it makes the step short."): lambda w, x, y, lr: w - 2 * (w @ x - y) * x,
        _("The lr of the call does nothing."): lambda w, x, y, lr: w - 0.2 * (w @ x - y) * x,
    },
)


def learning(answer, n, x):
    require(not isinstance(answer, nn.Module), _("Hand over the class itself, without brackets."))
    model, other = answer(n), answer(n)
    for name, shape in [("w", (n,)), ("b", ())]:
        found = getattr(getattr(model, name, None), "shape", None)
        require(found == shape, _("self.{name}: a tensor of shape {shape}, please."), name=name, shape=shape)
    seen = {_("number of parameters"): len(list(model.named_parameters()))}
    seen |= {_("b begins at zero"): model.b.item() == 0, _("w is new each time"): not model.w.equal(other.w)}
    model.w.data, model.b.data = torch.linspace(-1, 2, n), torch.tensor(-1.5)
    y_hat = model(x)
    y_hat.sum().backward()
    torch.optim.SGD(model.parameters(), lr=0.1).step()
    return seen | {_("the prediction"): y_hat, _("w after a step"): model.w, _("b after a step"): model.b}


class LinearWithBias(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.w = nn.Parameter(torch.randn(n))
        self.b = torch.zeros(())

    def forward(self, x):
        return self.w @ x + self.b


def module(b=lambda: nn.Parameter(torch.zeros(())), w=torch.randn):
    class Learning(LinearWithBias):
        def __init__(self, n):
            super().__init__(n)
            self.w, self.b = nn.Parameter(w(n)), b()

    return Learning


exercise(
    "03.2",
    module(),
    cases=lambda: [(n, torch.randn(n)) for n in (3, 5, 1, 2)],
    run=learning,
    given=LinearWithBias,
    hints=(_("Does SGD change b? What does model.parameters() list?"), _("w is an nn.Parameter. And b?")),
    correct=_("An nn.Parameter is what the optimizer sees; a plain tensor predicts, and never learns."),
    mistakes={
        _("It still predicts without an error, but a step of training leaves b as it was."): LinearWithBias,
        _("requires_grad=False keeps b as it is."): module(lambda: nn.Parameter(torch.zeros(()), False)),
        _("b must begin at zero."): module(lambda: nn.Parameter(torch.ones(()))),
        _("Two models begin with the same w. It must be random."): module(w=torch.ones),
    },
)


def fit(X, y, power=0, correction=0, b=lambda X, y, w: (y - X @ w).mean()):
    X, y = X.double(), y.double()
    w = torch.linalg.lstsq(X - X.mean(dim=0), y - y.mean()).solution
    w *= X.std(dim=0, correction=correction) ** power
    return w, b(X, y, w)


def fitted(answer, X, y):
    (right_w, right_b), X_, y_ = fit(X, y), X.double(), y.double()
    found = answer(X, y)
    two = isinstance(found, list | tuple) and [hasattr(x, "__float__") for x in found] == [True, True]
    require(two, _("Return two things: w as a tensor, and b as a tensor or a number."))
    w, b = (torch.as_tensor(part).detach().cpu().double() for part in found)
    require(w.shape == X_[0].shape and b.numel() == 1, _("Return one w for each column of X, and one b."))
    require((w.sum() + b).isfinite(), _("There is inf or nan in your result. Was lr too large?"))
    if (X_ @ w + b - y_).abs().max() < 0.1:
        return {"w": right_w, "b": right_b}
    early = close(b.sum(), (y_ - X_ @ w).mean(), 0.5) and (w / right_w - 1).abs().max() < 0.9
    require(not early, _("b fits your w. Train longer, or with a larger lr."))
    return {"w": right_w, "b": b.sum()} if close(w, right_w, 2e-3) else {"w": w}


exercise(
    "03.3",
    lambda X, y: fit(X, y),
    cases=lambda: [
        (X := torch.randint(1, 101, (n, k)).float(), X @ (torch.randint(1, 15, (k,)) + 0.25) + fee)
        for n, k, fee in [(20, 4, 12.5), (21, 1, 0), (26, 5, 15)]
    ],
    run=fitted,
    atol=5e-3,
    hints=(_("Put w_s * (x - mean) / std + y.mean() in order."), _("w_s / std, y.mean() - w @ mean")),
    correct=_("Scaling is for the training only: prices and fee come out in the units of the shop."),
    mistakes={
        _("This w is for the scaled inputs. What is it for x itself?"): partial(fit, power=1),
        _("Your w is for the scaled inputs. What is it for x?"): partial(fit, power=1, correction=1),
        _("You multiply by std. The inputs were divided by it: what about w?"): partial(fit, power=2),
        _("w is zero. Have prediction and y one shape?"): lambda X, y: (0 * X[0], y.mean()),
        _("w is right. b is the mean of y: sort the terms again."): partial(fit, b=lambda X, y, w: y.mean()),
        _("w is right, but b has lost the delivery fee."): partial(fit, b=lambda X, y, w: 0),
        _("In b, w @ mean has the wrong sign."): partial(fit, b=lambda X, y, w: (y + X @ w).mean()),
        _("For b take this w, and not the scaled one."): lambda X, y: (fit(X, y)[0], fit(X, y, power=1)[1]),
    },
)
