"""Judges for the exercises of lesson 07."""

import dis
import random
import tempfile
from pathlib import Path

import torch
from torch import nn

from course_utils.exercises import call, close, exercise, require


@exercise(
    "07.1",
    hints=(
        "Subtract a number that makes every power small. Which score gives the largest power?",
        "`logits.max(dim=1, keepdim=True).values` is the largest score of each row, of shape (n, 1).",
        "Subtract it from logits, then go on as in our `softmax`.",
    ),
    correct="No power is above 1 now: PyTorch's softmax keeps its numbers small in the same way.",
)
def safe_softmax(answer):
    if hasattr(answer, "__code__"):  # a function of the notebook with that name is allowed
        steps = dis.get_instructions(answer)
        attributes = {step.argval for step in steps if step.opname in ("LOAD_ATTR", "LOAD_METHOD")}
        require(
            attributes.isdisjoint(("softmax", "log_softmax", "Softmax", "LogSoftmax")),
            "Do it without PyTorch's softmax: it is the judge here.",
        )
    logits = torch.randn(7, 4)
    given = logits.clone()
    found = call(answer, given)
    require(isinstance(found, torch.Tensor), "Return a tensor.")
    require(torch.equal(given, logits), "Your code changed logits: `-=` does that. Make a new tensor.")
    require(found.shape == (7, 4), f"logits have shape (7, 4), your result {tuple(found.shape)}.")
    columns = not close(found, torch.softmax(logits, dim=0))
    require(columns, "Each column adds up to 1. The scores of a point are a row.")
    require(close(found.sum(dim=1), torch.ones(7)), "The probabilities of each point must add up to 1.")
    require(close(found, torch.softmax(logits, dim=1)), "Even for small scores they are not right.")
    levels = torch.tensor([[1000.0], [0], [-1000], [500], [-500], [200], [-200]])
    peaks = 1000 * torch.eye(4)[torch.randint(4, (7,))]
    for large, where in (
        (logits + 1000, "scores around 1,000"),
        (logits - 1000, "scores around -1,000"),
        (logits + levels, "points around 1,000 and others around -1,000 (each needs its own number)"),
        (logits + peaks, "a point with one score around 1,000 and the others around 0"),
    ):
        found, expected = call(answer, large.clone()), torch.softmax(large, dim=1)
        what = "not finite" if not found.isfinite().all() else "wrong"
        require(close(found, expected), f"For {where}, your probabilities are {what}.")


def _points(num_classes: int):
    """Draw labels without the last class, and predictions, whose table is not symmetric."""
    while True:
        y = torch.randint(num_classes - 1, (60,))
        y_hat = torch.where(torch.rand(60) < 0.5, y, torch.randint(num_classes - 1, (60,)))
        table = torch.tensor(
            [[((y == i) & (y_hat == j)).sum() for j in range(num_classes)] for i in range(num_classes)]
        )
        if not torch.equal(table, table.T):
            return y_hat, y, table


@exercise(
    "07.2",
    hints=(
        "Start with a table of zeros, and add 1 to one field for each point.",
        "A loop over `zip(y, y_hat)` will do: `table[i, j] += 1`. Without a loop, number the fields.",
        "`y * num_classes + y_hat` is the field's number, `torch.bincount(..., minlength=...)` counts.",
    ),
    correct="Its diagonal is the accuracy in detail; what lies beside it tells you where to look.",
)
def confusion(answer):
    for num_classes in (random.randint(4, 5), random.randint(6, 7)):
        y_hat, y, expected = _points(num_classes)
        given = y_hat.clone(), y.clone()
        found = call(answer, *given, num_classes)
        require(isinstance(found, torch.Tensor), "Return the table as a tensor.")
        untouched = torch.equal(given[0], y_hat) and torch.equal(given[1], y)
        require(untouched, "Your code changed y_hat or y.")
        size = f"{num_classes} classes need a table {tuple(expected.shape)}, also when the last never occurs"
        require(found.shape == expected.shape, f"{size}; yours has shape {tuple(found.shape)}.")
        require(not close(found, expected.T), "The table is turned: rows are the true classes.")
        once = "Each field is at most 1: `table[y, y_hat] += 1` counts a repeated field only once."
        require(not close(found, expected.clamp(max=1)), once)
        shares = expected / expected.sum(dim=1, keepdim=True).clamp(min=1)
        fractions = close(found, shares) or close(found, expected / 60)
        require(not fractions, "These are shares. Count the points.")
        right = close(found, expected.diagonal().diag())
        require(not right, "Only the diagonal is counted. The mistakes belong in the table too.")
        require(close(found, expected), f"Some counts are wrong: the table must add up to n = {len(y)}.")
        require(found.dtype == torch.int64, f"The counts are right, but {found.dtype}: they must be int64.")


