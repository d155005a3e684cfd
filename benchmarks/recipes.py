"""The recipes that are compared: those of the texts, and the course's own.

Each function trains once from a seed and returns (seconds of training, score). Reading the files comes
before the clock starts, measuring the score after it stops; all that lies between counts.
"""

import ast
import time
from collections.abc import Callable
from functools import cache

import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, Subset, TensorDataset
from torchvision import datasets, transforms

import course_utils
from tools.notebooks import NOTEBOOKS, read

Result = tuple[float, float]


@cache
def digits() -> course_utils.Digits:
    return course_utils.load_mnist()


def timed(train: Callable[[], None]) -> float:
    start = time.perf_counter()
    train()
    return time.perf_counter() - start


def images_in_memory(mean: float, std: float, size: int = 60_000) -> tuple[Tensor, Tensor]:
    """Training images as normalised ``float32`` (n, 1, 28, 28), labels (n,)."""
    return (digits().train_images[:size].unsqueeze(1) / 255 - mean) / std, digits().train_labels[:size]


def image_loader(transform: Callable, batch_size: int) -> DataLoader:
    """The texts' way to the same images: one at a time, through the transform."""
    dataset = datasets.MNIST(course_utils.data_dir(), train=True, transform=transform)
    return DataLoader(dataset, batch_size=batch_size, shuffle=True)


@torch.inference_mode()
def accuracy(model: nn.Module, mean: float, std: float) -> float:
    """Share of the test images that are read correctly."""
    model.eval()
    images = (digits().test_images.unsqueeze(1) / 255 - mean) / std
    predicted = torch.cat([model(X).argmax(dim=1) for X in images.split(1000)])
    return (predicted == digits().test_labels).float().mean().item()


# --- MNIST, convolutional network: the score is the test accuracy


