"""The exercises of lesson 10."""

import random

import torch
from torch import nn
from torch.nn import functional as F

from course_utils.exercises.compare import _, close, require
from course_utils.exercises.frame import exercise

weights = torch.eye(9).reshape(9, 3, 3)  # the kernels with a single 1


SEVERAL = _("You mix several pixels. Show a single one.")
UPRIGHT = _("It moves up or down: which row of the kernel lies on the pixel's own row?")
BRIGHTNESS = _("It moves to the right, but its brightness changes.")


def convolved(kernel, picture):
    require(torch.is_tensor(kernel) and kernel.shape == (3, 3), _("kernel must be a tensor of shape (3, 3)."))
    require(kernel.dtype == torch.float32, _("kernel must be float32, as the picture is."))
    kernel = kernel.detach().cpu()
    require((kernel.abs() < 1e-6).sum() > 7, SEVERAL)
    require((kernel[::2].abs() < 1e-6).all(), UPRIGHT)
    require(any(close(kernel[1, 0], number) for number in (0.0, 1.0)), BRIGHTNESS)
    return F.conv2d(picture[None, None], kernel[None, None], padding=1)[0, 0]


exercise(
    "10.1",
    weights[3],
    cases=lambda: [(torch.randn(6, 8),), (torch.randn(3, 3),), (torch.randint(256, (5, 2)).float(),)],
    run=convolved,
    atol=1e-3,
    hints=(
        _("Each pixel of the result must be a pixel of the picture: one weight is 1, the others are 0."),
        _("After a move to the right, a pixel shows what was its LEFT neighbour."),
        _("The centre of the kernel lies on the pixel itself: the 1 stands beside the centre."),
    ),
    correct=_("One weight off the centre moves the whole picture."),
    mistakes={
        _("It stays where it is."): weights[4],
        _("It moves left: `conv2d` does not turn the kernel over. Which neighbour do you show?"): weights[5],
        _("Nothing is left of the picture."): 0 * weights[3],
        SEVERAL: weights[3] + weights[4],
        UPRIGHT: weights[0],
        BRIGHTNESS: weights[3] / 2,
    },
)


def sizes():
    for case in ["3100", "5120", "2302", "4211", "3410", "1503", "5311"]:
        kernel_size, stride, padding, rest = map(int, case)  # the last step leaves a rest over
        yield random.randint(3, 9) * stride + kernel_size - 2 * padding + rest, kernel_size, stride, padding
    yield 2, 4, 3, 1  # one place only


