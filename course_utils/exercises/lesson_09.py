"""The exercises of lesson 09."""

import random

import torch

from course_utils.exercises.frame import _, exercise, require


def digits(n, **hits):  # of n images, so many are read right: the digits by model, and the labels
    y = torch.randint(10, (n,))
    return {m: (y + torch.randint(1, 10, (n,)) * (torch.randperm(n) >= k)) % 10 for m, k in hits.items()}, y


def contests():
    for n, hits in [(50, range(22, 30)), (9, (6, 7)), (3, (0, 3))] * 12:
        val, test = ({name: random.choice(hits) for name in "BADC"} for _set in "vt")
        yield *digits(n, **val), *digits(n - 1, **test)


EQUAL = "lambda m: (val_accuracy[m], test_accuracy[m])"
SUM = f"lambda m: sum(({EQUAL})(m))"


@exercise(
    "09.1",
    _("Hand it twenty models that only guess: on new images each is right one time in ten. And here?"),
    _("Which of the two sets chooses, and which one judges? They must not be the same."),
    cases=contests,
    repair=True,
    correct=_("What chooses must not judge. Now the number holds for new images."),
    mistakes={
        _("It is too good still: hand it many models that guess."): ("(val", "(test", "=val", "=test"),
        _("The accuracy that chose the model flatters it."): ("chosen, test", "chosen, val"),
        _("The test set still has a say in the choice."): ("val_accuracy.get", SUM),
        _("Between equals the test set still decides. Take the first."): ("val_accuracy.get", EQUAL),
    },
)
def choose_and_test(y_hat_val, y_val, y_hat_test, y_test):
    val_accuracy, test_accuracy = {}, {}
    for name in y_hat_val:
        val = y_hat_val[name] == y_val
        test = y_hat_test[name] == y_test
        val_accuracy[name] = val.float().mean().item()
        test_accuracy[name] = test.float().mean().item()
    chosen = max(val_accuracy, key=val_accuracy.get)
    return chosen, test_accuracy[chosen]


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


@exercise(
    "09.2",
    _("`p.max(dim=1)` gives both that you need: the highest probabilities, and which digits have them."),
    _("The mean of a mask is a share. `right[sure]` keeps only the sure ones; are there any?"),
    cases=images,
    run=two_floats,
    correct=_("The bar may rise now: fewer answers, and you know how many more of them are right."),
    mistakes={
        _("Exactly the threshold is sure enough: `at least`."): (">=", ">"),
        _("Look at the highest probability, not at the label's."): ("= highest", "= p[range(len(y)), y]"),
        _("You divide by all images. Take the answered ones."): ("right[sure]", "(right * sure)"),
        _("This is the accuracy on all images: count the answered."): ("right[sure]", "right"),
        _("That is how sure it is. How often is it right?"): ("right[sure]", "highest[sure]"),
        _("The order: share first, then accuracy."): lambda *case: answer_if_sure(*case)[::-1],
        _("Where nothing is answered, it is None, not 0."): ("else None", "else 0.0"),
    },
)
def answer_if_sure(p, y, threshold):
    highest, y_hat = p.max(dim=1)
    sure, right = highest >= threshold, (y_hat == y).float()
    return sure.float().mean().item(), right[sure].mean().item() if sure.any() else None
