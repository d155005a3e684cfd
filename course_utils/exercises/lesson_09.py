"""The exercises of lesson 09."""

import random
from functools import partial

import torch

from course_utils.exercises.compare import _, require
from course_utils.exercises.frame import exercise


def digits(n, **hits):  # of n images, so many are read right: the digits by model, and the labels
    y = torch.randint(10, (n,))
    return {m: (y + torch.randint(1, 10, (n,)) * (torch.randperm(n) >= k)) % 10 for m, k in hits.items()}, y


def choose_and_test(y_hat_val, y_val, y_hat_test, y_test):
    val_accuracy, test_accuracy = {}, {}
    for name in y_hat_val:
        val = y_hat_val[name] == y_val
        test = y_hat_test[name] == y_test
        val_accuracy[name] = val.float().mean().item()
        test_accuracy[name] = test.float().mean().item()
    chosen = max(test_accuracy, key=test_accuracy.get)
    return chosen, test_accuracy[chosen]


def choose(*sets, by=lambda v, t: v, report=lambda v, t: t):
    val, test = ({m: (z == y).float().mean().item() for m, z in x.items()} for x, y in (sets[:2], sets[2:]))
    chosen = max(val, key=lambda name: by(val[name], test[name]))
    return chosen, report(val[chosen], test[chosen])


exercise(
    "09.1",
    lambda y_hat_val, y_val, y_hat_test, y_test: choose(y_hat_val, y_val, y_hat_test, y_test),
    cases=lambda: [
        digits(20, SGD=11, Momentum=18, Adam=12, NAG=17) + digits(30, SGD=20, Momentum=20, Adam=28, NAG=24),
        digits(30, NAG=16, Adam=16, SGD=16, RMS=9) + digits(20, NAG=13, Adam=18, SGD=7, RMS=10),  # equals
        digits(1, Adam=0) + digits(3, Adam=2),
    ],
    given=choose_and_test,
    hints=(
        _("Hand it 200 models that guess: random digits, 50 images in each set. What should it report?"),
        _("An honest report is about 0.1. The model must be chosen before the test set speaks: see `max`."),
    ),
    correct=_("What chooses must not judge. Now the number holds for new images."),
    mistakes={
        _("The number is still too good: hand it many models that guess, and see."): choose_and_test,
        _("The accuracy that chose the model flatters it."): partial(choose, report=lambda v, t: v),
        _("The test set still has a say in the choice."): partial(choose, by=lambda v, t: v + t),
        _("Between equals the test set still decides. Take the first."): partial(choose, by=lambda *vt: vt),
    },
)


def images():
    """The threshold in eighths; A: just as sure, B: surer, C: less sure; a small letter: and wrong."""
    for bar, *kinds in "5ABBBabbCCcccc", "2ABBabbCCcc", "4abbbCCCcc", "6ABBBcccCC", "7CCccc", "0BBBbbb", "4B":
        random.shuffle(kinds)
        low = max(int(bar) / 8, 0.2)  # two digits of an image can reach 0.25
        top = [{"A": low, "B": random.uniform(low, 1), "C": 0.7 * low}[kind.upper()] for kind in kinds]
        p = [random.sample([t, s := 0.9 * min(t, 1 - t)] + [(1 - t - s) / 8] * 8, k=10) for t in top]
        y = [row.index(sorted(row)[-1 - kind.islower()]) for row, kind in zip(p, kinds, strict=True)]
        yield torch.tensor(p), torch.tensor(y), int(bar) / 8


def two_floats(answer, p, y, threshold):
    found = answer(p, y, threshold)
    floats = isinstance(found, tuple) and all(x is None or "float" in type(x).__name__ for x in found)
    require(found is None or floats, _("Return two floats, or a float and None, as a tuple. See .item()."))
    return found


def sure(p, y, bar, own=False, mask=torch.ge, of=lambda right, s, top: right[s], then=lambda *both: both):
    top, right = p[range(len(y)), y] if own else p.amax(dim=1), (p.argmax(dim=1) == y).float()
    s = mask(top, bar)
    return then(s.float().mean().item(), of(right, s, top).mean().item() if s.any() else None)


exercise(
    "09.2",
    lambda p, y, threshold: sure(p, y, threshold),
    cases=images,
    run=two_floats,
    hints=(
        _("`p.max(dim=1)` gives both: the highest probability of each image, and its digit."),
        _("`sure = highest >= threshold` is a mask; its mean a share. `(y_hat == y)[sure]` keeps the given."),
    ),
    correct=_("The bar may rise now: fewer answers, and you know how many more of them are right."),
    mistakes={
        _("Exactly the threshold is sure enough: `at least`."): partial(sure, mask=torch.gt),
        _("Look at the highest probability, not at the label's."): partial(sure, own=True),
        _("You divide by all images. Take the answered ones."): partial(sure, of=lambda r, s, top: r * s),
        _("This is the accuracy on all images: count the answered."): partial(sure, of=lambda r, s, top: r),
        _("That is how sure it is. How often is it right?"): partial(sure, of=lambda r, s, top: top[s]),
        _("The order: share first, then accuracy."): partial(sure, then=lambda s, a: (a, s)),
        _("Where nothing is answered, it is None, not 0."): partial(sure, then=lambda s, a: (s, a or 0.0)),
    },
)
