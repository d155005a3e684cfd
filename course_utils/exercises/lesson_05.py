"""The exercises of lesson 05."""

import torch

from course_utils.exercises.compare import _, require
from course_utils.exercises.frame import exercise


def sizes():
    for n, size in [(10, 4), (13, 4), (11, 4), (12, 4), (3, 4), (4, 4), (1, 9), (5, 1), (0, 3), (300, 32)]:
        yield from [(n, size, False), (n, size, True)]


exercise(
    "05.1",
    lambda n, batch_size, drop_last: n // batch_size + (n % batch_size > 0 and not drop_last),
    cases=sizes,
    kind="whole",
    without={_("Count without a DataLoader: it is the judge here."): {"DataLoader"}},
    hints=(
        _("`n // batch_size` batches are full, and `n % batch_size` samples are left."),
        _("What is left makes one more batch, unless nothing is left or `drop_last` is true."),
    ),
    correct=_("This is what len(train_loader) says, and so the number of steps in an epoch."),
    mistakes={
        _("Without drop_last, the samples left over make one more batch."): lambda n, b, drop: n // b,
        _("With drop_last, the samples left over make no batch."): lambda n, b, drop: -(-n // b),
        _("If nothing is left over, there is no further batch."): lambda n, b, drop: n // b + (not drop),
        _("Turn it round: drop_last leaves a batch out."): lambda n, b, drop: n // b + (n % b > 0 and drop),
        _("A batch is full or short, but never a fraction: use `//`."): lambda n, b, drop: n / b,
        _("A short batch counts as one: no rounding."): lambda n, b, drop: n // b if drop else round(n / b),
    },
)


def samples():
    for n, size, shape in [(84, 2, (2,)), (122, 3, (2,)), (40, 1, (1, 3, 3)), (30, 64, (2,)), (1, 1, (2,))]:
        X = torch.randn(n, *shape)
        yield X, X.reshape(n, -1)[:, :1] * 3 + 1, size, torch.randint(10**9, ()).item()
    yield torch.randn(31), torch.randperm(31), 6, 0  # a last batch of one, and whole numbers as labels


def shuffled_apart(X, y, batch_size, generator):
    X_parts = X[torch.randperm(len(X), generator=generator)].split(batch_size)
    y_parts = y[torch.randperm(len(y), generator=generator)].split(batch_size)
    return list(zip(X_parts, y_parts, strict=True))


def shuffled(order=lambda n, g: torch.randperm(n, generator=g), cut=torch.split, then=lambda batch: batch):
    return lambda X, y, size, g: [(X[rows], then(y[rows])) for rows in cut(order(len(X), g), size)]


def three_epochs(answer, X, y, batch_size, seed):
    n, orders, generator = len(X), [], torch.Generator().manual_seed(seed)
    before = X.clone(), y.clone()
    wanted = [[(len(k), *t.shape[1:], t.dtype) for t in (X, y)] for k in torch.arange(n).split(batch_size)]
    for drawing in (generator, generator, torch.Generator().manual_seed(seed)):
        batches = answer(X, y, batch_size, drawing)
        unchanged = all(map(torch.equal, (X, y), before))
        require(unchanged, _("Your code changes X or y itself. Index them: that makes new tensors."))
        pairs = isinstance(batches, list | tuple) and all(isinstance(p, list | tuple) for p in batches)
        tensors = pairs and all(isinstance(part, torch.Tensor) for pair in batches for part in pair)
        require(tensors, _("Return a list of pairs (X_batch, y_batch), two tensors each."))
        shapes = [[(*part.shape, part.dtype) for part in pair] for pair in batches]
        seen = {"number of batches": len(shapes), "shapes": shapes[:1] + shapes[-1:]}
        if shapes != wanted:
            return seen
        X_seen, y_seen = map(torch.cat, zip(*batches, strict=True))
        same = (X_seen.reshape(n, 1, -1) == X.reshape(1, n, -1)).all(dim=2)
        seen["each sample once"] = same.sum(dim=0).eq(1).all().item()
        orders.append(same.int().argmax(dim=1))
        if not torch.equal(y_seen, y[orders[-1]]):
            return {**seen, "its own label": False}
    return {
        **seen,
        "its own label": True,
        "an order from the generator": torch.equal(orders[0], orders[2]),
        "another order in the next epoch": n < 20 or not torch.equal(orders[0], orders[1]),
        "no neighbours left together": n < 40 * batch_size
        or orders[0].diff().abs().median().item() > batch_size,
    }


exercise(
    "05.2",
    shuffled(),
    cases=samples,
    run=three_epochs,
    given=shuffled_apart,
    hints=(
        _("Try it on `X_six` and `y_six` of section 2, two a batch. Does sample 3 still have the label 300?"),
        _("An order is drawn twice here. Print both. What must be true of the second one?"),
        _("Draw once, `order = torch.randperm(...)`; then index X with it, and y with the same."),
    ),
    correct=_("Shuffled together, each sample keeps its label. No error would have told you."),
    mistakes={
        _("A sample still has another's label. Try it on samples that you can recognise."): shuffled_apart,
        _("They come in their old order. Shuffle them."): shuffled(lambda n, g: torch.arange(n)),
        _("The order must come from `generator`."): shuffled(lambda n, g: torch.randperm(n)),
        _("Do not seed the generator."): shuffled(lambda n, g: torch.randperm(n, generator=g.manual_seed(0))),
        _("Some come twice."): shuffled(lambda n, g: torch.randint(n, (n,), generator=g)),
        _("The short batch counts too."): shuffled(cut=lambda rows, n: rows[: len(rows) // n * n].split(n)),
        _("Keep the shapes: only the first dimension gets smaller."): shuffled(then=torch.squeeze),
        _("batch_size is the size of a batch, and not their number."): shuffled(cut=torch.chunk),
    },
)


def problems():
    for n, bias, steps in [(8, 5.0, 60), (20, 0.7, 80), (40, -3.0, 25), (8, 4.0, 1000), (8, 4.0, 1001)]:
        A = torch.linalg.qr(torch.cat([torch.ones(n, 1), torch.randn(n, 2)], dim=1)).Q * n**0.5
        y = A @ torch.tensor([[bias], [1.5], [-2.0]]) + 0.1 * torch.randn(n, 1)  # A.T @ A / n is 1
        share = 0.01 / (A.T @ y / n).abs().max().item()  # of the largest error, that may be left
        X = A[:, 1:] * (1.2 if abs(bias) > 1 else 1)
        yield X, y, (1 - share ** (1 / (steps - 0.5))) / 2  # reached halfway between two steps
    yield X, y, 1.5
    torch.manual_seed(0)  # the data of section 1, for the default of lr
    yield (X := torch.randn(1000, 2)), X @ torch.tensor([[2.0], [-3.4]]) + 4.2 + 0.01 * torch.randn(1000, 1)


def steps_of(answer, X, y, *lr):
    found = answer(X, y, *lr)
    if not lr:
        return {"fewer than ten": found is not None and bool(found < 10)}
    return found if lr[0] < 1 else {"None": found is None}


def counting(of=lambda e: e, rate=lambda n: 2, limit=1000, more=0, late=None, default=0.5):
    def steps_needed(X, y, lr=default):
        A = torch.cat([X, torch.ones(len(X), 1)], dim=1).double()
        values, vectors = torch.linalg.eigh(A.T @ A / len(A))  # along each vector, a fixed share is left
        shares = (1 - rate(len(A)) * lr * values) ** torch.arange(1, limit + 1).unsqueeze(1)
        errors = shares * (vectors.T @ torch.linalg.lstsq(A, -y.double()).solution)[:, 0] @ vectors.T
        arrived = (of(errors).abs().amax(dim=1) < 0.01).nonzero()
        return arrived[0].item() + 1 + more if len(arrived) else late(lr) if late else None

    return steps_needed


exercise(
    "05.3",
    counting(),
    cases=problems,
    run=steps_of,
    kind="whole",
    hints=(
        _("With a column of ones next to X, the bias is one more weight: three parameters, one closed form."),
        _("Count from 1, `range(1, 1001)`; after each step compare the LARGEST difference with 0.01."),
        _("Here each step leaves about `1 - 2 * lr` of the error. Which `lr` would leave nothing?"),
    ),
    correct=_("With all samples there is no noise, and a large learning rate gets there at once."),
    mistakes={
        _("One too few: after the first step the count is 1."): counting(more=-1),
        _("One too many: the step that arrives is the last."): counting(more=1),
        _("You stop when the weights have arrived. The bias must, too."): counting(lambda e: e[:, :2]),
        _("You stop when the bias has arrived. The weights must, too."): counting(lambda e: e[:, 2:]),
        _("You stop when one has arrived."): counting(lambda e: e.abs().amin(dim=1, keepdim=True)),
        _("Each must be small, not their mean."): counting(lambda e: e.abs().mean(dim=1, keepdim=True)),
        _("Each must be small, not their length."): counting(lambda e: e.norm(dim=1, keepdim=True)),
        _("A difference may be negative: take `abs()`."): counting(lambda e: e.clamp(min=0)),
        _("You square the differences before you compare."): counting(lambda e: e**2),
        _("Your steps are too short by half: a square has a 2 in its gradient."): counting(rate=lambda n: 1),
        _("Your steps are n times too long: take the mean, and no sum."): counting(rate=lambda n: 2 * n),
        _("1,000 steps are still allowed."): counting(limit=999),
        _("After 1,000 steps it was not there yet: return None."): counting(limit=5000),
        _("Return None, and not 1000, if it does not get there."): counting(late=lambda lr: 1000),
        _("Fewer steps are enough. Are the gradients fresh? Has the closed form a bias?"): counting(limit=0),
        _("It ran away, to nan. What is `nan > 0.01`?"): counting(late=lambda lr: 130 if lr > 1 else None),
        _("Now your default of lr: fewer than ten steps on the data of section 1."): counting(default=0.01),
    },
)
