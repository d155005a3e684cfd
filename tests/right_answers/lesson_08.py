"""Right answers in unusual dress to the exercises of lesson 08."""

import math

import torch


def decay_first(w, g, s, lr, decay):
    w.mul_(1 - lr * decay).sub_(g, alpha=lr)


def sgd_of_pytorch(w, g, s, lr, decay):
    copy = w.clone().requires_grad_()
    copy.grad = g.clone()
    torch.optim.SGD([copy], lr=lr, weight_decay=decay).step()
    w.copy_(copy.detach())
    return w


def in_every_place(w, g, s, lr, decay):
    with torch.no_grad():
        w[...] = w - lr * (g + decay * w)


def valley(w, steepness=30):
    return 0.5 * (w[0] ** 2 + steepness * w[1] ** 2)


def turned_by_a_matrix(w):
    turn = torch.tensor([[1.0, 1.0], [-1.0, 1.0]]) / math.sqrt(2)
    return valley(turn @ w)


def multiplied_out(w):
    x, y = w
    return 7.75 * (x * x + y * y) - 14.5 * x * y


def turned_by_an_angle(w):
    angle = torch.tensor(torch.pi / 4)
    along = w[0] * angle.cos() + w[1] * angle.sin()
    across = w[0] * angle.sin() - w[1] * angle.cos()
    return torch.stack([0.5 * along**2, 15 * across**2]).sum(dim=0)


def adam_of_pytorch(w, g, s, lr, b1=0.9, b2=0.999, eps=1e-8):
    if not s:
        s["w"] = w.clone().requires_grad_()
        s["optimizer"] = torch.optim.Adam([s["w"]], lr=lr, betas=(b1, b2), eps=eps)
    s["w"].grad = g.clone()
    s["optimizer"].step()
    with torch.no_grad():
        w.copy_(s["w"])


def adam_of_the_lesson(w, g, s, lr, b1=0.9, b2=0.999, eps=1e-8):
    s["t"] = s.get("t", 0) + 1
    s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
    s["q"] = b2 * s.get("q", 0) + (1 - b2) * g**2
    m_fair = s["m"] / (1 - b1 ** s["t"])
    q_fair = s["q"] / (1 - b2 ** s["t"])
    w -= lr * m_fair / (q_fair.sqrt() + eps)


def adam_with_products(w, g, s, lr, b1=0.9, b2=0.999, eps=1e-8):
    m, q, left1, left2 = s.get("kept", (torch.zeros_like(w), torch.zeros_like(w), 1.0, 1.0))
    s["kept"] = m, q, left1, left2 = m.lerp(g, 1 - b1), q.lerp(g * g, 1 - b2), left1 * b1, left2 * b2
    w.addcdiv_(m, (q / (1 - left2)).sqrt() + eps, value=-lr / (1 - left1))


def adam_from_all_gradients(w, g, s, lr, b1=0.9, b2=0.999, eps=1e-8):
    s.setdefault("all", []).append(g.clone())
    t = len(s["all"])
    m = sum((1 - b1) * b1 ** (t - 1 - i) * g for i, g in enumerate(s["all"]))
    q = sum((1 - b2) * b2 ** (t - 1 - i) * g**2 for i, g in enumerate(s["all"]))
    w -= lr * (m / (1 - b1**t)) / (torch.sqrt(q / (1 - b2**t)) + eps)


RIGHT = {
    "08.1": [decay_first, sgd_of_pytorch, in_every_place],
    "08.2": [
        (turned_by_a_matrix, "SGD"),
        (multiplied_out, "sgd"),
        [turned_by_an_angle, "SGD"],
    ],
    "08.3": [adam_of_pytorch, adam_of_the_lesson, adam_with_products, adam_from_all_gradients],
}
