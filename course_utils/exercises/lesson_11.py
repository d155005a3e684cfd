"""The exercises of lesson 11."""

from functools import partial

import torch
from torch import nn
from torch.utils.data import DistributedSampler

from course_utils.exercises.compare import _, require
from course_utils.exercises.frame import exercise


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


def accumulated_gradient(model, loss_fn, X, y, num_pieces):
    model.zero_grad()
    pieces = zip(X.chunk(num_pieces), y.chunk(num_pieces), strict=True)
    for X_piece, y_piece in pieces:
        loss_fn(model(X_piece), y_piece).backward()
    return torch.cat([p.grad.flatten() for p in model.parameters()])


def accumulate(model, loss_fn, X, y, k, weight=lambda size, n, k: size / n, old=0, keep=1):
    pieces, total = [*zip(X.chunk(k), y.chunk(k), strict=True)], old
    for X_piece, y_piece in pieces:
        loss = loss_fn(model(X_piece), y_piece) * weight(len(y_piece), len(y), len(pieces))
        total = keep * total + nn.utils.parameters_to_vector(torch.autograd.grad(loss, [*model.parameters()]))
    return total


exercise(
    "11.1",
    lambda model, loss_fn, X, y, num_pieces: accumulate(model, loss_fn, X, y, num_pieces),
    cases=batches,
    run=with_little_memory,
    given=accumulated_gradient,
    hints=(
        _("Compare its norm with that of the whole batch's gradient, for 1, 2 and 4 equal pieces."),
        _("Each backward() adds a mean's gradient, which must weigh its share: `len(y_piece) / len(y)`."),
    ),
    correct=_("The batch counts as one, however it is cut, and the learning rate means what it says."),
    mistakes={
        _("Still too large: compare its norm for 1, 2 and 4 pieces."): accumulated_gradient,
        _("A short last piece must weigh less."): partial(accumulate, weight=lambda size, n, k: 1 / k),
        _("That is the gradient of the summed loss."): partial(accumulate, weight=lambda size, n, k: size),
        _("A loss is a mean: you divide too often."): partial(accumulate, weight=lambda size, n, k: 1 / n),
        _("The old gradients are in it too: backward() adds."): partial(accumulate, old=1),
        _("Only the last piece is left."): partial(accumulate, weight=lambda *sizes: 1, keep=0),
    },
)


def dealt(row=lambda i, n, short: i % n, pick=lambda rows, rank, size: rows[rank::size]):
    return lambda n, rank, size: pick([row(i, n, -n % size) for i in range(n + -n % size)], rank, size)


exercise(
    "11.2",
    lambda n, rank, world_size: list(DistributedSampler(range(n), world_size, rank, shuffle=False)),
    cases=lambda: [
        (n, r, w) for n, w in ((8, 2), (10, 4), (7, 2), (9, 9), (5, 1), (61, 8)) for r in range(w)
    ],
    kind="whole",
    hints=(
        _("Make the list of all rows first: `list(range(n))`. Is its length a multiple of `world_size`?"),
        _("If not, add rows from its beginning. Then deal like cards: `rows[rank::world_size]`."),
    ),
    correct=_("So no rank has to wait for another one's last batch."),
    mistakes={
        _("For {input} a row is missing: the others wait for ever."): lambda n, r, size: [*range(r, n, size)],
        _("Some rows are left out. Repeat some."): lambda n, r, size: [*range(r, n - n % size, size)],
        _("For {input} you deal {found}: begin again with row 0."): dealt(lambda i, n, short: i),
        _("You repeat the last row. Repeat the first ones."): dealt(lambda i, n, short: min(i, n - 1)),
        _("You cut blocks. Deal in turn."): dealt(pick=lambda x, r, size: [*torch.tensor(x).chunk(size)[r]]),
        _("All ranks get the same rows. Where is `rank`?"): dealt(pick=lambda x, r, size: x[::size]),
    },
)

SHARES = (3, [4, 4]), ((2, 3), [1, 3]), ((3, 3), [2, 5, 3]), ((2, 1, 3, 3), [3, 1]), (4, [6, 1, 9]), (2, [5])


def weighted(weight):  # make a combine: what does a worker's gradient weigh?
    return lambda gradients, counts: sum(map(lambda g, c: weight(c, counts) * g, gradients, counts))


exercise(
    "11.3",
    weighted(lambda c, counts: c / sum(counts)),
    cases=lambda: [([torch.randn(shape) for _ in counts], counts) for shape, counts in SHARES],
    hints=(
        _("A mean times its count is a sum: `count * gradient` is the gradient of the summed loss."),
        _("Add these up over the workers, and divide by the number of all samples, `sum(counts)`."),
    ),
    correct=_("With equal counts it is the plain average: that is what DDP computes."),
    mistakes={
        _("The loss is a mean: divide the sum by something."): weighted(lambda c, counts: 1),
        _("A worker with more samples must weigh more."): weighted(lambda c, counts: 1 / len(counts)),
        _("That is the gradient of the summed loss."): weighted(lambda c, counts: c),
        _("Divide by the number of samples, not of workers."): weighted(lambda c, counts: c / len(counts)),
        _("Each gradient is of a mean already. Make it that of a sum."): weighted(lambda c, counts: 1 / c),
    },
)
