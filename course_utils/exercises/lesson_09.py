"""Judges for the exercises of lesson 09."""

import random

import torch
from torch.nn import functional as F

from course_utils.exercises import NotYet, call, close, exercise, require


@exercise(
    "09.1",
    hints=(
        "Which number, subtracted from a row, makes sure that no `exp` of the row is above 1?",
        "Subtract each row's largest score: `scores.amax(dim=1, keepdim=True)`.",
        "Do not divide and take the logarithm then: `scores - scores.exp().sum(dim=1, keepdim=True).log()`.",
        "Of these, pick each row's right digit with `[torch.arange(len(y)), y]`; minus their mean.",
    ),
    correct="This is what `CrossEntropyLoss` does inside, and why it wants scores and no probabilities.",
)
def cross_entropy(answer):
    borrowed = {"cross_entropy", "CrossEntropyLoss", "log_softmax", "LogSoftmax"}
    names = getattr(getattr(answer, "__code__", None), "co_names", ())
    require(not borrowed & set(names), "Compute it by hand: PyTorch's is the judge here.")
    first = random.randrange(10)  # a digit with high scores in each row, and never the right one
    y = (first + torch.randint(1, 10, (12,))) % 10
    scores = torch.randn(12, 10)
    scores[:, first] += 7
    expected = F.cross_entropy(scores, y)
    given = scores.clone(), y.clone()
    found = call(answer, *given)
    require(isinstance(found, torch.Tensor), "Return the loss as a tensor, without .item().")
    unspoilt = torch.equal(given[0], scores) and torch.equal(given[1], y)
    require(unspoilt, "Your code changed scores or y: `-=` does that. Make a new tensor.")
    log_p = F.log_softmax(scores, dim=1)
    if not close(found, expected):
        require(not close(found, -expected), "The sign: a loss is not negative.")
        require(not close(found, 12 * expected), "You return the sum over the images. Take their mean.")
        columns = F.nll_loss(F.log_softmax(scores, dim=0), y)
        require(
            not close(found, columns), "You add up over the images. The ten scores of an image are a row."
        )
        all_digits = close(found, -log_p.mean()) or close(found, -log_p.sum(dim=1).mean())
        require(not all_digits, "You average over all digits. Only the right digit of each row counts.")
        mean_p = -log_p.exp()[torch.arange(12), y].mean()
        require(not close(found, mean_p) and not close(found, -mean_p), "Where is the logarithm?")
        require(found.shape == (), f"The loss is a single number; yours has shape {tuple(found.shape)}.")
        raise NotYet("Even for small scores the number is not the cross-entropy.")
    below = 1000 * torch.linspace(-1, 1, 12).unsqueeze(1)  # each row has its own level
    for large, message in (
        (scores + 1000, "For scores around 1,000"),
        (scores + below, "For images with scores around 1,000 and others around -1,000 (each row its own)"),
        (100 * scores, "For a right digit that is as good as impossible (log of 0?)"),
    ):
        found = call(answer, large.clone(), y.clone())
        what = "not finite" if not found.isfinite().all() else "wrong"
        require(close(found, F.cross_entropy(large, y), 1e-3), f"{message} your loss is {what}.")


def _answers(threshold: float):
    """Draw probabilities and labels: sure or not, right or wrong, in numbers that betray each mistake."""
    sure_right, sure_wrong = random.randint(6, 9), random.randint(3, 4)
    right, wrong = random.randint(2, 4), random.randint(5, 8)
    n = sure_right + sure_wrong + right + wrong
    sure = torch.arange(n) < sure_right + sure_wrong
    highest = torch.where(
        sure, threshold + 0.2 * torch.rand(n), threshold - 0.25 * torch.rand(n).clamp(min=0.1)
    )
    highest[0] = highest[sure_right] = threshold  # exactly: one right, one wrong
    hits = torch.tensor([True] * sure_right + [False] * sure_wrong + [True] * right + [False] * wrong)
    y_hat = torch.randint(10, (n,))
    p = ((1 - highest) / 9).unsqueeze(1).repeat(1, 10)
    p[torch.arange(n), y_hat] = highest
    y = torch.where(hits, y_hat, (y_hat + torch.randint(1, 10, (n,))) % 10)
    order = torch.randperm(n)
    return p[order], y[order], n, sure_right, sure_wrong, right


@exercise(
    "09.2",
    hints=(
        "`p.max(dim=1)` gives both: the highest probability of each image, and its digit.",
        "`sure = highest >= threshold` is a mask. The mean of a mask, as float, is a share.",
        "`(y_hat == y)[sure]` keeps the answers that were given. Ask `sure.any()` before you take a mean.",
    ),
    correct="The bar may rise now: fewer answers, and you know how many more of them are right.",
)
def answer_if_sure(answer):
    threshold = random.choice((0.5, 0.625, 0.75))
    p, y, n, sure_right, sure_wrong, right = _answers(threshold)
    sure = sure_right + sure_wrong

    def pair(threshold):
        given = p.clone(), y.clone()
        found = call(answer, *given, threshold)
        two = isinstance(found, tuple) and len(found) == 2
        require(two, "Return two numbers as a tuple: share, accuracy.")
        require(torch.equal(given[0], p) and torch.equal(given[1], y), "Your code changed p or y.")
        return found

    share, accuracy = pair(threshold)
    floats = isinstance(share, float) and isinstance(accuracy, float | None)
    kinds = f"{type(share).__name__} and {type(accuracy).__name__}"
    require(floats, f"Return floats, not {kinds}: a tensor has .item() for that.")
    above = (sure - 2) / n
    require(not close(share, above), "A probability of exactly the threshold is sure enough: `at least`.")
    require(
        not close(share, sure_right / n), "To be sure, look at the highest probability, not at the label's."
    )
    swapped = accuracy is not None and close(share, sure_right / sure) and close(accuracy, sure / n)
    require(not swapped, "The order: the share first, then the accuracy.")
    require(close(share, sure / n), f"{sure} of {n} images are sure enough; your share is {share:.3f}.")
    require(accuracy is not None, "Some images are answered, so there is an accuracy: why None?")
    per_all = "You divide by all images. The accuracy is on the answered ones."
    require(not close(accuracy, sure_right / n), per_all)
    everything = "This is the accuracy on all images. Count the answered ones only."
    require(not close(accuracy, (sure_right + right) / n), everything)
    require(close(accuracy, sure_right / sure), "The share is right, the accuracy is not.")

    share, accuracy = pair(0.0)
    all_answered = close(share, 1.0) and close(accuracy, (sure_right + right) / n)
    require(all_answered, "With a threshold of 0 every image is answered: is the threshold used?")
    share, accuracy = pair(0.99)
    require(accuracy is None, f"Nothing is answered at 0.99: the accuracy is None, and not {accuracy!r}.")
    require(
        isinstance(share, float) and share == 0,
        f"Nothing is answered at 0.99: the share is 0.0, not {share!r}.",
    )
