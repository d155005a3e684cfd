"""The exercises of lesson 07."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

import torch
from torch import nn

from course_utils.exercises.frame import _, _fingerprint, exercise

FORGET = "optimizer.load", "#", "torch.set", "#"
BACK = _("weights are back"), _("optimizer is back"), _("random numbers go on"), _("training mode is on")
TRAP = type("T", (), {"__reduce__": lambda self: (exec, ("import os; os.environ['TRAP_07'] = 'run'",))})()


def scores():
    peaks = 1000 * torch.eye(4)[torch.randint(4, (7,))]
    for shift in (0, 1000, -1000, torch.linspace(-1000, 1000, 7)[:, None], peaks, -peaks):
        yield (torch.randn(7, 4) + shift,)
    yield from [(300 * torch.randn(5, 5),), (torch.randn(1, 3),), (torch.randn(3, 1),), (torch.zeros(2, 3),)]


def points():
    for n, used, classes in [(60, 3, 4), (70, 5, 6), (50, 3, 3), (5, 9, 12), (1, 2, 3), (0, 3, 3), (4, 1, 1)]:
        y = torch.randint(used, (n,))  # mistakes go to the next class only: the table is not symmetric
        yield torch.where(torch.rand(n) < 0.5, y, (y + 1) % used), y, classes


def save_checkpoint(path, model, optimizer, epoch):
    checkpoint = {"epoch": epoch, "model": model.state_dict()}
    checkpoint |= {"optimizer": optimizer.state_dict(), "random": torch.get_rng_state()}
    torch.save(checkpoint, path)


def load_checkpoint(path, model, optimizer):
    checkpoint = torch.load(path, weights_only=True)
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    torch.set_rng_state(checkpoint["random"])
    return checkpoint["epoch"]


def after(num_epochs, net, optimizer):
    for _epoch in range(num_epochs):
        optimizer.zero_grad()
        net(torch.linspace(-1, 1, 40).reshape(20, 2)).square().mean().backward()
        optimizer.step()
    memory = [optimizer.param_groups[0]["lr"], [list(x.values()) for x in optimizer.state.values()]]
    parts = [*net.state_dict().values()], memory, torch.get_rng_state(), net.training
    return list(map(_fingerprint, parts))


def resume(answer, optimizer, epoch):
    save, load = answer
    models = [nn.Sequential(nn.Linear(2, 9), nn.BatchNorm1d(9), nn.Dropout(), nn.Linear(9, 2)) for _i in "ab"]
    steady, new = ((net, optimizer(net.parameters(), lr=0.1 * torch.rand(()).item())) for net in models)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "a checkpoint.pt"
        path.with_name("full").write_bytes(bytes(2**20))  # a full disk shows here: it is not the answer's
        after(1, *new)
        save(path, *new, 99)  # the next one takes its place
        before = after(epoch, *steady)
        save(path, *steady, epoch)
        facts = {_("a file at `path`"): path.is_file(), _("saving only reads"): after(0, *steady) == before}
        later = after(2, *steady)
        facts[_("the epoch")] = load(path, *new)
        facts |= {name: a == b for name, a, b in zip(BACK, after(0, *new), before, strict=True)}
        facts[_("the resumed training is equal to the steady one")] = after(2, *new) == later
        torch.save({"epoch": TRAP}, path)  # code that runs where the file is read carelessly
        with suppress(Exception):
            save(path, *new, TRAP)
        with suppress(Exception):
            load(path, *new)
            os.environ.setdefault("TRAP_07", "read")
        return facts | {_("hidden code in a file is"): os.environ.pop("TRAP_07", "refused")}


@exercise(
    "07.1",
    _("Subtract from each row its largest score: then no power is above 1."),
    _("`logits.max(dim=1, keepdim=True).values` has the shape for it. Then divide by the sum of each row."),
    cases=scores,
    atol=2e-4,
    without={_("Do it without PyTorch's softmax: it is the judge here."): {"softmax", "Softmax"}},
    correct=_("No power is above 1 now: PyTorch's softmax keeps its numbers small in the same way."),
    mistakes={
        _("Scores around 1,000 are not right: subtract."): ("- logits.amax(dim=1, keepdim=True)", ""),
        _("One number is not enough: each point needs its own."): ("dim=1, keepdim=True)).", "(0, 1)))."),
        _("You subtract the largest of each column. Take that of each row."): ("amax(dim=1", "amax(dim=0"),
        _("One score may still be far above the mean."): ("amax", "mean"),
        _("Each column adds up to 1. A point is a row."): ("dim=1", "dim=0"),
        _("You cut off large scores: they become equal."): ("logits -", "logits.clamp(-80, 80) - 0 *"),
    },
)
def safe_softmax(logits):
    powers = (logits - logits.amax(dim=1, keepdim=True)).exp()
    return powers / powers.sum(dim=1, keepdim=True)


@exercise(
    "07.2",
    _("Begin with a table of zeros, and add 1 at [i, j] for each point: y gives i, y_hat gives j."),
    _("Without a loop: torch.bincount of `y * num_classes + y_hat`, reshaped to a table."),
    cases=points,
    kind="dtype",
    correct=_("Its diagonal is the accuracy in detail; what lies beside it tells you where to look."),
    mistakes={
        _("The table is turned: rows are the true classes."): ("-1)", "-1).T"),
        _("`table[y, y_hat] += 1` counts once."): ("-1)", "-1).clamp(max=1)"),
        _("These are shares. Count."): ("-1)", "-1) / max(1, len(y))"),
        _("bincount needs `minlength=`."): (", minlength=num_classes**2", ""),
        _("The last class may never occur."): lambda y_hat, y, k: confusion(y_hat, y, max([0, *y]) + 1),
    },
)
def confusion(y_hat, y, num_classes):
    return torch.bincount(y * num_classes + y_hat, minlength=num_classes**2).reshape(num_classes, -1)


exercise(
    "07.3",
    _("What does a training change or use up besides the weights? Two more things belong in the file."),
    _("Momentum lives in the optimizer; dropout draws random numbers: see `torch.get_rng_state()`."),
    cases=lambda: [(torch.optim.Adam, 3), (torch.optim.RMSprop, 0)],
    run=resume,
    kind="whole",
    repair=True,
    parts=("save_checkpoint", "load_checkpoint"),
    correct=_("Stopped and resumed, or never stopped: nobody can tell the difference."),
    mistakes={
        _("It still goes on differently. What changes besides weights?"): ("checkpoint |=", "#", *FORGET),
        _("What does dropout draw? The rest is back."): FORGET[2:],
        _("Hidden code in a file ran."): ("weights_only=True", "weights_only=False"),
    },
)((save_checkpoint, load_checkpoint))
