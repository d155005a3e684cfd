"""Judges for the exercises of lesson 05."""

import random

import torch
from torch.utils.data import DataLoader

from course_utils.exercises import call, close, exercise, require


@exercise(
    "05.1",
    hints=(
        "How many full batches are in n samples, and how many samples are left?",
        "`n // batch_size` and `n % batch_size` answer both questions; `divmod` gives the two at once.",
        "What is left makes one more batch, unless nothing is left or `drop_last` is true.",
    ),
    correct="This is what len(train_loader) says, and so the number of steps in an epoch.",
)
def count_batches(answer):
    names = getattr(getattr(answer, "__code__", None), "co_names", ())
    require("DataLoader" not in names, "Count without a DataLoader: it is the judge here.")
    batch_size, full = random.randint(3, 9), random.randint(3, 9)
    for n, drop_last in (
        (full * batch_size + random.randint(1, batch_size - 1), False),
        (full * batch_size + random.randint(1, batch_size - 1), True),
        (full * batch_size, False),
        (full * batch_size, True),
        (batch_size - 1, False),
        (batch_size - 1, True),
        (full, False),
    ):
        size = 1 if n == full else batch_size
        found = call(answer, n, size, drop_last)
        whole = isinstance(found, int) and not isinstance(found, bool)
        require(whole, f"Return a whole number: {found!r} is none.")
        expected = len(DataLoader(range(n), batch_size=size, drop_last=drop_last))
        case = f"n = {n}, batch_size = {size}, drop_last = {drop_last}"
        parts = f"{n // size} batches are full, and {n % size or 'no'} samples are left over"
        require(found == expected, f"For {case} you count {found}, but {parts}.")


@exercise(
    "05.2",
    hints=(
        "One order serves both tensors: draw it once, and index X and y with it.",
        "`torch.randperm(len(X), generator=generator)` is the order; `.split(batch_size)` cuts it.",
        "For each piece, called `rows`, one pair `(X[rows], y[rows])`.",
    ),
    correct="This is the heart of a DataLoader with shuffle=True, without its overhead.",
)
def shuffled_batches(answer):
    for rest in (random.randint(1, 3), 0):  # with a short last batch, and without
        batch_size = random.randint(4, 6)
        n = 8 * batch_size + rest
        X = torch.randn(n, 2)
        y = 3 * X[:, :1] - X[:, 1:]  # each label names its sample
        generator = torch.Generator().manual_seed(random.randrange(10**9))
        before = generator.get_state()
        given = X.clone(), y.clone()
        first = call(answer, *given, batch_size, generator)
        unspoiled = close(given[0], X, 0) and close(given[1], y, 0)
        require(unspoiled, "Your code changed X or y. Index them, which makes new tensors.")
        pairs = isinstance(first, list) and all(isinstance(p, tuple | list) and len(p) == 2 for p in first)
        require(pairs, "Return a list of pairs (X_batch, y_batch).")
        tensors = all(isinstance(tensor, torch.Tensor) for pair in first for tensor in pair)
        require(tensors, "Each pair must hold two tensors, X_batch and y_batch.")
        X_sizes, y_sizes = ([len(pair[i]) for pair in first] for i in range(2))
        sizes = [batch_size] * 8 + [rest] * (rest > 0)
        wrong_sizes = f"{n} samples in batches of {batch_size} need the sizes {sizes}; yours: {X_sizes}."
        require(
            X_sizes != sizes[:8] or rest == 0, f"The last {rest} samples are missing: the short batch counts."
        )
        require(X_sizes == sizes == y_sizes, wrong_sizes)
        X_seen, y_seen = (torch.cat([pair[i] for pair in first]) for i in range(2))
        shapes = (
            f"X has shape {tuple(X.shape)} and y {tuple(y.shape)}: all batches together must have them too."
        )
        require(X_seen.shape == X.shape and y_seen.shape == y.shape, shapes)
        require(not close(X_seen, X), "The samples come in their old order. Shuffle them.")
        once = close(X_seen.sort(dim=0).values, X.sort(dim=0).values)
        require(once, "Some samples come twice and others never. Each must come exactly once.")
        labels = "A sample has got another's label: X and y need the same order, drawn once."
        require(close(y_seen, 3 * X_seen[:, :1] - X_seen[:, 1:]), labels)
        unused = "The order does not come from `generator`: hand it to what draws."
        require(not torch.equal(generator.get_state(), before), unused)
        second = call(answer, *given, batch_size, generator)
        again = "A second call gave the same order. Do not seed the generator anew: use it as it is."
        require(not close(torch.cat([X_batch for X_batch, _ in second]), X_seen), again)
        generator.set_state(before)
        third = call(answer, *given, batch_size, generator)
        require(close(torch.cat([X_batch for X_batch, _ in third]), X_seen), unused)


