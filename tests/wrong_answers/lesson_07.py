"""Typical wrong answers to the exercises of lesson 07: number, answer, and what the check says to it."""

import pickle

import torch


def softmax_less(subtract, dim=1):
    def safe_softmax(logits):
        powers = (logits - subtract(logits)).exp()
        return powers / powers.sum(dim=dim, keepdim=True)

    return safe_softmax


def changes_logits(logits):
    logits -= logits.amax(dim=1, keepdim=True)
    return logits.exp() / logits.exp().sum(dim=1, keepdim=True)


def no_keepdim(logits):
    powers = (logits - logits.amax(dim=1)).exp()
    return powers / powers.sum(dim=1, keepdim=True)


def count_loop(swap=False, dtype=torch.int64, more=0, only_right=False):
    def confusion(y_hat, y, num_classes):
        table = torch.zeros(num_classes + more, num_classes + more, dtype=dtype)
        for i, j in zip(y, y_hat, strict=True):
            if i == j or not only_right:
                table[(j, i) if swap else (i, j)] += 1
        return table

    return confusion


def once(y_hat, y, num_classes):
    table = torch.zeros(num_classes, num_classes, dtype=torch.int64)
    table[y, y_hat] += 1
    return table


def no_minlength(y_hat, y, num_classes):
    classes = int(y.max()) + 1
    return torch.bincount(y * classes + y_hat, minlength=classes**2).reshape(classes, classes)


def shares(y_hat, y, num_classes):
    return count_loop()(y_hat, y, num_classes) / len(y)


def checkpoint(optimizer_too=True, random_too=True, careless=False, after=0, evaluate=False, swallow=False):
    """Make the two functions of exercise 3, right or with a mistake."""

    def save(path, model, optimizer, epoch):
        parts = {"epoch": epoch, "model": model.state_dict(), "optimizer": optimizer.state_dict()}
        torch.save(parts | {"random": torch.get_rng_state()}, path)

    def load(path, model, optimizer):
        try:
            parts = torch.load(path, weights_only=not careless)
        except pickle.UnpicklingError:
            if swallow:
                return None
            raise
        model.load_state_dict(parts["model"])
        if optimizer_too:
            optimizer.load_state_dict(parts["optimizer"])
        if random_too:
            torch.set_rng_state(parts["random"])
        if evaluate:
            model.eval()
        return None if after is None else parts["epoch"] + after

    return save, load


def pickled():
    def save(path, model, optimizer, epoch):
        state = torch.get_rng_state()
        path.write_bytes(pickle.dumps((epoch, model.state_dict(), optimizer.state_dict(), state)))

    def load(path, model, optimizer):
        epoch, weights, memory, state = pickle.loads(path.read_bytes())
        model.load_state_dict(weights)
        optimizer.load_state_dict(memory)
        torch.set_rng_state(state)
        return epoch

    return save, load


save_right, load_right = checkpoint()

WRONG = [
    ("07.1", softmax_less(lambda logits: 0), "For scores around 1,000, your probabilities are not finite"),
    ("07.1", softmax_less(lambda logits: logits.max()), "each needs its own number"),
    ("07.1", softmax_less(lambda logits: logits.mean(dim=1, keepdim=True)), "one score around 1,000"),
    ("07.1", softmax_less(lambda logits: logits.amax(dim=0), dim=0), "Each column adds up to 1"),
    ("07.1", lambda logits: softmax_less(lambda _: 0)(logits.clamp(max=80)), "probabilities are wrong"),
    ("07.1", lambda logits: torch.softmax(logits, dim=1), "without PyTorch's softmax"),
    ("07.1", lambda logits: logits.softmax(1), "without PyTorch's softmax"),
    ("07.1", torch.sigmoid, "must add up to 1"),
    ("07.1", changes_logits, "changed logits"),
    ("07.1", no_keepdim, "Your code raised"),
    ("07.2", count_loop(swap=True), "turned"),
    ("07.2", count_loop(dtype=torch.float32), "they must be int64"),
    ("07.2", count_loop(more=1), "need a table"),
    ("07.2", count_loop(only_right=True), "Only the diagonal"),
    ("07.2", once, "only once"),
    ("07.2", no_minlength, "also when the last never occurs"),
    ("07.2", shares, "These are shares"),
    ("07.3", checkpoint(random_too=False), "what does dropout draw"),
    ("07.3", checkpoint(optimizer_too=False), "the optimizer has not"),
    ("07.3", checkpoint(careless=True), "ran the code"),
    ("07.3", pickled(), "ran the code"),
    ("07.3", checkpoint(after=1), "must return the saved epoch"),
    ("07.3", checkpoint(after=None), "it returned None"),
    ("07.3", checkpoint(evaluate=True), "in evaluation mode"),
    ("07.3", checkpoint(swallow=True), "must be refused"),
    ("07.3", (save_right, lambda path, model, optimizer: 5), "not those that were saved"),
    ("07.3", (lambda path, model, optimizer, epoch: epoch, load_right), "wrote no file"),
    ("07.3", load_right, "both functions"),
]
