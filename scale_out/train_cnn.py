"""Train a convolutional network on MNIST with 1 to N processes: on CPUs or GPUs, on one machine or several.

python scale_out/train_cnn.py                            one process
torchrun --nproc-per-node=2 scale_out/train_cnn.py       two; for more, see scale_out/README.md
"""

import argparse
import contextlib
import io
import math
import os
import sys
import time
import zipfile
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
from filelock import FileLock, Timeout
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DistributedSampler

import course_utils

PLACE = {"RANK": 0, "WORLD_SIZE": 1, "LOCAL_RANK": 0, "LOCAL_WORLD_SIZE": 1}


def read_place():
    """Where this process stands, as torchrun says it; without torchrun there is one process."""
    given = {name: os.environ[name] for name in PLACE if name in os.environ}
    with contextlib.suppress(ValueError):
        rank, size, local_rank, local_size = (int(value) for value in (PLACE | given).values())
        complete = not given or {"RANK", "WORLD_SIZE"} <= set(given)
        if complete and 0 <= rank < size and 0 <= local_rank < local_size <= size:
            return not given, rank, size, local_rank, local_size
    sys.exit(f"train_cnn.py: the environment has {given}: start with torchrun, or unset them")


ALONE, RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE = read_place()
PARENT = os.getppid() if dist.is_torchelastic_launched() else None  # torchrun


def stop(message):
    """End with one sentence. Rank 0 says it; the others wait, for the first to end takes all with it."""
    time.sleep(10 if RANK > 0 else 0)
    sys.exit(f"train_cnn.py: {message}" if RANK == 0 else 1)


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.error = stop
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=256, help="of one step, over all processes")
    parser.add_argument("--lr", type=float, default=0.01, help="the highest of the one-cycle schedule")
    parser.add_argument("--samples", type=int, default=60_000, help="train on this many digits")
    parser.add_argument("--checkpoint", type=Path, help="written after each epoch; where it is, resume")
    parser.add_argument("--timeout", type=float, default=30, help="seconds to wait for a process")
    args = parser.parse_args()
    for name in ("epochs", "batch_size", "lr", "samples", "timeout"):
        if not 0 < getattr(args, name) < 1e8:
            stop(f"--{name.replace('_', '-')} must be above 0 and below 1e8, and is {getattr(args, name)}")
    if args.batch_size % WORLD_SIZE:
        stop(f"--batch-size {args.batch_size} cannot be shared evenly by {WORLD_SIZE} processes")
    if args.checkpoint and not args.checkpoint.absolute().parent.is_dir():
        stop(f"--checkpoint: there is no folder {args.checkpoint.absolute().parent}")
    return args


def make_model():
    """The better network of lesson 10, for digits (batch, 1, 28, 28); a test holds the two equal."""
    return nn.Sequential(
        *[nn.Conv2d(1, 16, 5, stride=2), nn.ReLU()],
        *[nn.Conv2d(16, 32, 3), nn.MaxPool2d(2), nn.BatchNorm2d(32), nn.ReLU()],
        *[nn.Conv2d(32, 64, 3), nn.BatchNorm2d(64), nn.ReLU()],
        *[nn.Flatten(), nn.Linear(64 * 3 * 3, 10)],
    )


def refuse_to_write(path, error):
    stop(f"--checkpoint: {path} cannot be written ({error.strerror}): make room, or take another folder")


@contextlib.contextmanager
def lock_checkpoint(path):
    """Keep other trainings from a checkpoint; the lock of a killed process is gone."""
    lock = FileLock(f"{path}.lock", timeout=5)
    try:
        lock.acquire()
    except Timeout:
        stop(f"another training uses {path}: wait for its end, or take another --checkpoint")
    except OSError as error:
        refuse_to_write(path, error)
    with lock:
        yield


def load_checkpoint(path, settings):
    """Give all processes what rank 0 finds: other machines need not have the file."""
    found = [None]
    if RANK == 0 and path and path.exists():
        try:
            with zipfile.ZipFile(path) as archive:
                if archive.testzip():  # a check sum is wrong
                    raise zipfile.BadZipFile
            found = [torch.load(path, map_location="cpu", weights_only=True)]
            theirs, _ = found[0]["settings"], found[0]["epoch"]
        except Exception as error:
            stop(f"{path} is not a checkpoint of this script ({type(error).__name__}): rename or remove it")
        if theirs != settings:
            stop(f"{path} was trained with {theirs}, and you ask for {settings}: rename or remove it")
        print(f"{path.name}: resume after epoch {found[0]['epoch']}", flush=True)
    dist.broadcast_object_list(found, 0)
    return found[0]


def write_checkpoint(path, state, try_only=False):
    """Write a file whole or not at all. To try leaves none, and wants as much room as a trained state."""
    unfinished = path.with_name(path.name + ".tmp")
    torch.save(state, file := io.BytesIO())
    try:
        unfinished.write_bytes(file.getvalue() * (4 if try_only else 1))  # Adam's state is to come
        if not try_only:
            os.replace(unfinished, path)
    except OSError as error:
        refuse_to_write(path, error)
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink()


