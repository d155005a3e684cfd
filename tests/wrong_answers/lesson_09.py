"""Typical wrong answers to the exercises of lesson 09: number, answer, and what the check says to it."""

import torch
from torch import nn


def by_hand(subtract, sign=-1, reduce=torch.mean, dim=1):
    """Make a cross_entropy, right or with a mistake."""

    def cross_entropy(scores, y):
        scores = scores - subtract(scores)
        log_p = scores - scores.exp().sum(dim=dim, keepdim=True).log()
        return sign * reduce(log_p[torch.arange(len(y)), y])

    return cross_entropy


def row_max(scores):
    return scores.amax(dim=1, keepdim=True)


def divided_first(scores, y):
    powers = (scores - row_max(scores)).exp()
    p = powers / powers.sum(dim=1, keepdim=True)
    return -p[torch.arange(len(y)), y].log().mean()


def with_epsilon(scores, y):
    powers = (scores - row_max(scores)).exp()
    p = powers / powers.sum(dim=1, keepdim=True)
    return -(p[torch.arange(len(y)), y] + 1e-9).log().mean()


def no_logarithm(scores, y):
    return -torch.softmax(scores, dim=1)[torch.arange(len(y)), y].mean()


def all_digits(scores, y):
    return -torch.softmax(scores, dim=1).log().mean()


def changes_scores(scores, y):
    scores -= row_max(scores)
    return by_hand(row_max)(scores, y)


def sure(above=False, of_label=False, of_all=False, tensors=False, swap=False, fixed=None, none=None):
    """Make an answer_if_sure, right or with a mistake."""

    def answer_if_sure(p, y, threshold):
        threshold = fixed or threshold
        highest, y_hat = p.max(dim=1)
        if of_label:
            highest = p[torch.arange(len(y)), y]
        mask = highest > threshold if above else highest >= threshold
        if not mask.any() and none != "nan":
            return 0.0, none
        right = (y_hat == y).float()
        accuracy = {False: right[mask], "sure": right * mask, "right": right}[of_all].mean()
        share = mask.float().mean()
        if not tensors:
            share, accuracy = share.item(), accuracy.item()
        return (accuracy, share) if swap else (share, accuracy)

    return answer_if_sure


WRONG = [
    ("09.1", by_hand(lambda scores: 0), "For scores around 1,000 your loss is not finite"),
    ("09.1", by_hand(torch.max), "each row its own"),
    ("09.1", divided_first, "log of 0"),
    ("09.1", with_epsilon, "log of 0"),
    ("09.1", by_hand(row_max, sign=1), "The sign"),
    ("09.1", by_hand(row_max, reduce=torch.sum), "the sum over the images"),
    ("09.1", by_hand(row_max, dim=0), "not the cross-entropy"),
    ("09.1", by_hand(torch.max, dim=0), "The ten scores of an image are a row"),
    ("09.1", by_hand(row_max, reduce=lambda log_p: log_p), "a single number"),
    ("09.1", all_digits, "Only the right digit"),
    ("09.1", no_logarithm, "Where is the logarithm"),
    ("09.1", changes_scores, "changed scores"),
    ("09.1", lambda scores, y: nn.functional.cross_entropy(scores, y), "by hand"),
    ("09.1", lambda scores, y: by_hand(row_max)(scores, y).item(), "as a tensor"),
    ("09.2", sure(above=True), "at least"),
    ("09.2", sure(of_label=True), "not at the label's"),
    ("09.2", sure(of_all="sure"), "You divide by all images"),
    ("09.2", sure(of_all="right"), "the accuracy on all images"),
    ("09.2", sure(tensors=True), "Return floats, not Tensor and Tensor"),
    ("09.2", sure(swap=True), "The order"),
    ("09.2", sure(none="nan"), "and not nan"),
    ("09.2", sure(none=0.0), "and not 0.0"),
    ("09.2", sure(fixed=0.96), "images are sure enough"),
    ("09.2", lambda p, y, threshold: list(sure()(p, y, threshold)), "as a tuple"),
]
