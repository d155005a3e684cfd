"""Judges for the exercises of lesson 11."""

import random

import torch
from torch.utils.data import DistributedSampler

from course_utils.exercises import NotYet, call, close, exercise, require


@exercise(
    "11.1",
    hints=(
        "A `float32` number takes 4 bytes. One turn of the ring moves one chunk of n.",
        "There are n - 1 turns that add, and n - 1 turns that pass the sums on.",
        "`2 * (n - 1)` chunks of `4 * num_parameters / n` bytes.",
    ),
    correct="With more workers this comes close to twice the gradient, and never gets above it.",
)
def bytes_sent(answer):
    for n in (5, 10, 2, 1):
        num_parameters = 100 * random.randint(10, 100)
        found = call(answer, num_parameters, n)
        require(isinstance(found, int | float), f"Return a number; {found!r} is none.")
        size = 4 * num_parameters
        if close(found, 2 * (n - 1) / n * size):
            continue
        case = f"For {num_parameters:,} parameters and n = {n}: "
        require(n > 1, f"{case}a worker that is alone sends nothing, and you say {found:,.0f}.")
        for other, message in (
            (2 * (n - 1) / n * num_parameters, "these are numbers, not bytes. How many bytes has a float32?"),
            ((n - 1) / n * size, "that is half of it. When all has been added up, the sums must travel on."),
            (2 * (n - 1) * size, "n times too much. One worker is asked for, and one turn moves one chunk."),
            ((n - 1) * size, "you send the whole gradient at each turn. It is one chunk of n."),
            (
                2 * size,
                "that is the limit for many workers. How many turns are there, and how large is a chunk?",
            ),
            (2 * (n - 1) / n * 2 * size, "a float32 has 4 bytes, not 8."),
        ):
            require(not close(found, other), case + message)
        raise NotYet(f"{case}{found:,.0f} is not right. Count the turns, and the bytes of one chunk.")


@exercise(
    "11.2",
    hints=(
        "Make the list of all rows first: `list(range(n))`. Is its length a multiple of `world_size`?",
        "If not, add rows from its beginning, until each rank can have as many as the others.",
        "Deal like cards: start at `rank`, then every `world_size`-th, as in `rows[rank::world_size]`.",
    ),
    correct="So no rank has to wait for another one's last batch.",
)
def my_rows(answer):
    for n, world_size in ((8, 2), (12, 3), (10, 4), (7, 2), (random.randint(30, 60), 7)):
        expected = [
            list(DistributedSampler(range(n), world_size, i, shuffle=False)) for i in range(world_size)
        ]
        found = []
        for rank in range(world_size):
            rows = call(answer, n, rank, world_size)
            rows = rows.tolist() if isinstance(rows, torch.Tensor) else rows
            require(isinstance(rows, list | tuple | range), f"Return a list of rows, not {rows!r}.")
            found.append(list(rows))
        if found == expected:
            continue
        case = f"n = {n}, world_size = {world_size}: "
        require(any(found), f"{case}no rank gets any row.")
        require(
            len(set(map(tuple, found))) > 1, f"{case}all ranks get the same rows. Where does `rank` come in?"
        )
        lengths = [len(rows) for rows in found]
        longer = f"{case}the ranks get {lengths} rows. All must get the same number, or one waits for ever."
        require(len(set(lengths)) == 1, longer)
        lost = sorted(set(range(n)) - set(sum(found, [])))
        require(not lost, f"{case}the rows {lost} are dealt to nobody. Repeat some rows, do not drop any.")
        outside = sorted(set(sum(found, [])) - set(range(n)))
        require(
            not outside,
            f"{case}there are no rows {outside}: the last one is {n - 1}. Begin again with row 0.",
        )
        share = lengths[0]
        blocks = found[0] == list(range(share))
        require(not blocks, f"{case}you cut the rows into blocks. Deal them in turn, one to each rank.")
        message = (
            f"{case}rank {world_size - 1} gets {found[-1]}, and DistributedSampler gives {expected[-1]}."
        )
        raise NotYet(message)


@exercise(
    "11.3",
    hints=(
        "A mean times its count is a sum: `count * gradient` is the gradient of the summed loss.",
        "Add these up over the workers. Of how many samples is this the sum?",
        "Divide by `sum(counts)`.",
    ),
    correct="With equal counts it is the plain average: that is what DDP computes.",
)
def combine(answer):
    for counts in ([4, 4], [1, 3], [2, 5, 3], [6, 1, 1, 4]):
        X, y = torch.randn(sum(counts), 3), torch.randn(sum(counts))
        w = torch.randn(3, requires_grad=True)

        def gradient(X, y, w=w):
            return torch.autograd.grad(((X @ w - y) ** 2).mean(), w)[0]

        parts = zip(X.split(counts), y.split(counts), strict=True)
        gradients = [gradient(*part) for part in parts]
        given = [g.clone() for g in gradients]
        found = call(answer, given, list(counts))
        require(isinstance(found, torch.Tensor), f"Return a tensor, not {type(found).__name__}.")
        require(all(map(torch.equal, given, gradients)), "Your code changed the gradients it was given.")
        require(
            found.shape == w.shape, f"Return a gradient of shape {tuple(w.shape)}, not {tuple(found.shape)}."
        )
        if close(found, gradient(X, y), atol=1e-4):
            continue
        stacked, weights = torch.stack(gradients), torch.tensor(counts).float().unsqueeze(1)
        for other, message in (
            (stacked.sum(dim=0), "You add the gradients. The loss is a mean, so divide by something."),
            (
                stacked.mean(dim=0),
                "The plain average is wrong for unequal counts: a worker with more samples weighs more.",
            ),
            (
                (stacked * weights).sum(dim=0),
                "That is the gradient of the summed loss. Divide by the number of samples.",
            ),
            (
                (stacked * weights).mean(dim=0),
                "You divide by the number of workers. Divide by the number of samples.",
            ),
            ((stacked / weights).sum(dim=0), "You divide each gradient by its count: it is a mean already."),
        ):
            require(not close(found, other, atol=1e-4), f"For counts = {counts}: {message}")
        raise NotYet(f"For counts = {counts} it is not the gradient of the mean loss of all samples.")