def train(args, digits, device):
    X = digits.train_images[: args.samples].to(device).unsqueeze(1) / 255
    y = digits.train_labels[: args.samples].to(device)
    sampler = DistributedSampler(y, WORLD_SIZE, RANK)
    batch_size = args.batch_size // WORLD_SIZE
    torch.manual_seed(0)
    net = make_model().to(device, memory_format=torch.channels_last)
    loss_fn = nn.CrossEntropyLoss(label_smoothing=0.1)
    optimizer = torch.optim.Adam(net.parameters(), lr=args.lr)
    steps = args.epochs * -(-len(sampler) // batch_size)  # rounded up
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=args.lr, total_steps=steps)

    parts = {"net": net, "optimizer": optimizer, "scheduler": scheduler}
    settings = {"epochs": args.epochs, "batch_size": args.batch_size, "lr": args.lr, "samples": len(y)}
    state = {"settings": settings, "epoch": 0, "seconds": 0.0, "accuracy": None}
    if RANK == 0 and args.checkpoint:
        write_checkpoint(args.checkpoint, net.state_dict(), try_only=True)
    if checkpoint := load_checkpoint(args.checkpoint, settings):
        try:
            for name, part in parts.items():
                part.load_state_dict(checkpoint.pop(name))
        except Exception:
            stop(f"{args.checkpoint} is of another network than the one in this file: rename or remove it")
        state = checkpoint
    model = DistributedDataParallel(net)
    for epoch in range(state["epoch"], args.epochs):
        sampler.set_epoch(epoch)
        torch.manual_seed(epoch * WORLD_SIZE + RANK)  # after a restart too, and on any device
        start = time.perf_counter()
        for rows in torch.tensor(list(sampler), device=device).split(batch_size):
            loss = loss_fn(model(X[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()  # here the processes share their gradients
            optimizer.step()
            scheduler.step()
            if PARENT and os.getppid() != PARENT:
                sys.exit(f"train_cnn.py: process {RANK} of {WORLD_SIZE} stops: its torchrun is gone")
        if not math.isfinite(loss.item()):  # waits for the device
            stop(f"the loss is {loss.item()} after epoch {epoch + 1}: take a lower --lr than {args.lr:g}")
        if RANK > 0:
            continue
        took = time.perf_counter() - start
        net.eval()
        with torch.inference_mode():
            y_hat = net(digits.test_images.to(device).unsqueeze(1) / 255).argmax(dim=1).cpu()
        net.train()
        right = (y_hat == digits.test_labels).float().mean().item()
        state |= {"epoch": epoch + 1, "seconds": state["seconds"] + took, "accuracy": right}
        speed = f"{state['seconds']:.2f} s of training, {len(y) / took:.0f} digits/s"
        print(f"epoch {epoch + 1}: test accuracy {state['accuracy']:.4f}, {speed}", flush=True)
        if args.checkpoint:
            parts_state = {name: part.state_dict() for name, part in parts.items()}
            write_checkpoint(args.checkpoint, state | parts_state)
    if RANK == 0:
        print(f"done: test accuracy {state['accuracy']:.4f}; processes: {WORLD_SIZE}, on {device.type}")


def choose_device():
    """The CPU, or a GPU for each process of this machine, counted from the one that COURSE_DEVICE names."""
    try:
        device = course_utils.get_device()
    except ValueError as error:
        stop(error)
    if device.type != "cuda":
        return torch.device("cpu")
    first, count = device.index or 0, torch.cuda.device_count()
    if first + LOCAL_WORLD_SIZE > count:
        stop(f"{LOCAL_WORLD_SIZE} process(es) from GPU {first} on, but this machine has {count} GPU(s)")
    return torch.device("cuda", first + LOCAL_RANK)


def main():
    args = read_arguments()
    device = choose_device()
    backend = "nccl" if device.type == "cuda" else "gloo"
    if device.type == "cuda":
        torch.cuda.set_device(device)
    writes = args.checkpoint and RANK == 0
    with contextlib.redirect_stdout(sys.stdout if RANK == 0 else None):
        digits = course_utils.load_mnist()
    alone = {"store": dist.HashStore(), "rank": 0, "world_size": 1} if ALONE else {}
    try:
        try:
            dist.init_process_group(backend, timeout=timedelta(seconds=args.timeout), **alone)
        except ValueError as error:  # MASTER_ADDR or MASTER_PORT
            stop(f"the processes cannot meet ({error})")
        with lock_checkpoint(args.checkpoint) if writes else contextlib.nullcontext():
            train(args, digits, device)
    except RuntimeError as error:
        if not (isinstance(error, dist.DistError) or "gloo" in str(error)):
            raise
        reason = str(error).strip().splitlines()[0].partition(". ")[0]
        lost = f"another process is gone, or did not answer within {args.timeout:g} s"
        sys.exit(f"train_cnn.py: process {RANK} of {WORLD_SIZE} stops: {lost} ({reason})")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