exercise(
    "10.2",
    lambda size, kernel_size, stride, padding: (size + 2 * padding - kernel_size) // stride + 1,
    cases=sizes,
    kind="whole",
    without={
        _("Count without a layer."): {"Conv1d", "conv1d", "Conv2d", "conv2d", "MaxPool2d", "max_pool2d"}
    },
    hints=(
        _("Draw a side of 7 cells and a kernel of 3. How many places are there? And with one cell padded?"),
        _("The padding adds rows on both sides. The kernel can move by `size + 2 * padding - kernel_size`."),
        _("Of these rows only each `stride`-th is a place, rounded down; and the place at the start counts."),
    ),
    correct=_("You can follow a picture through any network now, layer by layer."),
    mistakes={
        _("The place where the kernel starts counts too."): lambda s, k, st, p: (s + 2 * p - k) // st,
        _("The padding adds rows above and below."): lambda s, k, st, p: (s + p - k) // st + 1,
        _("Where is the padding?"): lambda s, k, st, p: (s - k) // st + 1,
        _("The kernel sticks out: subtract `kernel_size`."): lambda s, k, st, p: (s + 2 * p) // st + 1,
        _("The kernel moves by `stride` rows at a time."): lambda s, k, st, p: s + 2 * p - k + 1,
        _("Add the first place after `//`, not before."): lambda s, k, st, p: (s + 2 * p - k + 1) // st,
        _("A last step that sticks out does not count."): lambda s, k, st, p: -((k - s - 2 * p) // st) + 1,
        _("Round down, not to the nearest."): lambda s, k, st, p: round((s + 2 * p - k) / st) + 1,
        _("Add the padding before `//`, not after."): lambda s, k, st, p: (s - k) // st + 1 + 2 * p,
    },
)


def networks():
    for n, training in (40, True), (40, False), (603, True), (1, True), (1, False):
        block = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
        model = nn.Sequential(block, nn.Flatten(), nn.Dropout(1.0), nn.Linear(4 * 4 * 4, 10)).eval()
        block[1].running_mean = 3 * torch.randn(4)
        X = 3 * torch.randn(n, 1, 6, 6)
        y = (model(X).argmax(dim=1) + (torch.arange(n) >= n - n // 3)) % 10  # the last third is wrong
        yield model.train(training), X, y


def watched(answer, model, X, y):
    graph = []
    model.register_forward_hook(lambda *_: graph.append(torch.is_grad_enabled()))
    return {
        _("accuracy"): answer(model, X, y),
        _("a graph is recorded"): any(graph),
        _("batch norm's running mean afterwards"): model[0][1].running_mean,
        _("training mode afterwards, layer by layer"): [layer.training for layer in model.modules()],
    }


def accuracy_of(model, X, y):
    right = 0
    with torch.inference_mode():
        for rows in torch.arange(len(X)).split(500):
            y_hat = model(X[rows]).argmax(dim=1)
            right += (y_hat == y[rows]).sum().item()
    return right / len(X)


def measure(rest=nn.Module, graph=False, leave=nn.Module.train, of=lambda hits: torch.cat(hits).mean()):
    """Make an accuracy_of: which layers rest, in what mode is the model left, what becomes of the hits?"""

    def accuracy_of(model, X, y):
        was, batches = model.training, zip(X.split(500), y.split(500), strict=True)
        for layer in model.modules():
            layer.training &= not isinstance(layer, rest)
        with torch.set_grad_enabled(graph):
            hits = [(model(rows).argmax(dim=1) == labels).float() for rows, labels in batches]
        leave(model, was)
        return of(hits)

    return accuracy_of


exercise(
    "10.3",
    measure(),
    cases=networks,
    run=watched,
    given=accuracy_of,
    hints=(
        _("Make a model with `nn.Dropout()`, and measure it twice on the same images: what should come?"),
        _("While you measure, no layer may behave as in training. Which call says so to a model?"),
        _("Note `model.training` before you call `model.eval()`; at the end hand it to `model.train(...)`."),
    ),
    correct=_("The number belongs to the model now, and measuring leaves no trace in it."),
    mistakes={
        _("Measure twice: it still gives two numbers. Which layers draw at random?"): accuracy_of,
        _("Batch norm still takes mean and variance from these images."): measure(nn.Dropout),
        _("Dropout still drops numbers at random."): measure(nn.BatchNorm2d),
        _("Measure without a graph: nobody needs it, and it costs memory."): measure(graph=True),
        _("It came in training mode, and leaves in evaluation mode."): measure(leave=lambda m, _: None),
        _("It came in evaluation mode, and leaves in training mode."): measure(leave=lambda m, _: m.train()),
        _("`model.training = ...` forgets the layers inside: model.train(...) does not."): measure(
            leave=lambda m, was: setattr(m, "training", was)
        ),
        _("A short last batch weighs too much."): measure(of=lambda h: sum(map(torch.mean, h)) / len(h)),
        _("Not each batch has 500 images."): measure(of=lambda h: torch.cat(h).sum() / 500 / len(h)),
        _("That is how many are right. What share is that?"): measure(of=lambda hits: torch.cat(hits).sum()),
        _("Return a share from 0 to 1, not per cent."): measure(of=lambda hits: 100 * torch.cat(hits).mean()),
    },
)
