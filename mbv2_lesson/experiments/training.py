"""Trains the small networks of notebook 08 on scikit-learn's handwritten digits, which come with that package."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from itertools import product
from typing import NamedTuple

import torch
from sklearn.datasets import load_digits
from torch import nn

from ..modules.blocks import conv_norm_act
from ..plans import check_int
from .small_nets import CLASSES, Comparison, SmallNet, Trained

IMAGES = 400  # to train on: few, so that the networks differ
BATCH = 50
MAX_LR = 0.02


class Digits(NamedTuple):
    """Images (N, 1, 8, 8) from 0 to 1 and their digits (N,)."""

    train_images: torch.Tensor
    train_labels: torch.Tensor
    test_images: torch.Tensor
    test_labels: torch.Tensor


@cache
def digits() -> Digits:
    """The 1,797 digits of 8x8 pixels, always shuffled the same way; the first ``IMAGES`` of them are for training."""
    data = load_digits()
    images, labels = torch.tensor(data.images, dtype=torch.float32)[:, None] / data.images.max(), data.target
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    images, labels = images[order], torch.tensor(labels)[order]
    return Digits(images[:IMAGES], labels[:IMAGES], images[IMAGES:], labels[IMAGES:])


def several_at_once(
    images: torch.Tensor, labels: torch.Tensor, digits: int, generator: torch.Generator | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Random images of ``digits`` digits, one per channel: (N, digits, 8, 8), and labels (N, digits), or (N,) for 1.

    Each of the N single digits appears once in each channel. ``images`` is (N, 1, 8, 8), ``labels`` is (N,).
    """
    order = torch.stack([torch.randperm(len(images), generator=generator) for _ in range(digits)], dim=1)
    return images[order, 0], labels[order].squeeze(1)


class SmallNetModule(nn.Module):
    """The torch module of a ``SmallNet``: (N, digits, 8, 8) -> (N, 10, digits); (N, 10) for a single digit."""

    def __init__(self, net: SmallNet) -> None:
        super().__init__()
        plan = net.plan
        self.shortcut, self.digits = net.shortcut, net.digits
        self.has_shortcut = [block.has_shortcut for block in plan.blocks]
        self.stem = nn.Sequential(*conv_norm_act(plan["stem"]))
        self.blocks = nn.ModuleList(
            nn.ModuleList(nn.Sequential(*conv_norm_act(step)) for step in block) for block in plan.blocks
        )
        last = plan["classifier"].spec
        self.classifier = nn.Linear(last.in_features, last.out_features)
        self.to(memory_format=torch.channels_last)  # a fifth less time than contiguous, measured on a CPU

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x, before = self.stem(x), None
        for (first, *others), fits in zip(self.blocks, self.has_shortcut, strict=True):
            y = first(x)  # of an inverted residual: the expansion
            if self.shortcut == "expansions":
                if before is not None and before.shape == y.shape:
                    y = y + before
                before = y
            for layer in others:
                y = layer(y)
            x = x + y if fits and self.shortcut == "bottlenecks" else y
        return self.classifier(x.mean(dim=(2, 3))).unflatten(1, (CLASSES, self.digits)).squeeze(2)


def accuracy(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> float:
    """The share of labels that get the highest score."""
    model.eval()
    with torch.inference_mode():
        return (model(images).argmax(dim=1) == labels).float().mean().item()


@contextmanager
def one_thread() -> Iterator[None]:
    """Runs torch on one thread, then on as many as before.

    Layers this small gain nothing from a second thread. On a busy machine the threads wait for each other: two
    processes on two cores, with two threads each, took 9 to 25 times as long.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@one_thread()
def train(
    net: SmallNet, seed: int = 0, *, epochs: int = 20, stop: Callable[[], bool] = lambda: False
) -> nn.Module | None:
    """A trained module, or None if ``stop()`` was true at some step. The same on one machine for the same seed.

    AdamW with a learning rate that rises and falls once ("one cycle"). It runs on one thread. Torch's random state
    and its number of threads are left as they were.
    """
    check_int(epochs, "epochs")
    data = digits()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(check_int(seed, "seed", at_least=0))
        model = SmallNetModule(net).train()
        optimizer = torch.optim.AdamW(model.parameters(), fused=True)
        steps = epochs * -(-len(data.train_images) // BATCH)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=MAX_LR, total_steps=steps)
        for _ in range(epochs):
            pictures, labels = several_at_once(data.train_images, data.train_labels, net.digits)
            for chosen, right in zip(pictures.split(BATCH), labels.split(BATCH), strict=True):
                if stop():
                    return None
                loss = nn.functional.cross_entropy(model(chosen), right)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
    return model


@one_thread()
def compare(
    nets: Sequence[SmallNet],
    *,
    seeds: int = 5,
    epochs: int = 20,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int, str], None] = lambda done, total, words: None,
) -> Comparison:
    """Trains each network once per seed, seed by seed, so that a run stopped early has treated them all alike.

    ``stop()`` is called at every step; what is finished by then is kept, as it is if the kernel is interrupted.
    ``progress(done, total, words)`` is called after each training. Both are called while torch has one thread.
    """
    nets = tuple(dict.fromkeys(nets))
    if not nets:
        raise ValueError("give at least one network to train, got none")
    total = len(nets) * check_int(seeds, "seeds")
    check_int(epochs, "epochs")
    data = digits()
    found: dict[SmallNet, list[float]] = {net: [] for net in nets}
    progress(0, total, "")
    with suppress(KeyboardInterrupt):  # by the reader, who keeps what is finished
        for done, (seed, net) in enumerate(product(range(seeds), nets), start=1):
            model = train(net, seed, epochs=epochs, stop=stop)
            if model is None:
                break
            unseen = several_at_once(data.test_images, data.test_labels, net.digits, torch.Generator().manual_seed(0))
            found[net].append(accuracy(model, *unseen))
            progress(done, total, f"{net}: {found[net][-1]:.1%}")
    stopped = sum(map(len, found.values())) < total
    trained = tuple(Trained(net, tuple(values)) for net, values in found.items() if values)
    return Comparison(trained, len(data.train_images), epochs, stopped, fresh=True)