@exercise(
    "05.3",
    hints=(
        "A column of ones next to X makes the bias one more weight: three parameters, one closed form.",
        "The gradient of the mean squared error is `2 / n * A.T @ (A @ theta - y)`; autograd gives the same.",
        "Count from 1, `range(1, 1001)`; after each step compare the LARGEST difference with 0.01.",
        "Here each step leaves about `1 - 2 * lr` of the error. Which `lr` would leave nothing?",
    ),
    correct="With all samples in each step there is no noise, and a large learning rate gets there at once.",
)
def steps_needed(answer):
    def steps(X, y, *lr):
        found = call(lambda: (answer(X.clone(), y.clone(), *lr),))[0]  # None is allowed
        number = found is None or (isinstance(found, int) and not isinstance(found, bool))
        require(number, f"Return a whole number of steps, or None; {found!r} is neither.")
        return found

    for bias, lr in ((5, 0.05), (0.5, 0.04)):  # the bias is last to arrive, then a weight
        X, y, right, wrong = _problem(bias, lr)
        found = steps(X, y, lr)
        nothing = (
            f"You return None, but about {round(right, -1)} steps are enough here. Is there a `return`? "
            "Does each step start with fresh gradients? Is the closed form that of X and y, with a bias?"
        )
        require(found is not None, nothing)
        for message, count in wrong.items():
            require(found != count, message)
        other = f"For lr = {lr}, {found} steps is not right. Start from zero, and use all samples."
        require(found == right, other)
    too_slow = "After 1,000 steps it was not there yet: return None."
    require(steps(X, y, lr / 40) is None, too_slow)
    diverged = "With lr = 1.5 the parameters run away, to nan: return None. What is `nan > 0.01`?"
    require(steps(X, y, 1.5) is None, diverged)
    generator = torch.Generator().manual_seed(0)  # the data of section 1
    X = torch.randn(1000, 2, generator=generator)
    noise = torch.randn(1000, 1, generator=generator)
    found = steps(X, X @ torch.tensor([[2.0], [-3.4]]) + 4.2 + 0.01 * noise)
    outcome = "does not get there" if found is None else f"needs {found} steps"
    better = f"The function is right. Now your default of lr: it {outcome} on the data of section 1."
    require(found is not None and found < 10, better)


def _problem(bias: float, lr: float):
    """Draw samples for which no wrong way of counting agrees with the right one, by chance or by rounding."""
    while True:
        X = torch.randn(8, 2)
        signs = torch.randint(2, (3, 1)) * 2.0 - 1
        y = X @ (signs[:2] * (1.5 + torch.rand(2, 1))) + signs[2] * (bias + torch.rand(1))
        y = y + 0.1 * torch.randn(8, 1)
        errors = _errors(X, y, lr)
        right = _arrival(errors.max(dim=1).values)
        of_weights, of_bias = _arrival(errors[:, :2].max(dim=1).values), _arrival(errors[:, 2])
        some, of_some, of_last = (
            ("bias has", of_bias, of_weights) if bias < 1 else ("weights have", of_weights, of_bias)
        )
        of_one = _arrival(errors.min(dim=1).values)
        half, summed = (_arrival(_errors(X, y, rate).max(dim=1).values) for rate in (lr / 2, 8 * lr))
        wrong = {
            "One too few: after the first step the count is 1.": right and right - 1,
            "One too many: the step that arrives is the last.": right and right + 1,
            f"You stop when the {some} arrived. Every parameter must.": of_some,
            "You stop when one parameter has arrived. Every one must.": of_one,
            "Your steps are too short by half: a square has a 2 in its gradient.": half,
            "Your steps are n times too long: the loss is the mean, and no sum.": summed,
        }
        counts = [right, *wrong.values()]
        distinct = None not in counts and len(set(counts)) == len(counts)
        if distinct and of_last == right <= 200:
            return X, y, right, wrong


def _errors(X, y, lr):
    """Distances of weights and bias from the closed form after 0, 1, … 1000 steps, of shape (1001, 3)."""
    A = torch.cat([X, torch.ones(len(X), 1)], dim=1).double()
    exact = torch.linalg.lstsq(A, y.double()).solution  # gradient descent starts at zero, so far away
    values, vectors = torch.linalg.eigh(A.T @ A / len(A))
    shrunk = (1 - 2 * lr * values) ** torch.arange(1001).unsqueeze(1)
    return (shrunk * (vectors.T @ exact).squeeze(1) @ vectors.T).abs()


def _arrival(largest):
    """Number of the first step with an error under 0.01; None if there is none, or rounding could decide."""
    arrived = (largest < 0.01).nonzero()
    step = int(arrived[0]) if len(arrived) else 0
    return step if step and largest[step] < 0.00998 and largest[step - 1] > 0.01002 else None
