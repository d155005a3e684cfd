"""The exercises of lesson 11."""

import torch
from torch import nn

from course_utils.exercises.frame import _, exercise, require

SHARES = (3, [4, 4]), ((2, 3), [1, 3]), ((3, 3), [2, 5, 3]), ((2, 1, 3, 3), [3, 1]), (4, [6, 1, 9]), (2, [5])


def batches():
    for n, k in (15, 3), (15, 1), (14, 4), (13, 6), (13, 13), (100, 8):  # 13 in sixths: five pieces
        model, X = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3)), torch.randn(n, 3)
        yield nn.Linear(3, 1), nn.MSELoss(), X, torch.randn(n, 1), k
        yield model, nn.CrossEntropyLoss(), X, torch.randint(3, (n,)), k


def with_little_memory(answer, model, loss_fn, X, y, num_pieces):
    sizes = [0]
    model.register_forward_pre_hook(lambda _, inputs: sizes.append(len(inputs[0])))
    for p in model.parameters():
        p.grad = torch.ones_like(p) if num_pieces > 1 else None  # old gradients, or none yet
    found = answer(model, loss_fn, X, y, num_pieces)
    require(max(sizes) <= -(-len(X) // num_pieces), _("Only a piece fits into the memory at once."))
    model.zero_grad()
    return found


SHARE = " * (len(y_piece) / len(y))"


@exercise(
    "11.1",
    _("Print the length (norm) of the gradient for 1, 2 and 4 pieces of the same batch."),
    _("Each piece adds the gradient of its own mean. How much should that count in the mean of all?"),
    cases=batches,
    run=with_little_memory,
    repair=True,
    correct=_("The batch counts as one, however it is cut, and the learning rate means what it says."),
    mistakes={
        _("Still too large: compare its norm for 1, 2 and 4 pieces."): (SHARE, ""),
        _("A short last piece must weigh less."): (SHARE, " / num_pieces"),
        _("That is the gradient of the summed loss."): (SHARE, " * len(y_piece)"),
        _("A loss is a mean: you divide too often."): (SHARE, " / len(y)"),
        _("Only the last piece is left."): (SHARE, "", "pieces:", "pieces:\n        model.zero_grad()"),
    },
)
def accumulated_gradient(model, loss_fn, X, y, num_pieces):
    model.zero_grad()
    pieces = zip(X.chunk(num_pieces), y.chunk(num_pieces), strict=True)
    for X_piece, y_piece in pieces:
        (loss_fn(model(X_piece), y_piece) * (len(y_piece) / len(y))).backward()
    return torch.cat([p.grad.flatten() for p in model.parameters()])


@exercise(
    "11.2",
    _("Make a list of all rows; if its length is no multiple of `world_size`, add rows from its start."),
    _("Then every `world_size`-th row is yours, beginning with number `rank`: a slice with a step."),
    cases=lambda: [
        (n, r, w) for n, w in ((8, 2), (10, 4), (7, 2), (9, 9), (5, 1), (61, 8)) for r in range(w)
    ],
    kind="whole",
    correct=_("So no rank has to wait for another one's last batch."),
    mistakes={
        _("For {input} a row is missing: the others wait for ever."): ("size * world_size", "n"),
        _("Some rows are left out. Repeat some."): ("size * world_size", "n - n % world_size"),
        _("For {input} you deal {found}: begin again with row 0."): ("i % n", "i"),
        _("You repeat the last row. Repeat the first ones."): ("i % n", "min(i, n - 1)"),
        _("You cut blocks. Deal in turn."): ("[rank::world_size]", "[rank * size :][:size]"),
        _("All ranks get the same rows. Where is `rank`?"): ("[rank:", "[:"),
    },
)
def my_rows(n, rank, world_size):
    size = -(-n // world_size)
    rows = [i % n for i in range(size * world_size)]
    return rows[rank::world_size]


@exercise(
    "11.3",
    _("`count * gradient` is the gradient of the sum of a worker's losses, and sums can be added."),
    _("Divide the total by `sum(counts)`: that is the mean over all samples."),
    cases=lambda: [([torch.randn(shape) for _ in counts], counts) for shape, counts in SHARES],
    correct=_("With equal counts it is the plain average: that is what DDP computes."),
    mistakes={
        _("The loss is a mean: divide the sum by something."): ("count *", "", " / sum(counts)", ""),
        _("A worker with more samples must weigh more."): ("count *", "", "sum(counts)", "len(counts)"),
        _("That is the gradient of the summed loss."): (" / sum(counts)", ""),
        _("Divide by the number of samples, not of workers."): ("sum(counts)", "len(counts)"),
    },
)
def combine(gradients, counts):
    total = sum(count * gradient for gradient, count in zip(gradients, counts, strict=True))
    return total / sum(counts)
