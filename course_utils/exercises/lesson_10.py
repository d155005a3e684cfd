"""The exercises of lesson 10."""

import torch
from torch import nn

from course_utils.exercises.frame import _, exercise, require

weights = torch.eye(9).reshape(9, 3, 3)  # the kernels with a single 1
KERNELS = (3, 1, 0), (5, 1, 2), (2, 3, 0), (4, 2, 1), (3, 4, 1), (1, 5, 0), (5, 3, 1)  # size, stride, padding


def convolved(kernel, picture):
    right = torch.is_tensor(kernel) and kernel.shape == (3, 3) and kernel.dtype == torch.float32
    require(right, _("kernel must be a float32 tensor of shape (3, 3)."))
    kernel = kernel.detach().cpu()
    require((kernel.abs() < 1e-6).sum() > 7, _("You mix several pixels. Show a single one."))
    return nn.functional.conv2d(picture[None, None], kernel[None, None], padding=1)[0, 0]


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


FORGET = "model.train(", "#", "model.eval", "#", "training =", "#"

exercise(
    "10.1",
    _("conv2d multiplies the nine pixels around a place by the nine weights, and adds. One weight is 1."),
    _("After a move to the right each place shows what was at its left neighbour."),
    cases=lambda: [(torch.randn(6, 8),), (torch.randn(3, 3),), (torch.randint(256, (5, 2)).float(),)],
    run=convolved,
    atol=1e-3,
    correct=_("One weight off the centre moves the whole picture."),
    mistakes={
        _("It stays where it is."): weights[4],
        _("It moves left: `conv2d` does not turn the kernel over. Which neighbour do you show?"): weights[5],
        _("It moves down. The kernel's middle row lies on the pixel's own row."): weights[1],
        _("It moves to the right, but its brightness changes."): weights[3] / 2,
    },
)(weights[3])


@exercise(
    "10.2",
    _("Draw a row of 7 cells and a kernel that covers 3: in how many places can it lie?"),
    _("Its first cell can move by size + 2 * padding - kernel_size, in steps of `stride`."),
    cases=lambda: [(n - 2 * p, k, st, p) for n in (*range(5, 12), 224) for k, st, p in KERNELS],
    kind="whole",
    without={_("No layers."): {"nn", "functional", "Conv1d", "conv1d", "Conv2d", "conv2d", "MaxPool2d"}},
    correct=_("You can follow a picture through any network now, layer by layer."),
    mistakes={
        _("The place where the kernel starts counts too."): (" + 1", ""),
        _("The padding adds rows above and below."): ("2 * ", ""),
        _("The kernel moves by `stride` rows at a time."): (" // stride", ""),
        _("Add the first place after `//`, not before."): ("size) // stride + 1", "size + 1) // stride"),
        _("A last step that sticks out does not count."): lambda s, k, st, p: -((k - s - 2 * p) // st) + 1,
    },
)
def output_size(size, kernel_size, stride, padding):
    return (size + 2 * padding - kernel_size) // stride + 1


@exercise(
    "10.3",
    _("Make a model with `nn.Dropout()`, and measure it twice on the same images: what should come?"),
    _("Note `model.training` before you call `model.eval()`; at the end hand it to `model.train(...)`."),
    cases=networks,
    run=watched,
    repair=True,
    correct=_("The number belongs to the model now, and measuring leaves no trace in it."),
    mistakes={
        _("Measure twice: it still gives two numbers. Which layers draw at random?"): FORGET,
        _("Batch norm still takes mean and variance from these images."): ("model.eval()", "model[1].eval()"),
        _("Measure without a graph: it costs memory, for nothing."): ("inference_mode", "enable_grad"),
        _("It came in training mode, and leaves in evaluation mode."): FORGET[:2],
        _("It comes in evaluation mode, leaves in training."): ("train(training)", "train()"),
        _("`.training =` misses layers."): ("model.train(training)", "model.training = training"),
        _("A short batch weighs too much."): (".sum()", ".float().mean()", "len(X)\n", "-(-len(X) // 500)\n"),
    },
)
def accuracy_of(model, X, y):
    right = 0
    training = model.training
    model.eval()
    with torch.inference_mode():
        for rows in torch.arange(len(X)).split(500):
            y_hat = model(X[rows]).argmax(dim=1)
            right += (y_hat == y[rows]).sum().item()
    model.train(training)
    return right / len(X)
