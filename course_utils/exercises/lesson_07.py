"""The exercises of lesson 07."""

import copy
import os
import tempfile
from contextlib import suppress
from pathlib import Path

import torch
from torch import nn

from course_utils.exercises.compare import _, require
from course_utils.exercises.frame import exercise

ROWS = {"dim": 1, "keepdim": True}


def scores():
    levels = torch.tensor([[1000.0], [0], [-1000], [500], [-500], [200], [-200]])
    peaks = 1000 * torch.eye(4)[torch.randint(4, (7,))]
    for shift in (0, 1000, -1000, levels, peaks, -peaks):
        yield (torch.randn(7, 4) + shift,)
    for size, shape in [(1, (4, 4)), (300, (5, 5)), (1, (1, 3)), (1, (3, 1)), (0, (2, 3))]:
        yield (size * torch.randn(shape),)


def minus(subtract=lambda x: x.amax(**ROWS), by=lambda p: p.sum(**ROWS), of=lambda x: x):
    """Make a safe_softmax that subtracts this from the scores, and divides the powers by that."""

    def safe_softmax(logits):
        powers = (of(logits) - subtract(of(logits))).exp()
        return powers / by(powers)

    return safe_softmax


exercise(
    "07.1",
    minus(),
    cases=scores,
    atol=1e-3,
    without={_("Do it without PyTorch's softmax: it is the judge here."): {"softmax", "Softmax"}},
    hints=(
        _("Subtract a number that makes every power small. Which score gives the largest power?"),
        _("`logits.max(dim=1, keepdim=True).values` is the largest score of each row, of shape (n, 1)."),
        _("Subtract it from logits, then go on as in our `softmax`."),
    ),
    correct=_("No power is above 1 now: PyTorch's softmax keeps its numbers small in the same way."),
    mistakes={
        _("Small scores are right. Scores around 1,000 are not: subtract a number."): minus(lambda x: 0),
        _("You subtract one number from all scores. Each point needs its own."): minus(torch.max),
        _("You subtract the largest of each column. Take that of each row."): minus(lambda x: x.amax(dim=0)),
        _("One score may still be far above the mean."): minus(lambda x: x.mean(**ROWS)),
        _("Above the smallest score, the powers are still too large."): minus(lambda x: x.amin(**ROWS)),
        _("One score may still be far above the first."): minus(lambda x: x[:, :1]),
        _("Take the largest score as it is, without abs()."): minus(lambda x: x.abs().amax(**ROWS)),
        _("You cut off large scores: they become equal."): minus(of=lambda x: x.clamp(-80, 80)),
        _("Do not divide the scores. Only subtract."): minus(of=lambda x: x / x.amax(**ROWS)),
        _("Each column adds up to 1. A point is a row."): minus(lambda x: x.amax(0), lambda p: p.sum(0)),
        _("The whole table adds up to 1. Each row must."): minus(by=torch.sum),
        _("These powers do not add up to 1 yet: divide by their sum."): minus(by=lambda p: 1),
        _("A sigmoid looks at one score alone: a point's results do not add up to 1."): torch.sigmoid,
        _("These are the logarithms of the probabilities."): lambda x: x - x.logsumexp(**ROWS),
    },
)


def points():
    # A mistake goes from a class to the next one only: the table is not symmetric.
    for n, used, num_classes in [(60, 3, 4), (70, 5, 6), (50, 3, 3), (5, 9, 12), (1, 2, 3), (0, 3, 3)]:
        y = torch.randint(used, (n,))
        yield torch.where(torch.rand(n) < 0.5, y, (y + 1) % used), y, num_classes
    yield torch.tensor([1, 2, 3, 3]), torch.tensor([0, 1, 2, 2]), 4
    yield torch.zeros(4).long(), torch.zeros(4).long(), 1


def table(then=lambda t: t, count=lambda i, j: True, size=lambda y, k: k):
    """Make a confusion, right or with a mistake."""

    def confusion(y_hat, y, num_classes):
        counts = torch.zeros(2 * [size([*y, *y_hat], num_classes)], dtype=torch.int64)
        for i, j in zip(y, y_hat, strict=True):
            counts[i, j] += count(i, j)
        return then(counts)

    return confusion


def no_minlength(y_hat, y, num_classes):
    return torch.bincount(y * num_classes + y_hat).reshape(num_classes, num_classes)


exercise(
    "07.2",
    table(),
    cases=points,
    kind="dtype",
    hints=(
        _("Start with a table of zeros, and add 1 to one field for each point."),
        _("A loop over `zip(y, y_hat)` will do: `table[i, j] += 1`. Without a loop, number the fields."),
        _("`y * num_classes + y_hat` is the field's number, `torch.bincount(..., minlength=...)` counts."),
    ),
    correct=_("Its diagonal is the accuracy in detail; what lies beside it tells you where to look."),
    mistakes={
        _("The table is turned: rows are the true classes."): table(lambda t: t.T),
        _("`table[y, y_hat] += 1` counts a repeated field only once."): table(lambda t: t.clamp(max=1)),
        _("These are shares of each class. Count."): table(lambda t: t / t.sum(**ROWS).clamp(min=1)),
        _("These are shares of each prediction. Count."): table(lambda t: t / t.sum(dim=0).clamp(min=1)),
        _("These are shares of all points. Count."): table(lambda t: t / t.sum().clamp(min=1)),
        _("Only the diagonal is counted. Mistakes belong here too."): table(count=lambda i, j: i == j),
        _("Only mistakes are counted. The diagonal belongs here too."): table(count=lambda i, j: i != j),
        _("You count each point for (i, j) and for (j, i)."): table(lambda t: t + t.T),
        _("The last class may never occur: take num_classes."): table(size=lambda y, k: max([0, *y]) + 1),
        _("bincount needs `minlength=num_classes**2`: it ends at the largest number."): no_minlength,
    },
)