_sprung = []


class _Trap:
    """Pickled into a file, it runs code where the file is read carelessly."""

    def __reduce__(self):
        return _sprung_by, ()


def _sprung_by():
    _sprung.append(True)
    return 0


def _training():
    model = nn.Sequential(nn.Linear(2, 10), nn.ReLU(), nn.Dropout(0.5), nn.Linear(10, 2))
    return model, torch.optim.Adam(model.parameters(), lr=random.uniform(0.01, 0.05))


def _train(model, optimizer, X, y, num_epochs):
    for _ in range(num_epochs):
        loss = nn.functional.cross_entropy(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def _weights(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()]).clone()


def _memory(optimizer):
    """An optimizer's settings and what it remembers, as numbers."""
    moments = [
        s[name].flatten() for s in optimizer.state.values() for name in ("exp_avg", "exp_avg_sq", "step")
    ]
    return torch.cat([torch.tensor([optimizer.param_groups[0]["lr"]]), *moments])


@exercise(
    "07.3",
    hints=(
        "What changes during a training? The weights, the optimizer's memory, and one thing more.",
        "Dropout draws random numbers: `torch.get_rng_state()` and `torch.set_rng_state(...)`.",
        "Put the epoch, both `state_dict()` and the random state into a dictionary, and `torch.save` it.",
        "Read it with `torch.load(path, weights_only=True)`, fill each part, and return the epoch.",
    ),
    correct="Stopped and resumed, or never stopped: nobody can tell the difference.",
)
def checkpoints(answer):
    both = isinstance(answer, tuple) and len(answer) == 2 and all(map(callable, answer))
    require(both, "Hand over both functions: (save_checkpoint, load_checkpoint).")
    save, load = answer
    X, epoch = torch.randn(50, 2), random.randint(3, 9)
    y = (X[:, 0] > 0).long()
    model, optimizer = _training()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint.pt"
        _train(model, optimizer, X, y, epoch)
        weights, memory = _weights(model), _memory(optimizer)
        call(lambda: (save(path, model, optimizer, epoch),))  # it may return nothing
        require(path.exists(), "save_checkpoint wrote no file at `path`.")
        same = torch.equal(_weights(model), weights) and model.training
        require(same, "save_checkpoint changed the model. It must only read it.")
        _train(model, optimizer, X, y, 5)

        resumed, new_optimizer = _training()
        torch.randn(100)
        found = call(lambda: (load(path, resumed, new_optimizer),))[0]
        filled = torch.equal(_weights(resumed), weights)
        require(filled, "After load_checkpoint the model's weights are not those that were saved.")
        remembered = len(new_optimizer.state) and torch.equal(_memory(new_optimizer), memory)
        require(remembered, "The weights are back, but the optimizer has not its learning rate and memory.")
        require(
            found == epoch, f"load_checkpoint must return the saved epoch, {epoch}; it returned {found!r}."
        )
        require(resumed.training, "load_checkpoint left the model in evaluation mode: dropout is off.")
        _train(resumed, new_optimizer, X, y, 5)
        drawn = (
            "Weights and optimizer are back, but the training goes on differently: what does dropout draw?"
        )
        require(torch.equal(_weights(resumed), _weights(model)), drawn)

        try:
            save(path, model, optimizer, _Trap())
        except Exception:
            torch.save({"epoch": _Trap()}, path)
        _sprung.clear()
        try:
            load(path, resumed, new_optimizer)
        except Exception:
            refused = True
        else:
            refused = False
    require(
        not _sprung,
        "load_checkpoint ran the code that was hidden in a file. What does the lesson set in `torch.load`?",
    )
    require(refused, "A file that would run code must be refused: let the error of torch.load pass.")
