"""The exercises of lesson 11."""

import random

import torch
from torch import nn
from torch.utils.data import DistributedSampler

from course_utils.exercises.compare import _, require
from course_utils.exercises.frame import exercise

WHOLE = _("The whole batch goes through the model at once. Only a piece fits into the memory.")


def batches():
    for n, num_pieces in (15, 3), (15, 1), (14, 4), (13, 6), (13, 13), (100, 8):  # 13 in sixths: five pieces
        if n % 2:
            yield nn.Linear(3, 1), nn.MSELoss(), torch.randn(n, 3), torch.randn(n, 1), num_pieces
        else:
            model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 3))
            yield model, nn.CrossEntropyLoss(), torch.randn(n, 2), torch.randint(3, (n,)), num_pieces


def with_little_memory(answer, model, loss_fn, X, y, num_pieces):
    """Let an answer work with a model that has old gradients, or none yet."""
    sizes = []
    model.register_forward_pre_hook(lambda _, inputs: sizes.append(len(inputs[0])))
    for p in model.parameters():
        p.grad = torch.ones_like(p) if num_pieces > 1 else None
    found = answer(model, loss_fn, X, y, num_pieces)
    require(max(sizes, default=0) <= -(-len(X) // num_pieces), WHOLE)
    model.zero_grad()
    return found


def accumulated_gradient(model, loss_fn, X, y, num_pieces):
    model.zero_grad()
    pieces = zip(X.chunk(num_pieces), y.chunk(num_pieces), strict=True)
    for X_piece, y_piece in pieces:
        loss_fn(model(X_piece), y_piece).backward()
    return torch.cat([p.grad.flatten() for p in model.parameters()])


def accumulate(weight=lambda size, n, pieces: size / n, old=0, last=False, k=0):
    """Make an accumulated_gradient: what does a piece of this size weigh, of n samples in so many pieces?"""

    def accumulated_gradient(model, loss_fn, X, y, num_pieces):
        pieces, total = X.chunk(k or num_pieces), old
        for X_piece, y_piece in zip(pieces, y.chunk(k or num_pieces), strict=True):
            loss = loss_fn(model(X_piece), y_piece) * weight(len(y_piece), len(y), len(pieces))
            gradients = torch.autograd.grad(loss, list(model.parameters()))
            total = torch.cat([g.flatten() for g in gradients]) + (0 if last else total)
        return total

    return accumulated_gradient


exercise(
    "11.1",
    accumulate(),
    cases=batches,
    run=with_little_memory,
    given=accumulated_gradient,
    hints=(
        _("Compare its norm with that of the whole batch's gradient, for 1, 2 and 4 equal pieces."),
        _("Each backward() adds the gradient of a mean. What is the sum of 4 equal means?"),
        _("A piece weighs as much as its share of the samples: `len(y_piece) / len(y)`, times its loss."),
    ),
    correct=_("The batch counts as one, however it is cut, and the learning rate means what it says."),
    mistakes={
        _("Still too large: compare its norm for 1, 2 and 4 pieces."): accumulated_gradient,
        _("A short last piece must weigh less than the others."): accumulate(
            lambda size, n, pieces: 1 / pieces
        ),
        _("That is the gradient of the summed loss."): accumulate(lambda size, n, pieces: size),
        _("Each loss is a mean already: you divide too often."): accumulate(lambda size, n, pieces: 1 / n),
        _("You multiply where you should divide."): accumulate(lambda size, n, pieces: pieces),
        _("The old gradients are in it too: backward() adds."): accumulate(old=1),
        _("Only the last piece is left: empty the gradients once."): accumulate(lambda *sizes: 1, last=True),
        WHOLE: accumulate(k=1),
    },
)


def hands():
    for n, world_size in (8, 2), (10, 4), (7, 2), (9, 9), (5, 1), (random.randint(5, 8) * 7 + 3, 7):
        yield from ((n, rank, world_size) for rank in range(world_size))


def dealt(rows=lambda n, short: [*range(n), *range(short)], hand=lambda rows, rank, size: rows[rank::size]):
    """Make a my_rows: which rows are dealt out, and who gets what of them?"""
    return lambda n, rank, world_size: hand(rows(n, -n % world_size), rank, world_size)


exercise(
    "11.2",
    lambda n, rank, world_size: list(DistributedSampler(range(n), world_size, rank, shuffle=False)),
    cases=hands,
    kind="whole",
    hints=(
        _("Make the list of all rows first: `list(range(n))`. Is its length a multiple of `world_size`?"),
        _("If not, add rows from its beginning, until each rank can have as many as the others."),
        _("Deal like cards: start at `rank`, then every `world_size`-th, as in `rows[rank::world_size]`."),
    ),
    correct=_("So no rank has to wait for another one's last batch."),
    mistakes={
        _("For {input} a row is missing: the others wait for ever."): dealt(lambda n, short: [*range(n)]),
        _("For {input} you deal {found}: begin again with row 0."): dealt(lambda n, s: [*range(n + s)]),
        _("You repeat the last row. Repeat the first ones."): dealt(lambda n, s: [*range(n)] + [n - 1] * s),
        _("You repeat row 0 only. Go on with row 1."): dealt(lambda n, s: [*range(n)] + [0] * s),
        _("You repeat the last rows, not the first."): dealt(lambda n, s: [*range(n), *range(n - s, n)]),
        _("Some rows are left out. Repeat some, do not drop any."): dealt(
            lambda n, s: [*range(n)], lambda rows, rank, size: rows[: len(rows) // size * size][rank::size]
        ),
        _("You cut the rows into blocks. Deal them in turn, one to each rank."): dealt(
            hand=lambda rows, rank, size: rows[len(rows) // size * rank : len(rows) // size * (rank + 1)]
        ),
        _("All ranks get the same rows. Where is `rank`?"): dealt(hand=lambda rows, rank, size: rows[::size]),
        _("Ranks are counted from 0."): dealt(hand=lambda rows, rank, size: rows[rank - 1 :: size]),
        _("Return one rank's rows, not those of all."): dealt(
            hand=lambda rows, rank, size: [rows[other::size] for other in range(size)]
        ),
    },
)


def shares():
    for shape, counts in ((3,), [4, 4]), ((2, 3), [1, 3]), ((3, 3), [2, 5, 3]), ((2, 1, 3, 3), [30, 10]):
        yield [torch.randn(shape) for _ in counts], counts
    yield [torch.randn(4) for _ in range(5)], [6, 1, 1, 4, 9]
    yield [torch.randn(2)], [5]


def weighted(weight):
    """Make a combine: what does a worker's gradient weigh?"""
    return lambda gradients, counts: sum(
        weight(c, counts) * g for g, c in zip(gradients, counts, strict=True)
    )


exercise(
    "11.3",
    weighted(lambda c, counts: c / sum(counts)),
    cases=shares,
    hints=(
        _("A mean times its count is a sum: `count * gradient` is the gradient of the summed loss."),
        _("Add these up over the workers. Of how many samples is this the sum?"),
        _("Divide by `sum(counts)`."),
    ),
    correct=_("With equal counts it is the plain average: that is what DDP computes."),
    mistakes={
        _("The loss is a mean: divide the sum by something."): weighted(lambda c, counts: 1),
        _("A worker with more samples must weigh more."): weighted(lambda c, counts: 1 / len(counts)),
        _("That is the gradient of the summed loss."): weighted(lambda c, counts: c),
        _("Divide by the number of samples, not of workers."): weighted(lambda c, counts: c / len(counts)),
        _("Each gradient is of a mean already. Make it that of a sum."): weighted(lambda c, counts: 1 / c),
        _("Before you divide by all samples, multiply."): weighted(lambda c, counts: 1 / sum(counts)),
        _("You divide too often."): weighted(lambda c, counts: c / sum(counts) / len(counts)),
        _("That is the first worker's gradient."): lambda gradients, counts: gradients[0].clone(),
    },
)
