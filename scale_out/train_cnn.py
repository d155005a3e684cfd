"""Train a convolutional network on MNIST with 1 to N processes: on CPUs or GPUs, on one machine or several.

python scale_out/train_cnn.py                            one process
torchrun --nproc-per-node=2 scale_out/train_cnn.py       two; for more, see scale_out/README.md
"""

import argparse
import contextlib
import os
import sys
import time
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DistributedSampler

import course_utils

# torchrun tells each process its place; without torchrun there is one process.
ENV = {"RANK": "0", "WORLD_SIZE": "1", "LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "1"} | os.environ
RANK, WORLD_SIZE, LOCAL_WORLD_SIZE = (int(ENV[k]) for k in ("RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE"))


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
        if not getattr(args, name) > 0:
            stop(f"--{name.replace('_', '-')} must be above 0, and is {getattr(args, name)}")
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


def load_checkpoint(path, settings):
    """Give all processes what rank 0 finds: other machines need not have the file."""
    found = [None]
    if RANK == 0 and path and path.exists():
        try:
            found = [torch.load(path, map_location="cpu", weights_only=True)]
            theirs = found[0]["settings"]
        except Exception as error:
            stop(f"{path} is not a checkpoint of this script ({type(error).__name__}): rename or remove it")
        if theirs != settings:
            stop(f"{path} was trained with {theirs}, and you ask for {settings}: rename or remove it")
        print(f"{path.name}: resume after epoch {found[0]['epoch']}", flush=True)
    dist.broadcast_object_list(found, 0)
    return found[0]


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
    if checkpoint := load_checkpoint(args.checkpoint, settings):
        for name, part in parts.items():
            part.load_state_dict(checkpoint.pop(name))
        state = checkpoint
    model = DistributedDataParallel(net)
    for epoch in range(state["epoch"], args.epochs):
        sampler.set_epoch(epoch)
        start = time.perf_counter()
        for rows in torch.tensor(list(sampler), device=device).split(batch_size):
            loss = loss_fn(model(X[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()  # here the processes share their gradients
            optimizer.step()
            scheduler.step()
        loss.item()  # waits for the device
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
            unfinished = args.checkpoint.with_name(args.checkpoint.name + ".tmp")
            torch.save(state | {name: part.state_dict() for name, part in parts.items()}, unfinished)
            os.replace(unfinished, args.checkpoint)  # the old one or the new one, never a half
    if RANK == 0:
        print(f"done: test accuracy {state['accuracy']:.4f}; processes: {WORLD_SIZE}, on {device.type}")


def main():
    args = read_arguments()
    device, backend, alone = torch.device("cpu"), "gloo", {}
    if course_utils.get_device().type == "cuda":
        if torch.cuda.device_count() < LOCAL_WORLD_SIZE:
            stop(f"{LOCAL_WORLD_SIZE} processes, but this machine has {torch.cuda.device_count()} GPUs")
        device, backend = torch.device("cuda", int(ENV["LOCAL_RANK"])), "nccl"
        torch.cuda.set_device(device)
    with contextlib.redirect_stdout(sys.stdout if RANK == 0 else None):
        digits = course_utils.load_mnist()
    if "RANK" not in os.environ:
        alone = {"store": dist.HashStore(), "rank": 0, "world_size": 1}
    try:
        dist.init_process_group(backend, timeout=timedelta(seconds=args.timeout), **alone)
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
