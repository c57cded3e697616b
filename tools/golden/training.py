# SPDX-License-Identifier: Apache-2.0
"""Runs the phases of a reference model in the order of crossfade's trainer.

In epoch e (from 1) of phase p the rows stand in the order that `rng.fork(p, e).fork("shuffle")`
shuffles them to, and batch b (from 0) draws from `rng.fork(p, e).fork("batches").fork("batch", b)`.
"""
from dataclasses import dataclass, field
from typing import Callable, List, Optional

import torch

from streams import Rng


class Adam(torch.optim.Adam):
    """One step count for all parameters: one without a gradient stays, yet the step counts."""

    def __init__(self, parameters, **options):
        super().__init__(parameters, **options)
        for p in parameters:
            moments = {name: torch.zeros_like(p) for name in ("exp_avg", "exp_avg_sq")}
            self.state[p] = {"step": torch.tensor(0.0), **moments}

    def step(self):
        super().step()
        for p, state in self.state.items():
            if p.grad is None:
                state["step"] += 1


@dataclass
class Schedule:
    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: Optional[float] = 0.0  # None: the model has no such setting
    clip_norm: float = 0.0
    optimizer: Callable = Adam

    def to_toml(self):
        """The settings that every model calls by the same names."""
        names = ("epochs", "batch_size", "learning_rate", "weight_decay")
        settings = {name: getattr(self, name) for name in names}
        return [f"{name} = {value}" for name, value in settings.items() if value is not None]

    def make_optimizer(self, parameters):
        return self.optimizer(
            parameters, lr=self.learning_rate, weight_decay=self.weight_decay or 0.0
        )


@dataclass
class Step:
    """Where training stands: epochs count from 1, the batches of an epoch from 0."""

    rng: Rng
    epoch: int
    epochs: int
    batch: int
    batches: int


@dataclass
class Objective:
    """A loss (rows, step) -> scalar, or None for no step, and what it moves by an optimiser of its
    own, with which the losses in `then` take their steps after it."""

    parameters: List[torch.Tensor]
    loss: Callable
    then: List[Callable] = field(default_factory=list)


@dataclass
class Phase:
    name: str
    rows: int
    schedule: Schedule
    objectives: List[Objective] = field(default_factory=list)
    begin: Optional[Callable] = None


def train(phases, rng):
    """Trains, and returns per phase the losses of its epochs: means over rows."""
    losses = []
    for phase in phases:
        if phase.begin:
            with torch.no_grad():
                phase.begin()
        schedule = phase.schedule
        optimizers = []
        for objective in phase.objectives:
            for parameter in objective.parameters:
                parameter.requires_grad_(True)
            optimizers.append(schedule.make_optimizer(objective.parameters))
        losses.append(
            [_epoch(phase, optimizers, rng, epoch) for epoch in range(1, schedule.epochs + 1)]
        )
        for objective in phase.objectives:
            for parameter in objective.parameters:
                parameter.requires_grad_(False)
    return losses


def _epoch(phase, optimizers, rng, epoch):
    rng = rng.fork(phase.name, epoch)
    order = list(range(phase.rows))
    rng.fork("shuffle").shuffle(order)
    streams = rng.fork("batches")
    size = phase.schedule.batch_size
    starts = range(0, phase.rows, size)
    total = 0.0
    for batch, first in enumerate(starts):
        rows = order[first : first + size]
        for objective, optimizer in zip(phase.objectives, optimizers):
            for loss in [objective.loss, *objective.then]:
                stream = streams.fork("batch", batch)
                step = Step(stream, epoch, phase.schedule.epochs, batch, len(starts))
                value = loss(torch.tensor(rows), step)
                if value is not None:
                    _descend(value, objective.parameters, optimizer, phase.schedule.clip_norm)
                    total += value.item() * len(rows)
    return total / phase.rows


def _descend(loss, parameters, optimizer, clip_norm):
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    if clip_norm > 0:
        torch.nn.utils.clip_grad_norm_(parameters, clip_norm)
    optimizer.step()
