"""Right answers in unusual dress to the exercises of lesson 09."""

import numpy as np


def chosen_by_mistakes(y_hat_val, y_val, y_hat_test, y_test):
    name = min(y_hat_val, key=lambda name: (y_hat_val[name] - y_val).count_nonzero())
    return name, np.mean(y_hat_test[name].numpy() == y_test.numpy())


def sure_in_a_loop(p, y, threshold):
    given = [row.argmax() == label for row, label in zip(p, y, strict=True) if max(row) >= threshold]
    return len(given) / len(p), (sum(map(int, given)) / len(given) if given else None)


def sure_in_numpy(p, y, threshold):
    p, y = p.numpy(), y.numpy()
    sure = p.max(axis=1) >= threshold
    return np.mean(sure), (np.mean(p[sure].argmax(axis=1) == y[sure]) if sure.any() else None)


RIGHT = {"09.1": [chosen_by_mistakes], "09.2": [sure_in_a_loop, sure_in_numpy]}
