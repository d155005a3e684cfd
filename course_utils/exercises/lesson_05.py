"""The exercises of lesson 05."""

import torch

from course_utils.exercises.frame import _, exercise, require


def samples():
    for n, size, shape in [(84, 2, (2,)), (122, 3, (2,)), (40, 1, (1, 3, 3)), (30, 64, (2,)), (1, 1, (2,))]:
        X = torch.randn(n, *shape).sort(dim=0).values
        yield X, X.reshape(n, -1)[:, :1] * 3 + 1, size, torch.randint(10**9, ()).item()
    yield torch.arange(31.0), torch.randperm(31), 6, 0


def shuffled_apart(X, y, batch_size, generator):
    X_parts = X[torch.randperm(len(X), generator=generator)].split(batch_size)
    y_parts = y[torch.randperm(len(y), generator=generator)].split(batch_size)
    return list(zip(X_parts, y_parts, strict=True))


def some_epochs(answer, X, y, batch_size, seed):
    one, two = (torch.Generator().manual_seed(seed) for again in range(2))
    epochs = [answer(X.clone(), y.clone(), batch_size, one) for again in range(4)]
    epochs.append(answer(X, y, batch_size, two))
    pairs = isinstance(epochs[0], list | tuple) and len(epochs[0])
    require(pairs, _("Return a list of pairs (X_batch, y_batch)."))
    shapes = [[(*part.shape, part.dtype) for part in pair] for pair in epochs[0]]
    rows = [[torch.cat([p.reshape(len(p), -1) for p in pair], dim=1) for pair in pairs] for pairs in epochs]
    first, second, *_more, same = every = [torch.cat(batches).cpu() for batches in rows]
    order, *others = [epoch[:, 0].argsort() for epoch in every]  # X rises: this is where each sample came
    still = len(X) == len(order) > 80 and (torch.stack([order, *others]) == torch.arange(len(X))).all(0).any()
    return {
        "batches": shapes,
        "samples and labels, sorted": first[order],
        "an order from the generator": torch.equal(first, same),
        "another order in the next epoch": len(X) < 20 or not torch.equal(first, second),
        "neighbours apart": len(X) < 40 * batch_size or order.argsort().diff().abs().median() > batch_size,
        "a sample that never moves": bool(still),
    }


def problems():
    for n, bias, lr in [(8, 5.0, 0.0496), (20, 0.7, 0.0029077), (40, -3.0, 0.0029040), (9, 1.0, 1.5)]:
        X = torch.linalg.qr(torch.cat([torch.ones(n, 1), torch.randn(n, 2)], dim=1)).Q[:, 1:] * n**0.5
        yield X, X @ torch.tensor([[2.0], [-3.4]]) + bias, lr  # after 60, 1,000, 1,001 steps, and never
    torch.manual_seed(0)  # the data of section 1, for the default of lr
    yield (X := torch.randn(1000, 2)), X @ torch.tensor([[2.0], [-3.4]]) + 4.2 + 0.01 * torch.randn(1000, 1)


@exercise(
    "05.1",
    _("`n // batch_size` batches are full. How many samples are left over?"),
    _("What is left over makes one more batch, if it is not zero and not dropped."),
    cases=lambda: [(n, s, d) for n in (10, 13, 11, 12, 3, 1, 0) for s in (4, 1, 9) for d in (False, True)],
    kind="whole",
    without={_("Count without a DataLoader: it is the judge here."): {"DataLoader"}},
    correct=_("This is what len(train_loader) says, and so the number of steps in an epoch."),
    mistakes={
        _("Without drop_last, the samples left over make one more batch."): lambda n, b, drop: n // b,
        _("With drop_last, the samples left over make no batch."): lambda n, b, drop: -(-n // b),
        _("If nothing is left over, there is no further batch."): lambda n, b, drop: n // b + (not drop),
        _("A batch is full or short, but never a fraction: use `//`."): lambda n, b, drop: n / b,
    },
)
def count_batches(n, batch_size, drop_last):
    return n // batch_size + (n % batch_size > 0 and not drop_last)


@exercise(
    "05.2",
    _("Let y be X times 100, and look at a batch: does each sample still have its own label?"),
    _("Draw one order, and index both X and y with it."),
    cases=samples,
    run=some_epochs,
    repair=True,
    correct=_("Shuffled together, each sample keeps its label. No error would have told you."),
    mistakes={
        _("A sample still has another's label. Try it on samples that you can recognise."): shuffled_apart,
        _("They come in their old order. Shuffle them."): ("order.split", "order.sort().values.split"),
        _("The order must come from `generator`."): (", generator=generator", ""),
        _("Do not seed the generator."): ("=generator", "=generator.manual_seed(0)"),
        _("The short batch counts too."): ("(batch_size)]", "(batch_size) if len(rows) == batch_size]"),
        _("Keep the shapes: only the first dimension gets smaller."): ("y[rows]", "y[rows].squeeze()"),
    },
)
def shuffled_batches(X, y, batch_size, generator):
    order = torch.randperm(len(X), generator=generator)
    return [(X[rows], y[rows]) for rows in order.split(batch_size)]


@exercise(
    "05.3",
    _("For the closed form put a column of ones beside X, and use torch.linalg.lstsq."),
    _("On the data of section 1 a step leaves about 1 - 2 * lr of the distance. When is that small?"),
    cases=problems,
    run=lambda answer, X, y, *lr: answer(X, y, *lr) if lr else {"fewer than ten": (answer(X, y) or 10) < 10},
    kind="whole",
    correct=_("With all samples there is no noise, and a large learning rate gets there at once."),
    mistakes={
        _("One too few: after the first step the count is 1."): ("1, 1001", "1000"),
        _("One too many: the step that arrives is the last."): ("1, 1001", "2, 1002"),
        _("You stop when the weights have arrived. The bias must, too."): (" - exact)", " - exact)[:2]"),
        _("Your steps are too short by half: a square has a 2 in its gradient."): ("lr * 2", "lr"),
        _("Your steps are n times too long: take the mean, and no sum."): (" / len(X)", ""),
        _("After 1,000 steps it was not there yet: return None."): ("1001", "5001"),
        _("Fewer steps are enough. Are the gradients fresh? Has the closed form a bias?"): ("1001", "1"),
        _("Now your default of lr: fewer than ten steps on the data of section 1."): ("lr=0.5", "lr=0.01"),
    },
)
def steps_needed(X, y, lr=0.5):
    A = torch.cat([X, torch.ones(len(X), 1)], dim=1)
    exact, theta = torch.linalg.lstsq(A, y).solution, torch.zeros(3, 1)
    for step in range(1, 1001):
        theta = theta - lr * 2 * A.T @ (A @ theta - y) / len(X)
        if ((theta - exact).abs() < 0.01).all():
            return step
