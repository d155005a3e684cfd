"""The toy exercise of lesson 00."""

from course_utils.exercises.frame import _, exercise


@exercise(
    "00.1",
    _("What is twice 3? Which Python operator gives it?"),
    _("`return 2 * x`"),
    cases=lambda: [(3,), (-1.5,), (0,), (10,)],
    correct=_("That is all there is to an exercise. From now on they are about PyTorch."),
    mistakes={
        _("You return the square. The double of 3 is 6."): lambda x: x**2,
        _("You add 2. The double of 3 is 6."): lambda x: x + 2,
        _("Half is the wrong way round: the double of 3 is 6."): lambda x: x / 2,
    },
)
def double(x):
    return 2 * x
