"""A small conditional variational autoencoder: how well it describes unseen digits, and what it writes when told one.

D. P. Kingma and M. Welling, *Auto-Encoding Variational Bayes*, arXiv:1312.6114, with the label as a further input of
both networks. Pixels are black or white, with the grey level as probability of white. The bound is the expectation over
them, which needs no sampling of pixels: the code may depend on anything, so it depends on the grey image.
"""

from itertools import islice
from typing import Any, Final

import torch
from torch import nn
from torch.nn import functional

from benchmarks.measure import Gate
from benchmarks.train import single
from benchmarks.train.experiment import Experiment, Figures, Trial
from digitgen import stream

_LATENT: Final = 10
_HIDDEN: Final = 400
_STEPS: Final = 10_000
_BATCH: Final = 64
_SAMPLES: Final = 1000  # of each class
_LARGEST_RATE: Final = 5e-3
_ROW: Final = "trained on plain"
_BOUND, _READ = "negative ELBO of unseen digits, nats", "samples read as their label, percent"


def _networks() -> Any:
    """An encoder to a normal distribution of 10 dimensions, and a decoder to pixels; both are told the digit."""
    inside, code = single.PIXELS + single.CLASSES, _LATENT + single.CLASSES
    return nn.ModuleDict(
        {
            "encoder": nn.Sequential(nn.Linear(inside, _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, 2 * _LATENT)),
            "decoder": nn.Sequential(nn.Linear(code, _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, single.PIXELS)),
        }
    )


def _surprise(networks: Any, images: Any, labels: Any) -> Any:
    """The negative ELBO of images (N, 784) from 0 to 1, told their labels (N,): nats, one sample of each code."""
    told = functional.one_hot(labels, single.CLASSES).to(torch.float32)
    mean, spread = networks["encoder"](torch.cat([images, told], 1)).chunk(2, 1)
    code = mean + torch.randn_like(mean) * (spread / 2).exp()
    logits = networks["decoder"](torch.cat([code, told], 1))
    missed = functional.binary_cross_entropy_with_logits(logits, images, reduction="none").sum(1)
    return (missed + 0.5 * (mean**2 + spread.exp() - 1 - spread).sum(1)).mean()


def _write(networks: Any, labels: Any) -> Any:
    """Images (N, 784) from 0 to 1 of labels (N,)."""
    told = functional.one_hot(labels, single.CLASSES).to(torch.float32)
    return networks["decoder"](torch.cat([torch.randn(len(labels), _LATENT), told], 1)).sigmoid()


def run(trial: Trial) -> Figures:
    """Train one, measure it on MNIST's test set, and let a reader of the ladder read what it writes."""
    torch.set_num_threads(1)
    torch.manual_seed(trial.seed)
    networks = _networks()
    steps = trial.scaled(_STEPS, 20)
    optimizer = torch.optim.Adam(networks.parameters(), fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _LARGEST_RATE, total_steps=steps)
    for batch in islice(stream(single.config("plain", trial.seed), batch_size=_BATCH), steps):
        loss = _surprise(networks, single.pixels(batch.images), single.digits(batch.labels[:, 0]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    test = single.unseen()
    torch.manual_seed(0)
    with torch.inference_mode():
        surprise = _surprise(networks, single.pixels(test.images), single.digits(test.labels))
        labels = torch.arange(single.CLASSES).repeat(trial.scaled(_SAMPLES))
        written = _write(networks, labels)
        read = single.reader(trial, "both")(written).argmax(1)
    return {_ROW: {_BOUND: round(float(surprise), 4), _READ: round(100 * float((read == labels).double().mean()), 4)}}


EXPERIMENT: Final = Experiment(
    "vae",
    "A conditional variational autoencoder of single digits.",
    run,
    lambda means: [
        Gate("autoencoder, negative ELBO, nats", means[_ROW][_BOUND], 105, at_least=False),
        Gate("autoencoder, samples read as their label, percent", means[_ROW][_READ], 90),
    ],
)