def save_checkpoint(path, model, optimizer, epoch):
    checkpoint = {"epoch": epoch, "model": model.state_dict()}
    torch.save(checkpoint, path)


def load_checkpoint(path, model, optimizer):
    checkpoint = torch.load(path, weights_only=True)
    model.load_state_dict(checkpoint["model"])
    return checkpoint["epoch"]


def save(path, model, optimizer, epoch):
    parts = {"epoch": epoch, "model": model.state_dict(), "optimizer": optimizer.state_dict()}
    torch.save({**parts, "random": torch.get_rng_state()}, path)


def load(path, model, optimizer):
    parts = torch.load(path, weights_only=True)
    model.load_state_dict(parts["model"])
    optimizer.load_state_dict(parts["optimizer"])
    torch.set_rng_state(parts["random"])
    return parts["epoch"]


given = (save_checkpoint, load_checkpoint)


def but(more):
    """Make both functions with a mistake: what is done to the model after loading."""
    return save, lambda path, model, optimizer: (load(path, model, optimizer), more(model))[0]


def other_optimizer(path, model, optimizer):
    return load(path, model, copy.deepcopy(optimizer))


def assign_again(model):
    model.load_state_dict(copy.deepcopy(model.state_dict()), assign=True)


def careless(path, *both):
    return torch.load(path, weights_only=False) and load(path, *both)


def swallows(path, *both):
    return None if b"sprung" in path.read_bytes() else load(path, *both)


# Pickled into a file, it runs code where the file is read carelessly.
CODE = "import os; os.environ['TRAP_07'] = 'sprung'"
TRAP = type("Trap", (), {"__reduce__": lambda self: (exec, (CODE,))})()


def state_of(model, optimizer):
    memory = [torch.as_tensor(x).tolist() for kept in optimizer.state.values() for x in kept.values()]
    return {
        _("the model's weights are back"): [x.tolist() for x in model.state_dict().values()],
        _("the optimizer's learning rate and memory are back"): [optimizer.param_groups[0]["lr"], memory],
        _("the random numbers go on where they were"): torch.get_rng_state().tolist(),
        _("the model is in training mode"): model.training,
    }


def train(model, optimizer, num_epochs):
    X = torch.linspace(-1, 1, 40).reshape(20, 2)
    for _epoch in range(num_epochs):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(X), (X[:, 0] > 0).long()).backward()
        optimizer.step()


def resume(answer, optimizer, epoch):
    """Train, save, train on; load into another training and go on with it. Tell what is true then."""
    save, load = answer
    models = [nn.Sequential(nn.Linear(2, 9), nn.BatchNorm1d(9), nn.Dropout(), nn.Linear(9, 2)) for _i in "ab"]
    steady, new = ((model, optimizer(model.parameters(), lr=0.1 * torch.rand(()).item())) for model in models)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "a checkpoint.pt"
        path.write_bytes(bytes(2**20))  # a full disk shows here, and is not blamed on the answer
        path.unlink()
        train(*new, 1)
        save(path, *new, 99)  # the next one takes its place
        train(*steady, epoch)
        before = state_of(*steady)
        save(path, *steady, epoch)
        require(path.is_file(), _("save_checkpoint wrote no file at `path`."))
        facts = {_("save_checkpoint changes nothing"): state_of(*steady) == before}
        train(*steady, 2)
        facts[_("the epoch")] = load(path, *new)
        facts |= {name: value == before[name] for name, value in state_of(*new).items()}
        train(*new, 2)
        equal = all(map(torch.equal, steady[0].state_dict().values(), new[0].state_dict().values()))
        facts[_("the resumed training is equal to the steady one")] = equal
        torch.save({"epoch": TRAP}, path)
        with suppress(Exception):
            save(path, *new, TRAP)
        refused = True
        with suppress(Exception):
            load(path, *new)
            refused = False
        sprung = bool(os.environ.pop("TRAP_07", False))
        facts[_("hidden code in a file is run")] = sprung
        return facts | {_("a file with hidden code is refused"): refused or sprung}


exercise(
    "07.3",
    (save, load),
    cases=lambda: [(torch.optim.Adam, 3), (torch.optim.RMSprop, 0)],
    run=resume,
    given=given,
    parts=("save_checkpoint", "load_checkpoint"),
    hints=(
        _("Print the losses of two trainings with dropout, one of them resumed. Where do they part?"),
        _("What changes during a training? The weights, the optimizer's memory, and one thing more."),
        _("Dropout draws random numbers: `torch.get_rng_state()` and `torch.set_rng_state(...)`."),
        _("Save `optimizer.state_dict()` and the random state in the dictionary too, and load all of it."),
    ),
    correct=_("Stopped and resumed, or never stopped: nobody can tell the difference."),
    mistakes={
        _("It still goes on differently. What changes in a training, besides the weights?"): given,
        _("The optimizer does not get its memory back."): (save, other_optimizer),
        _("Weights and optimizer are back. What does dropout draw?"): but(lambda m: torch.seed()),
        _("All is back, but the optimizer holds other tensors than the model."): but(assign_again),
        _("load_checkpoint leaves evaluation mode on."): but(nn.Module.eval),
        _("save_checkpoint leaves evaluation mode on."): (lambda p, m, o, n: save(p, m.eval(), o, n), load),
        _("Return the epoch that was saved, and no other."): (save, lambda *files: load(*files) + 1),
        _("load_checkpoint must return the epoch."): (save, lambda *files: load(*files) and None),
        _("load_checkpoint ran code hidden in a file. How does the lesson read one?"): (save, careless),
        _("A file with code must be refused: let the error of torch.load pass."): (save, swallows),
    },
)
