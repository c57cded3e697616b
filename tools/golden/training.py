# SPDX-License-Identifier: Apache-2.0
"""Runs the phases of a reference model in the order of crossfade's trainer.

In epoch e (from 1) of phase p the rows stand in the order that `rng.fork(p, e).fork("shuffle")`
shuffles them to, and batch b (from 0) draws from `rng.fork(p, e).fork("batches").fork("batch", b)`.
"""
from dataclasses import dataclass, field
from typing import Callable, List, Optional

import torch


@dataclass
class Schedule:
    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float = 0.0
    clip_norm: float = 0.0

    def to_toml(self):
        """The settings that every model calls by the same names."""
        names = ("epochs", "batch_size", "learning_rate", "weight_decay")
        return [f"{name} = {getattr(self, name)}" for name in names]


@dataclass
class Objective:
    """A loss (rows, rng) -> scalar and what it moves, by an optimiser of its own."""

    parameters: List[torch.Tensor]
    loss: Callable


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
            optimizers.append(
                torch.optim.Adam(
                    objective.parameters,
                    lr=schedule.learning_rate,
                    weight_decay=schedule.weight_decay,
                )
            )
        losses.append(
            [
                _epoch(phase, optimizers, rng.fork(phase.name, epoch))
                for epoch in range(1, schedule.epochs + 1)
            ]
        )
        for objective in phase.objectives:
            for parameter in objective.parameters:
                parameter.requires_grad_(False)
    return losses


def _epoch(phase, optimizers, rng):
    order = list(range(phase.rows))
    rng.fork("shuffle").shuffle(order)
    batches = rng.fork("batches")
    size = phase.schedule.batch_size
    total = 0.0
    for number, first in enumerate(range(0, phase.rows, size)):
        rows = order[first : first + size]
        for objective, optimizer in zip(phase.objectives, optimizers):
            optimizer.zero_grad()
            loss = objective.loss(torch.tensor(rows), batches.fork("batch", number))
            loss.backward()
            if phase.schedule.clip_norm > 0:
                torch.nn.utils.clip_grad_norm_(objective.parameters, phase.schedule.clip_norm)
            optimizer.step()
            total += loss.item() * len(rows)
    return total / phase.rows
