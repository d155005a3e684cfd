"""The exercises of lesson 03."""

import torch
from torch import nn

from course_utils.exercises.frame import AUTOGRAD, _, close, exercise, require

# How many weights, how far the prediction is off, and lr.
STEPS = [(3, 2, 0.05), (4, -2, 0.03), (1, 1.5, 0.04), (2, -1.5, 0.06), (5, 9, 1), (2, 3, 0.0), (2, 0, 0.5)]


def learning(answer, n, x):
    require(not isinstance(answer, nn.Module), _("Hand over the class itself, without brackets."))
    model, other = answer(n), answer(n)
    for name, shape in [("w", (n,)), ("b", ())]:
        found = getattr(getattr(model, name, None), "shape", None)
        require(found == shape, _("self.{name}: a tensor of shape {shape}, please."), name=name, shape=shape)
    seen = {_("number of parameters"): len(list(model.named_parameters()))}
    seen |= {_("b begins at zero"): model.b.item() == 0, _("w is new each time"): not model.w.equal(other.w)}
    with torch.no_grad():
        model.w.copy_(torch.linspace(-1, 2, n)), model.b.fill_(-1.5)
    y_hat = model(x.to(model.w.device))
    y_hat.sum().backward()
    torch.optim.SGD(model.parameters(), lr=0.1).step()
    return seen | {_("the prediction"): y_hat, _("w after a step"): model.w, _("b after a step"): model.b}


def fitted(answer, X, y):
    (right_w, right_b), X_, y_ = fit_scaled(X, y), X.double(), y.double()
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


@exercise(
    "03.1",
    _("By the chain rule the derivative is the slope of the square, 2 * (w @ x - y), times x."),
    _("Return `w - lr * derivative`: a new tensor, so that w stays as it is."),
    cases=lambda: [(w := torch.randn(n), x := torch.randn(n), w @ x - off, lr) for n, off, lr in STEPS],
    without={_("This exercise is without autograd and optimizer: write the derivative yourself."): AUTOGRAD},
    correct=_("This line is what optimizer.step() does, after backward() has found the derivative."),
    mistakes={
        _("Half as long. What is the slope of a square?"): ("2 * ", ""),
        _("Your step goes uphill. Check the signs."): ("w -", "w +"),
        _("This is the derivative. Make a step from w with it."): ("w - lr *", ""),
        _("This is the step. Subtract it from w."): ("w - ", ""),
        _("All weights move alike. x is missing."): (") * x", ")"),
        _("w * x are products. Add them up."): ("@", "*"),
        _("The slope of w @ x in w is x, and not w."): (") * x", ") * w"),
        _("lr is missing: it makes the step short."): ("lr * ", ""),
    },
)
def sgd_step(w, x, y, lr):
    return w - lr * 2 * (w @ x - y) * x


@exercise(
    "03.2",
    _("Train it for a few steps: which numbers change? What does `list(model.parameters())` show?"),
    _("An optimizer sees only what is an nn.Parameter. w is one; is b?"),
    cases=lambda: [(n, torch.randn(n)) for n in (3, 5, 1, 2)],
    run=learning,
    repair=True,
    correct=_("An nn.Parameter is what the optimizer sees; a plain tensor predicts, and never learns."),
    mistakes={
        _("It still predicts, but a step of training leaves b as it was."): ("b = nn.Parameter", "b = "),
        _("requires_grad=False keeps b as it is."): ("(())", "(()), requires_grad=False"),
        _("Two models begin with the same w. It must be random."): ("randn", "ones"),
    },
)
class LinearWithBias(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.w = nn.Parameter(torch.randn(n))
        self.b = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        return self.w @ x + self.b


@exercise(
    "03.3",
    _("Put (x - mean) / std into w_s * x_scaled + b_s, and sort: what stands with x, and what stands alone?"),
    _("w = w_s / std; b is b_s (the mean of y, if you subtracted it) minus w @ mean."),
    cases=lambda: [
        (X := torch.randint(1, 101, (n, k)).float(), X @ (torch.randint(1, 15, (k,)) + 0.25) + fee)
        for n, k, fee in [(20, 4, 12.5), (21, 1, 0), (26, 5, 15)]
    ],
    run=fitted,
    atol=5e-3,
    correct=_("Scaling is for the training only: prices and fee come out in the units of the shop."),
    mistakes={
        _("This w is for the scaled inputs. What is it for x itself?"): ("w_s / std", "w_s"),
        _("Your w is for the scaled inputs."): ("w_s / std", "w_s", "std(", "std(correction=0, "),
        _("You multiply by std. The inputs were divided by it: what about w?"): ("w_s / std", "w_s * std"),
        _("w is zero. Have prediction and y one shape?"): lambda X, y: (0 * X[0], y.mean()),
        _("w is right. b is the mean of y: sort the terms again."): (" - w @ mean", ""),
        _("w is right, but b has lost the delivery fee."): ("y.mean() - w @ mean", "0"),
        _("In b, w @ mean has the wrong sign."): ("- w @", "+ w @"),
        _("For b take this w, and not the scaled one."): ("- w @", "- w_s @"),
    },
)
def fit_scaled(X, y):
    X, y = X.double(), y.double()
    mean, std = X.mean(dim=0), X.std(dim=0)
    w_s = torch.linalg.lstsq((X - mean) / std, y - y.mean()).solution
    w = w_s / std
    return w, y.mean() - w @ mean
