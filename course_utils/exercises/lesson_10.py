"""Judges for the exercises of lesson 10."""

import random

import torch
import torch.nn.functional as F

from course_utils.exercises import NotYet, call, close, exercise, require


def _uses(answer, *names: str) -> bool:
    """Tell whether a function mentions one of the names."""
    return not set(names).isdisjoint(getattr(getattr(answer, "__code__", None), "co_names", ()))


@exercise(
    "10.1",
    hints=(
        "Each pixel of the result must be a pixel of the picture: one weight is 1, the others are 0.",
        "After a move to the right, a pixel shows what was its LEFT neighbour.",
        "The centre of the kernel lies on the pixel itself: the 1 stands beside the centre.",
    ),
    correct="One weight off the centre moves the whole picture.",
)
def kernel(answer):
    require(isinstance(answer, torch.Tensor), "kernel must be a tensor: torch.tensor([[...], [...], [...]]).")
    require(answer.shape == (3, 3), f"kernel must have shape (3, 3); yours has {tuple(answer.shape)}.")
    require(answer.dtype == torch.float32, f"kernel has {answer.dtype}: a picture of floats needs float32.")
    picture = torch.rand(6, 8) + 0.1
    found = F.conv2d(picture[None, None], answer.detach().cpu()[None, None], padding=1)[0, 0]

    def moved(down, right):
        return F.pad(picture, (1, 1, 1, 1))[1 - down : 7 - down, 1 - right : 9 - right]

    require(not close(found, picture), "The picture stays where it is.")
    left = (
        "The picture moves to the left: `conv2d` does not turn the kernel over. Which neighbour do you show?"
    )
    require(not close(found, moved(0, -1)), left)
    for down in (-1, 1):
        for right in (-1, 0, 1):
            upright = f"The picture moves {'down' if down == 1 else 'up'}" + " and sideways" * (right != 0)
            require(not close(found, moved(down, right)), f"{upright}. Rows first, then columns.")
    expected = moved(0, 1)
    seen = answer[answer != 0]
    require(len(seen) > 0, "All weights are 0: nothing of the picture is left.")
    brighter = len(seen) == 1 and close(found, seen[0] * expected)
    require(not brighter or close(seen[0], 1.0), "It moves to the right, but the brightness changes.")
    several = "Your kernel mixes several pixels. One neighbour is enough."
    require(len(seen) == 1 or close(found, expected), several)
    require(close(found, expected), "A random picture is not moved one pixel to the right.")


@exercise(
    "10.2",
    hints=(
        "Draw a side of 7 cells and a kernel of 3. How many places are there? And with one cell padded?",
        "The padding adds rows on both sides. The kernel can move on by `size + 2 * padding - kernel_size`.",
        "Of these rows only each `stride`-th is a place, rounded down; and the place at the start counts.",
    ),
    correct="You can follow a picture through any network now, layer by layer.",
)
def output_size(answer):
    borrowed = _uses(answer, "Conv2d", "conv2d", "MaxPool2d", "max_pool2d")
    require(not borrowed, "Count without a convolution: PyTorch's is the judge here.")
    for stage in range(5):
        kernel_size, stride, places = random.randint(2, 5), random.randint(3, 5), random.randint(4, 8)
        padding = random.randint(1, kernel_size // 2)
        if stage == 0:
            stride, padding, why = 1, 0, "The kernel's first place counts, and it must not stick out."
        elif stage == 1:
            stride, why = 1, "The padding adds rows above and below."
        elif stage == 2:
            padding, why = 0, "The kernel moves by `stride` rows at a time, and its first place counts."
        else:
            why = "A last step that would stick out does not count."
        rest = {3: 1, 4: stride - 1}.get(stage, 0)
        size = places * stride + kernel_size - 2 * padding + rest
        case = f"size={size}, kernel_size={kernel_size}, stride={stride}, padding={padding}"
        found = call(answer, size, kernel_size, stride, padding)
        whole = isinstance(found, int) and not isinstance(found, bool)
        require(whole, f"Return a whole number: {found!r} is none. Is it `//` and not `/`?")
        one = torch.zeros(1, 1, kernel_size, kernel_size)
        expected = F.conv2d(torch.zeros(1, 1, size, size), one, stride=stride, padding=padding).shape[-2]
        require(found == expected, f"For {case} you count {found}. {why}")


@exercise(
    "10.3",
    hints=(
        "How many patches fit, in each direction? `height // k` and `width // k`: the result's shape.",
        "With loops: the patch of (row, column) is `image[row*k : row*k + k, column*k : column*k + k]`.",
        "With `reshape`: cut off what is left over, `reshape(rows, k, columns, k)`, then `amax(dim=(1, 3))`.",
    ),
    correct="A quarter of the numbers is left for k = 2, and the strongest ones.",
)
def max_pool(answer):
    borrowed = _uses(answer, "MaxPool2d", "max_pool2d", "AdaptiveMaxPool2d", "adaptive_max_pool2d")
    require(not borrowed, "Do it without PyTorch's pooling: it is the judge here.")
    for k, lines, columns in ((2, 0, 0), (3, 0, 0), (2, 1, 1), (3, 0, 2), (4, 3, 0)):
        rows = random.randint(2, 4)
        height, width = rows * k + lines, (rows + random.randint(1, 2)) * k + columns
        image = -0.5 - torch.rand(height, width)  # no number is above 0
        expected = F.max_pool2d(image[None, None], k)[0, 0]
        given = image.clone()
        found = call(answer, given, k)
        require(isinstance(found, torch.Tensor), "Return a tensor.")
        require(torch.equal(given, image), "Your code changed the image.")
        shapes = f"An image {(height, width)} with k = {k} needs the shape {tuple(expected.shape)}"
        size = f"{shapes}; yours is {tuple(found.shape)}. Patches do not overlap; a rest is left out."
        require(found.shape == expected.shape, size)
        if close(found, expected):
            continue
        cut = image[: height - lines, : width - columns][None, None]
        along = cut.reshape(*expected.shape, k * k).amax(dim=2)
        for other, message in (
            (F.avg_pool2d(cut, k)[0, 0], "You average the patches. Take their largest numbers."),
            (-F.max_pool2d(-cut, k)[0, 0], "These are the smallest numbers. Take the largest."),
            (along, "You take k · k numbers that stand in a row. A patch is k rows high and k columns wide."),
        ):
            require(not close(found, other), message)
        zeros = "There are zeros, but all numbers of this image are below 0: where do they come from?"
        require(not (found == 0).any(), zeros)
        raise NotYet(f"For an image {(height, width)} with k = {k} some numbers are not right.")
