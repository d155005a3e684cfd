"""Typical wrong answers to the exercises of lesson 01: number, answer, and what the check says to it."""

import torch


def mse_sum(y_hat, y):
    return ((y_hat - y) ** 2).sum()


WRONG = [
    ("01.1", mse_sum, "Take their mean"),
    ("01.1", lambda y_hat, y: (y_hat - y).abs().mean(), "Square them"),
    ("01.1", lambda y_hat, y: ((y_hat - y) ** 2).mean(), "there was no error"),
    ("01.1", lambda y_hat, y: 0.5, "as a tensor"),
    ("01.2", lambda X: (X - X.mean()) / X.std(), "one mean for all"),
    ("01.2", lambda X: X - X.mean(dim=0), "divide by each column's std"),
    ("01.2", lambda X: (X - X.mean(dim=0)) / X.std(dim=0), "Your code raised"),
    ("01.3", lambda A, B: ((A.unsqueeze(1) - B) ** 2).sum(dim=2), "square root"),
    ("01.3", lambda A, B: torch.cdist(B, A), "turned"),
    ("01.3", lambda A, B: (A.unsqueeze(1) - B).abs().sum(dim=2), "Pythagoras"),
    ("01.3", lambda A, B: torch.ones(4, 6), "not right"),
]