def cnn_reference(seed: int) -> Result:
    """Lesson 10's text: one epoch, batches of 50, DataLoader over ToTensor images, Adam 0.01."""
    torch.manual_seed(seed)
    model = nn.Sequential(
        *[nn.Conv2d(1, 16, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(2)],
        *[nn.Conv2d(16, 32, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(2)],
        *[nn.Flatten(), nn.Linear(32 * 7 * 7, 10)],
    )
    loader = image_loader(transforms.ToTensor(), batch_size=50)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)

    def train() -> None:
        for X, y in loader:
            loss = F.cross_entropy(model(X), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return timed(train), accuracy(model, 0, 1)


def one_cycle(model, optimizer, lr, batch_size, size=60_000) -> float:
    """Train one epoch from memory with the one-cycle schedule, preparing the tensors included."""

    def train() -> None:
        images, labels = images_in_memory(0.1307, 0.3081, size)
        steps = -(-size // batch_size)
        scheduler = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=lr, total_steps=steps, cycle_momentum=False
        )
        for rows in torch.randperm(size).split(batch_size):
            loss = F.cross_entropy(model(images[rows]), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()

    return timed(train)


def cnn_published(seed: int) -> Result:
    """A published fast recipe: pooling before relu, Adam 0.01 with betas (0.7, 0.9), one cycle, memory."""
    torch.manual_seed(seed)
    model = nn.Sequential(
        *[nn.Conv2d(1, 24, 5), nn.MaxPool2d(2), nn.ReLU()],
        *[nn.Conv2d(24, 32, 3), nn.MaxPool2d(2), nn.ReLU()],
        *[nn.Flatten(), nn.Linear(32 * 5 * 5, 256), nn.ReLU(), nn.Linear(256, 10)],
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, betas=(0.7, 0.9))
    return one_cycle(model, optimizer, 0.01, batch_size=256), accuracy(model, 0.1307, 0.3081)


@cache
def lesson_10() -> dict:
    """What *All together* of lesson 10 defines: `train_cnn`, and `amx`, which tells of bfloat16 units."""
    cells = read(NOTEBOOKS / "10_mnist_cnn.ipynb").cells
    source = next(cell.source for cell in cells if "def train_cnn(" in cell.source)
    tree = ast.parse(source)
    kept = ast.Import, ast.ImportFrom, ast.FunctionDef
    tree.body = [n for n in tree.body if isinstance(n, kept) or ast.unparse(n).startswith("amx = ")]
    names: dict = {}
    exec(compile(tree, "lesson 10", "exec"), names)
    return names


def cnn_ours(seed: int, size: int = 60_000, half: bool = False) -> Result:
    """Lesson 10's better recipe: the cell *All together* itself; `half` for bfloat16."""
    torch.manual_seed(seed)
    images, labels = digits().train_images[:size], digits().train_labels[:size]
    models = []

    def train() -> None:
        models.append(lesson_10()["train_cnn"](images, labels, half=half))

    return timed(train), accuracy(models[0], 0, 1)


# --- MNIST, plain network: the score is the test accuracy


def plain_network() -> nn.Sequential:
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10)
    )


def plain_reference(seed: int) -> Result:
    """Lesson 09's text: 5 epochs, batches of 64, DataLoader over normalised images, SGD 0.003."""
    torch.manual_seed(seed)
    model = plain_network().append(nn.LogSoftmax(dim=1))
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    loader = image_loader(transform, batch_size=64)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.003)

    def train() -> None:
        for _ in range(5):
            for X, y in loader:
                loss = F.nll_loss(model(X), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()

    return timed(train), accuracy(model, 0.5, 0.5)


def plain_ours(seed: int, size: int = 60_000) -> Result:
    """The same network: one epoch from memory, batches of 256, Adam with the one-cycle schedule."""
    torch.manual_seed(seed)
    model = plain_network()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    return one_cycle(model, optimizer, 0.01, 256, size=size), accuracy(model, 0.1307, 0.3081)


# --- Temperature: the score is the root mean squared error on 2015, in °F


@cache
def temperature_tables() -> dict[str, Tensor]:
    """The classic 348 days and the year 2015: 14 standardised columns, and what to predict, in °F."""
    table = course_utils.load_temperatures()
    columns = pd.get_dummies(table.drop(columns="actual"), columns=["week"], dtype="float32")
    X = torch.tensor(columns.to_numpy(dtype="float32"))
    y = torch.tensor(table.actual.to_numpy(dtype="float32")).unsqueeze(1)
    year = torch.tensor(table.year.to_numpy())
    past, test = (year == 2014).nonzero().flatten()[:348], year == 2015
    std = X[past].std(dim=0)
    X = (X - X[past].mean(dim=0)) / torch.where(std > 0, std, 1)  # the year is the same all the time
    names = [list(columns).index(name) for name in ("temp_2", "temp_1", "average")]
    return {"X": X[past], "y": y[past], "X_test": X[test], "y_test": y[test], "three": torch.tensor(names)}


def rmse(model: nn.Module, X: Tensor, y: Tensor) -> float:
    with torch.inference_mode():
        return F.mse_loss(model(X), y).sqrt().item()


def temperature_reference(seed: int) -> Result:
    """Lesson 04's text: 14 columns, sigmoid, 1000 epochs of batches of 16, Adam 0.001."""
    data = temperature_tables()
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(14, 128), nn.Sigmoid(), nn.Linear(128, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)

    def train() -> None:
        for _ in range(1000):
            for X, y in zip(data["X"].split(16), data["y"].split(16), strict=True):
                loss = F.mse_loss(model(X), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()

    return timed(train), rmse(model, data["X_test"], data["y_test"])


def temperature_ours(seed: int) -> Result:
    """The three columns that matter, all days in each step, and the mean as the first guess."""
    data = temperature_tables()
    X, y, X_test = data["X"][:, data["three"]], data["y"], data["X_test"][:, data["three"]]
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(3, 128), nn.Sigmoid(), nn.Linear(128, 1))
    nn.init.constant_(model[2].bias, y.mean().item())
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)

    def train() -> None:
        for _ in range(200):
            loss = F.mse_loss(model(X), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return timed(train), rmse(model, X_test, data["y_test"])


# --- Curve: the score is the root mean squared error against the true x³


def curve_data(seed: int) -> tuple[Tensor, Tensor, nn.Sequential]:
    torch.manual_seed(seed)
    X = torch.linspace(-1, 1, 100).unsqueeze(1)
    y = X**3 + torch.randn(100, 1) / 10
    return X, y, nn.Sequential(nn.Linear(1, 8), nn.ReLU(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 1))


def curve_reference(seed: int) -> Result:
    """Lesson 06's text: 2020 epochs, DataLoader with batches of 10, SGD 0.03."""
    X, y, model = curve_data(seed)
    loader = DataLoader(TensorDataset(X, y), batch_size=10, shuffle=True)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.03)

    def train() -> None:
        for _ in range(2020):
            for X_batch, y_batch in loader:
                loss = F.mse_loss(model(X_batch), y_batch)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()

    return timed(train), rmse(model, X, X**3)


def curve_ours(seed: int) -> Result:
    """The same network: all points in each step, Adam with the one-cycle schedule."""
    X, y, model = curve_data(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.05, total_steps=1000)

    def train() -> None:
        for _ in range(1000):
            loss = F.mse_loss(model(X), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()

    return timed(train), rmse(model, X, X**3)


# --- Batches: one epoch of them, without training; returns the seconds and the first 64 images


def batches_reference(size: int = 60_000) -> tuple[float, Tensor]:
    """Batches of 64, shuffled, through DataLoader, ToTensor and Normalize."""
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    dataset = datasets.MNIST(course_utils.data_dir(), train=True, transform=transform)
    loader = DataLoader(Subset(dataset, range(size)), batch_size=64, shuffle=True)

    def load() -> None:
        for _X, _y in loader:
            pass

    return timed(load), torch.stack([dataset[i][0] for i in range(64)])


def batches_ours() -> tuple[float, Tensor]:
    """Batches of 64, shuffled, sliced out of normalised images in memory."""
    images, labels = images_in_memory(0.1307, 0.3081)

    def load() -> None:
        for rows in torch.randperm(len(images)).split(64):
            _X, _y = images[rows], labels[rows]

    return timed(load), images[:64]
