"""Judges for the exercises of lesson 04."""

from math import nan

import torch

from course_utils.exercises import NotYet, call, close, exercise, require


@exercise(
    "04.1",
    hints=(
        "Write it down for one day: which k values are known on the evening before day i?",
        "`values[i - k : i]` are these days: a slice leaves out its end.",
        "Take the mean of that slice for each i from k to n - 1, and `torch.stack` the means.",
    ),
    correct="It uses only what is known the evening before, as an honest baseline must.",
)
def mean_of_days(answer):
    values = 50 + 20 * torch.randn(25)
    for k in (4, 2):
        windows = values.unfold(0, k, 1)  # (n - k + 1, k)
        found = call(answer, values.clone(), k)
        require(isinstance(found, torch.Tensor), "Return a tensor, with one number for each forecast.")
        too_many = f"For 25 values and k = {k} there is one forecast too many: no day 25 is in `values`."
        require(found.shape != (26 - k,), too_many)
        shapes = f"25 values and k = {k} need the shape ({25 - k},); yours is {tuple(found.shape)}."
        require(found.shape == (25 - k,), shapes)
        late = "Your forecast of a day uses the day itself. What is known the evening before?"
        require(not close(found, windows.mean(dim=1)[1:]), late)
        require(not close(found, windows.sum(dim=1)[:-1]), "You add the days up. Take their mean.")
        require(not close(found, values[:-k]), f"You take one day, {k} days before, and no mean of {k} days.")
        all_before = (values.cumsum(dim=0) / torch.arange(1, 26))[k - 1 : -1]
        require(not close(found, all_before), f"You average all days before. Only the last {k} count.")
        wrong = f"For k = {k} the forecasts are not the means of the {k} days before. Try three days by hand."
        require(close(found, windows.mean(dim=1)[:-1]), wrong)


@exercise(
    "04.2",
    hints=(
        "Begin with the shapes: all three must be the same, or it is a `ValueError`.",
        "Two mean squared errors, each against y; then one divided by the other.",
        "`1 - (mse / mse_baseline).item()`",
    ),
    correct="One number tells whether a forecast is worth more than its baseline.",
)
def skill(answer):
    y, *errors = torch.randn(3, 50)
    a, b = (error / error.square().mean().sqrt() for error in errors)
    y, a, b = 60 + 10 * y, (1 + torch.rand(1)) * a, 4 * b  # the forecast is two to four times as good
    ratio = (a.square().mean() / b.square().mean()).item()
    found = call(answer, y + a, y + b, y.clone())
    require(isinstance(found, int | float), "Return a plain number and not a tensor: .item() makes one.")
    require(not close(found, ratio), "This is the ratio of the errors. The skill is 1 minus it.")
    require(not close(found, 1 - 1 / ratio), "The ratio is upside down: the baseline's error divides.")
    require(
        not close(found, 1 - ratio**0.5), "You divide the RMSEs. The skill compares the mean SQUARED errors."
    )
    absolute = (a.abs().mean() / b.abs().mean()).item()
    require(not close(found, 1 - absolute), "You average the absolute errors. Square them.")
    wrong = f"With mean squared errors in the ratio {ratio:.3f}, a skill of {found:.3f} is not right."
    require(close(found, 1 - ratio, 1e-4), wrong)
    worse = call(answer, y + b, y + a, y.clone())
    negative = f"A forecast worse than the baseline has a negative skill; yours is {worse}."
    require(close(worse, 1 - 1 / ratio, 1e-3), negative)
    for place in range(3):
        inputs = [y + a, y + b, y.clone()]
        inputs[place] = inputs[place].unsqueeze(1)
        shapes = "For the shapes " + ", ".join(str(tuple(tensor.shape)) for tensor in inputs)
        try:
            answer(*inputs)
        except ValueError:
            continue
        except Exception as error:
            raise NotYet(f"{shapes}, raise a ValueError and not {type(error).__name__}.") from None
        raise NotYet(f"{shapes} there was no ValueError: broadcasting made a wrong number of them.")


@exercise(
    "04.3",
    hints=(
        "Remember two things while you walk: the smallest loss so far, and its epoch.",
        "`epoch - best_epoch` is how many epochs in a row have brought nothing new.",
        "Start with `math.inf` as the smallest loss; `loss < smallest` is false for `nan`, all by itself.",
    ),
    correct="You stop without knowing the future, and keep the best epoch you have seen.",
)
def stop_early(answer):
    def epoch_for(losses, patience):
        given = list(losses)
        found = call(answer, given, patience)
        require(given == losses, "Your code changed the list of losses. Only read it.")
        require(not isinstance(found, float) or found not in losses, "This is a loss. Return its epoch.")
        require(isinstance(found, int), f"Return an epoch: a whole number, and not {type(found).__name__}.")
        return found

    scale = 1 + 0.9 * torch.rand(1).item()
    patience, start = torch.randint(3, 6, (2,)).tolist()
    first_bump = [8 - i / 2 for i in range(patience - 1)]
    second_bump = [8 - i / 2 for i in range(patience)]
    losses = [*range(start + 4, 4, -1), *first_bump, 4, 4.5, 3, *second_bump, 1, 2]
    losses = [scale * loss for loss in losses]
    best = start + patience + 2  # where the 3 is
    found = epoch_for(losses, patience)
    require(found != best - 1, "One too small: the epochs are counted from 1.")
    require(found != best + patience, "This is the epoch at which you stop. Which one had the smallest loss?")
    too_soon = f"You stopped too soon: only {patience - 1} epochs in a row were without a new smallest loss."
    require(found != start, too_soon)
    in_a_row = "The bad epochs must be in a row: a new smallest loss starts the count anew."
    require(found != start + patience, in_a_row)
    too_late = f"You went on after {patience} epochs in a row without a loss below the smallest so far."
    require(found <= best + patience, too_late)
    wrong = f"For patience {patience} and {[round(loss, 1) for loss in losses]}, {found} is not the epoch."
    require(found == best, wrong)
    to_the_end = "When the losses end before the patience does, return the best epoch of all."
    require(epoch_for(losses[: best + 1], patience) == best, to_the_end)
    ties = [scale * loss for loss in (4, 3, 3, 3, 1)]
    require(epoch_for(ties, 2) == 2, "A loss equal to the smallest is not a new smallest loss.")
    middle = [4 * scale, 3 * scale, nan, nan, scale]
    require(
        epoch_for(middle, 2) == 2, "A nan counted as a new smallest loss. What is `nan < 3`, and `nan >= 3`?"
    )
    require(
        epoch_for([nan, *middle], 2) == 3, "If the first loss is a nan, nothing is smaller. Start elsewhere."
    )
