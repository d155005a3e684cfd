"""The exercises of lesson 09."""

import random

import numpy as np
import torch

from course_utils.exercises.compare import _, require
from course_utils.exercises.frame import exercise


def candidates():
    for n_val, n_test, hits in [  # how many images; how many of them does each model get right?
        (20, 30, {"SGD": (15, 20), "Momentum": (18, 20), "Adam": (16, 28), "NAG": (12, 11)}),
        (25, 25, {"SGD": (20, 14), "Adam": (10, 24), "NAG": (22, 17)}),
        (30, 20, {"Momentum": (16, 13), "Adam": (16, 18), "SGD": (16, 7), "NAG": (9, 10)}),  # three equals
        (1, 3, {"Adam": (0, 2)}),
    ]:
        case = ()
        for y, i in (torch.randint(10, (n_val,)), 0), (torch.randint(10, (n_test,)), 1):
            wrong = {name: torch.randperm(len(y)) >= right[i] for name, right in hits.items()}
            case += ({name: (y + torch.randint(1, 10, y.shape) * w) % 10 for name, w in wrong.items()}, y)
        yield case


def choose_and_test(y_hat_val, y_val, y_hat_test, y_test):
    val_accuracy, test_accuracy = {}, {}
    for name in y_hat_val:
        val = y_hat_val[name] == y_val
        test = y_hat_test[name] == y_test
        val_accuracy[name] = val.float().mean().item()
        test_accuracy[name] = test.float().mean().item()
    chosen = max(test_accuracy, key=test_accuracy.get)
    return chosen, test_accuracy[chosen]


def chooser(by=lambda v, t: v, report=lambda v, t: t, best=max, order=1):
    """Make a choose_and_test: what of the two accuracies decides, and what of them is reported?"""

    def choose_and_test(y_hat_val, y_val, y_hat_test, y_test):
        val = {name: (y_hat == y_val).float().mean().item() for name, y_hat in y_hat_val.items()}
        test = {name: (y_hat == y_test).float().mean().item() for name, y_hat in y_hat_test.items()}
        chosen = best(val, key=lambda name: by(val[name], test[name]))
        return (chosen, report(val[chosen], test[chosen]))[::order]

    return choose_and_test


exercise(
    "09.1",
    chooser(),
    cases=candidates,
    given=choose_and_test,
    hints=(
        _("Hand it 200 models that guess: random digits, 50 images in each set. What should it report?"),
        _("An honest report is about 0.1. Where does luck come in? Follow the two dictionaries."),
        _("The model must have been chosen before the test set says anything. Look at `max`."),
    ),
    correct=_("What chooses must not judge. Now the number holds for new images."),
    mistakes={
        _("The number is still too good: hand it many models that guess, and see."): choose_and_test,
        _("The right model. But the accuracy that chose it flatters it."): chooser(report=lambda v, t: v),
        _("The sets have changed places: the test set chooses."): chooser(lambda v, t: t, lambda v, t: v),
        _("The test set still has a say in the choice."): chooser(lambda v, t: v + t),
        _("Between equals the test set still decides. Take the first."): chooser(lambda v, t: (v, t)),
        _("Of equals, take the first."): chooser(best=lambda names, key: max([*names][::-1], key=key)),
        _("Report the test accuracy alone, not a mean of both."): chooser(report=lambda v, t: (v + t) / 2),
        _("The order: first the name, then the accuracy."): chooser(order=-1),
    },
)

PAIR, FLOATS = _("Return the two as a tuple."), _("Return floats: of a tensor, .item() makes one.")
NOTHING = _("Where nothing is answered, the accuracy is None, not 0 or nan.")


def images():
    """A: the highest probability is the threshold, B: above, C: below; a small letter: not the label's."""
    thresholds = 0.625, 0.25, 0.5, 0.75, 0.875, 0.0, 0.5  # two digits of an image can reach 0.25
    kinds = "ABBBBBBabbCCCcccccc", "ABBBBabbbCCccc", "abbbCCCcc", "ABBBBcccCC", "CCCcccc", "BBBBbbb", "B"
    for threshold, of_images in zip(thresholds, kinds, strict=True):
        p, y, low = [], [], max(threshold, 0.2)
        for kind in random.sample(of_images, k=len(of_images)):
            highest = {"A": low, "B": random.uniform(low, 1), "C": 0.7 * low}[kind.upper()]
            second, place = 0.9 * min(highest, 1 - highest), torch.randperm(10)
            p.append(torch.tensor([highest, second] + [(1 - highest - second) / 8] * 8)[place])
            y.append(place.tolist().index(kind.islower()))
        yield torch.stack(p), torch.tensor(y), threshold


def two_floats(answer, p, y, threshold):
    found = answer(p, y, threshold)
    require(found is None or (isinstance(found, tuple) and len(found) == 2), PAIR)
    require(found is None or all(isinstance(x, float | np.floating | None) for x in found), FLOATS)
    require(found is None or found[1] is None or (p.amax(dim=1) >= threshold).any(), NOTHING)
    return found


def sure(is_sure=lambda top, own, bar: top >= bar, of=lambda right, s, top: right[s], none=None, then=None):
    """Make an answer_if_sure: which images are sure, and of what is the accuracy the mean?"""

    def answer_if_sure(p, y, threshold):
        top, own = p.amax(dim=1), p[torch.arange(len(y)), y]
        s = is_sure(top, own, threshold)
        accuracy = of((top == own).float(), s, top).mean().item() if s.any() else none
        return then(s.float().mean(), accuracy) if then else (s.float().mean().item(), accuracy)

    return answer_if_sure


exercise(
    "09.2",
    sure(),
    cases=images,
    run=two_floats,
    hints=(
        _("`p.max(dim=1)` gives both: the highest probability of each image, and its digit."),
        _("`sure = highest >= threshold` is a mask. The mean of a mask, as float, is a share."),
        _("`(y_hat == y)[sure]` keeps the answers that were given. Ask `sure.any()` before you take a mean."),
    ),
    correct=_("The bar may rise now: fewer answers, and you know how many more of them are right."),
    mistakes={
        PAIR: sure(then=lambda share, accuracy: [share, accuracy]),
        FLOATS: sure(then=lambda share, accuracy: (share, accuracy)),
        _("Exactly the threshold is sure enough: `at least`."): sure(lambda top, own, bar: top > bar),
        _("These are the images it is not sure of."): sure(lambda top, own, bar: top < bar),
        _("Look at the highest probability, not at the label's."): sure(lambda top, own, bar: own >= bar),
        _("The order: share first, then accuracy."): sure(then=lambda share, a: (a, share.item())),
        _("You divide by all images. Take the answered ones."): sure(of=lambda right, s, top: right * s),
        _("This is the accuracy on all images: count the answered."): sure(of=lambda right, s, top: right),
        _("That is how sure it is. How often is it right?"): sure(of=lambda right, s, top: top[s]),
        NOTHING: sure(none=0.0),
        _("If all are wrong, it is 0.0, not None."): sure(then=lambda s, a: (s.item(), a or None)),
    },
)
