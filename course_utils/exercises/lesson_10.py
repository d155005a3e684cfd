"""The exercises of lesson 10."""

from functools import partial

import torch
from torch import nn

from course_utils.exercises.compare import _, require
from course_utils.exercises.frame import exercise

weights = torch.eye(9).reshape(9, 3, 3)  # the kernels with a single 1
KERNELS = (3, 1, 0), (5, 1, 2), (2, 3, 0), (4, 2, 1), (3, 4, 1), (1, 5, 0), (5, 3, 1)  # size, stride, padding


def convolved(kernel, picture):
    right = torch.is_tensor(kernel) and kernel.shape == (3, 3) and kernel.dtype == torch.float32
    require(right, _("kernel must be a float32 tensor of shape (3, 3)."))
    kernel = kernel.detach().cpu()
    require((kernel.abs() < 1e-6).sum() > 7, _("You mix several pixels. Show a single one."))
    return nn.functional.conv2d(picture[None, None], kernel[None, None], padding=1)[0, 0]


exercise(
    "10.1",
    weights[3],
    cases=lambda: [(torch.randn(6, 8),), (torch.randn(3, 3),), (torch.randint(256, (5, 2)).float(),)],
    run=convolved,
    atol=1e-3,
    hints=(
        _("Each pixel of the result must be a pixel of the picture: one weight is 1, the others are 0."),
        _("The kernel's centre lies on the pixel itself, which must show what was its LEFT neighbour."),
    ),
    correct=_("One weight off the centre moves the whole picture."),
    mistakes={
        _("It stays where it is."): weights[4],
        _("It moves left: `conv2d` does not turn the kernel over. Which neighbour do you show?"): weights[5],
        _("It moves down. The kernel's middle row lies on the pixel's own row."): weights[1],
        _("It moves to the right, but its brightness changes."): weights[3] / 2,
    },
)

exercise(
    "10.2",
    lambda size, kernel_size, stride, padding: (size + 2 * padding - kernel_size) // stride + 1,
    cases=lambda: [(n - 2 * p, k, st, p) for n in (*range(5, 12), 224) for k, st, p in KERNELS],
    kind="whole",
    without={_("Without a layer."): {"Conv1d", "conv1d", "Conv2d", "conv2d", "MaxPool2d", "max_pool2d"}},
    hints=(
        _("Draw a side of 7 cells and a kernel of 3. How many places are there? And with one cell padded?"),
        _("The kernel can move by `size + 2 * padding - kernel_size` rows, and stops at each `stride`-th."),
    ),
    correct=_("You can follow a picture through any network now, layer by layer."),
    mistakes={
        _("The place where the kernel starts counts too."): lambda s, k, st, p: (s + 2 * p - k) // st,
        _("The padding adds rows above and below."): lambda s, k, st, p: (s + p - k) // st + 1,
        _("The kernel moves by `stride` rows at a time."): lambda s, k, st, p: s + 2 * p - k + 1,
        _("Add the first place after `//`, not before."): lambda s, k, st, p: (s + 2 * p - k + 1) // st,
        _("A last step that sticks out does not count."): lambda s, k, st, p: -((k - s - 2 * p) // st) + 1,
    },
)


def networks():
    for n, training in (40, True), (40, False), (603, True), (1, True), (1, False):
        model = nn.Sequential(nn.Sequential(nn.BatchNorm2d(1), nn.Flatten()), nn.Dropout(1), nn.Linear(9, 10))
        model[0][0].running_mean, X = torch.tensor([3.0]), 3 * torch.randn(n, 1, 3, 3)
        y = (model.eval()(X).argmax(dim=1) + (torch.arange(n) >= n - n // 3)) % 10  # the last third is wrong
        yield model.train(training), X, y


def watched(answer, model, X, y):
    graph = []
    model.register_forward_hook(lambda *_: graph.append(torch.is_grad_enabled()))
    found = {_("accuracy"): answer(model, X, y), _("a graph"): any(graph)}
    modes = [layer.training for layer in model.modules()]
    return found | {_("running mean"): model[0][0].running_mean, _("each layer's training mode"): modes}


def accuracy_of(model, X, y):
    right = 0
    with torch.inference_mode():
        for rows in torch.arange(len(X)).split(500):
            y_hat = model(X[rows]).argmax(dim=1)
            right += (y_hat == y[rows]).sum().item()
    return right / len(X)


def measure(model, X, y, rest=nn.Module, graph=False, leave=nn.Module.train, of=lambda hits: torch.cat(hits)):
    was, batches = model.training, zip(X.split(500), y.split(500), strict=True)
    for layer in model.modules():
        layer.training &= not isinstance(layer, rest)
    with torch.set_grad_enabled(graph):
        hits = [(model(rows).argmax(dim=1) == labels).float() for rows, labels in batches]
    leave(model, was)
    return of(hits).mean()


exercise(
    "10.3",
    lambda model, X, y: measure(model, X, y),
    cases=networks,
    run=watched,
    given=accuracy_of,
    hints=(
        _("Make a model with `nn.Dropout()`, and measure it twice on the same images: what should come?"),
        _("Note `model.training` before you call `model.eval()`; at the end hand it to `model.train(...)`."),
    ),
    correct=_("The number belongs to the model now, and measuring leaves no trace in it."),
    mistakes={
        _("Measure twice: it still gives two numbers. Which layers draw at random?"): accuracy_of,
        _("Batch norm still takes mean and variance from these images."): partial(measure, rest=nn.Dropout),
        _("Measure without a graph: nobody needs it, and it costs memory."): partial(measure, graph=True),
        _("It came in training mode, and leaves in evaluation mode."): partial(measure, leave=lambda *_: 0),
        _("It comes in evaluation mode, leaves in training."): partial(measure, leave=lambda m, _: m.train()),
        _("`.training =` misses layers."): partial(measure, leave=lambda m, t: setattr(m, "training", t)),
        _("A short batch weighs too much."): partial(measure, of=lambda h: sum(map(torch.mean, h)) / len(h)),
    },
)
