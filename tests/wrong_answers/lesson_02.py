"""Typical wrong answers to the exercises of lesson 02: number, answer, and what the check says to it."""

import torch


def slope_as_tensor(f, x):
    x = torch.tensor(float(x), requires_grad=True)
    f(x).backward()
    return x.grad


def slope_not_recorded(f, x):
    x = torch.tensor(float(x))
    f(x).backward()
    return x.grad.item()


def slope_of_decimals_only(f, x):
    x = torch.tensor(x, requires_grad=True)
    f(x).backward()
    return x.grad.item()


def slope_without_backward(f, x):
    x = torch.tensor(float(x), requires_grad=True)
    f(x)
    return x.grad.item()


def slope_at_one(f, x):
    x = torch.tensor(1.0, requires_grad=True)
    f(x).backward()
    return x.grad.item()


def chain(x, y, w1, w2):
    """Forward, and back as far as y_hat."""
    h = torch.tanh(w1 * x)
    return h, 2 * (w2 * h - y)


def swapped(x, y, w1, w2):
    h, y_hat_grad = chain(x, y, w1, w2)
    return y_hat_grad * h, y_hat_grad * w2 * (1 - h**2) * x


def without_two(x, y, w1, w2):
    h, y_hat_grad = chain(x, y, w1, w2)
    return y_hat_grad / 2 * w2 * (1 - h**2) * x, y_hat_grad / 2 * h


def wrong_sign(x, y, w1, w2):
    h, y_hat_grad = chain(x, y, w1, w2)
    return -y_hat_grad * w2 * (1 - h**2) * x, -y_hat_grad * h


def without_h(x, y, w1, w2):
    h, y_hat_grad = chain(x, y, w1, w2)
    return y_hat_grad * w2 * (1 - h**2) * x, y_hat_grad


def without_tanh(x, y, w1, w2):
    h, y_hat_grad = chain(x, y, w1, w2)
    return y_hat_grad * w2 * x, y_hat_grad * h


def z_squared(x, y, w1, w2):
    h, y_hat_grad = chain(x, y, w1, w2)
    return y_hat_grad * w2 * (1 - (w1 * x) ** 2) * x, y_hat_grad * h


def without_x(x, y, w1, w2):
    h, y_hat_grad = chain(x, y, w1, w2)
    return y_hat_grad * w2 * (1 - h**2), y_hat_grad * h


def without_w2(x, y, w1, w2):
    h, y_hat_grad = chain(x, y, w1, w2)
    return y_hat_grad * (1 - h**2) * x, y_hat_grad * h


def tanh_of_y_hat(x, y, w1, w2):
    h, y_hat_grad = chain(x, y, w1, w2)
    return y_hat_grad * w2 * (1 - torch.tanh(w2 * h) ** 2) * x, y_hat_grad * h


def with_backward(x, y, w1, w2):
    w1, w2 = w1.clone().requires_grad_(), w2.clone().requires_grad_()
    ((w2 * torch.tanh(w1 * x) - y) ** 2).backward()
    return w1.grad, w2.grad


def descend(f, start, lr, num_steps=200, empty=True):
    x = torch.tensor(float(start), requires_grad=True)
    for _ in range(num_steps):
        f(x).backward()
        with torch.no_grad():
            x -= lr * x.grad
        if empty:
            x.grad = None
    return x.detach()


def lowest_of(f, ends):
    return min((end for end in ends if f(end).isfinite()), key=f).item()


def first_start(f, starts, lr):
    return descend(f, starts[0], lr).item()


def last_start(f, starts, lr):
    return [descend(f, start, lr).item() for start in starts][-1]


def smallest_end(f, starts, lr):
    return min(descend(f, start, lr).item() for start in starts)


def nan_wins(f, starts, lr):
    return min((descend(f, start, lr) for start in starts), key=f).item()


def minus_infinity_wins(f, starts, lr):
    best, height = None, float("inf")
    for start in starts:
        end = descend(f, start, lr)
        if f(end) < height:
            best, height = end.item(), f(end)
    return best


def never_empties(f, starts, lr):
    return lowest_of(f, [descend(f, start, lr, empty=False) for start in starts])


def uphill(f, starts, lr):
    return lowest_of(f, [descend(f, start, -lr) for start in starts])


def one_step_short(f, starts, lr):
    return lowest_of(f, [descend(f, start, lr, 199) for start in starts])


def own_lr(f, starts, lr):
    return lowest_of(f, [descend(f, start, 0.03) for start in starts])


def height(f, starts, lr):
    return min(f(descend(f, start, lr)).item() for start in starts)


def as_tensor(f, starts, lr):
    return min((descend(f, start, lr) for start in starts), key=f)


WRONG = [
    ("02.1", slope_as_tensor, "You return a tensor"),
    ("02.1", slope_not_recorded, "does not require grad"),
    ("02.1", slope_of_decimals_only, "floating point"),
    ("02.1", slope_without_backward, "Your code raised AttributeError"),
    ("02.1", slope_at_one, "Is it taken at x?"),
    ("02.1", lambda f, x: f(torch.tensor(float(x))).item(), "How steep is it?"),
    ("02.1", lambda f, x: (f(x + 1e-6) - f(x)) / 1e-6, "rise over run"),
    ("02.1", lambda f, x: 12.0, "never calls f"),
    ("02.2", swapped, "swapped"),
    ("02.2", without_two, "slope of a square"),
    ("02.2", wrong_sign, "wrong sign"),
    ("02.2", without_h, "which number is w2 multiplied by"),
    ("02.2", without_tanh, "through tanh is missing"),
    ("02.2", z_squared, "You square z itself"),
    ("02.2", without_x, "from z to w1"),
    ("02.2", without_w2, "from y_hat to tanh"),
    ("02.2", tanh_of_y_hat, "link by link"),
    ("02.2", with_backward, "without autograd"),
    ("02.2", lambda x, y, w1, w2: 2 * (w2 * torch.tanh(w1 * x) - y), "Return two tensors"),
    ("02.3", first_start, "higher valley"),
    ("02.3", last_start, "higher valley"),
    ("02.3", smallest_end, "higher valley"),
    ("02.3", nan_wins, "your answer is nan"),
    ("02.3", minus_infinity_wins, "f is -inf"),
    ("02.3", never_empties, "add up"),
    ("02.3", uphill, "uphill"),
    ("02.3", one_step_short, "In a plain bowl"),
    ("02.3", own_lr, "In a plain bowl"),
    ("02.3", height, "Return the place"),
    ("02.3", as_tensor, "You return a tensor"),
]
