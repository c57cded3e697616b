#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times DiffCDR in PyTorch as published: 30 guided evaluations on every batch of the task step.

    python3 benchmarks/peers/diffcdr.py RUN_DIRECTORY

Each batch takes two steps: noise model by smooth L1, then alignment by smooth L1 and rating error
on what DPM-Solver-fast makes of the source vectors. Every evaluation runs the network twice, with
and without condition, on every row.
"""
import math

import torch
import torch.nn.functional as F
from torch import nn

from common import Run, Table, optimizer_step, options_of

STEPS, EVALUATIONS, GUIDANCE, DROP, TASK_WEIGHT = 1000, 30, 0.1, 0.1, 0.1
BETA0, BETA1 = 0.1, 20.0


class NoiseModel(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.time = nn.Linear(128, width)
        self.condition = nn.Linear(width, width)
        self.layers = nn.Sequential(
            nn.Linear(width, 128), nn.Linear(128, 128), nn.Linear(128, width)
        )

    def forward(self, x, times, condition, told):
        frequency = torch.exp(torch.arange(64.0) * (-math.log(10000.0) / 63))
        angle = times.float().unsqueeze(1) * frequency
        embedding = torch.cat([angle.sin(), angle.cos()], 1)
        return self.layers(x + self.time(embedding) + told * self.condition(condition))


def log_alpha(t):
    return -0.25 * (BETA1 - BETA0) * t * t - 0.5 * BETA0 * t


def half_log_snr(t):
    return log_alpha(t) - 0.5 * math.log(-math.expm1(2.0 * log_alpha(t)))


def time_at(snr):
    spread = 2.0 * (BETA1 - BETA0) * math.log1p(math.exp(-2.0 * snr))
    return spread / ((math.sqrt(BETA0**2 + spread) + BETA0) * (BETA1 - BETA0))


class Solver:
    """DPM-Solver-fast from time 1 to 1e-4: nine steps of order 3, one of order 2, one of 1."""

    def __init__(self):
        self.orders = [3] * (EVALUATIONS // 3 - 1) + [2, 1]
        self.first = half_log_snr(1.0)
        self.length = (half_log_snr(1e-4) - self.first) / len(self.orders)

    def sample(self, x, noise):
        for number, order in enumerate(self.orders):
            x = self.step(x, noise, self.first + number * self.length, order)
        return x

    def step(self, x, noise, snr, order):
        h = self.length

        def move(part, bend, change):
            """To the fraction `part` of the step, with `bend` times the noise's change."""
            s, t = time_at(snr), time_at(snr + part * h)
            sigma = math.sqrt(-math.expm1(2.0 * log_alpha(t)))
            moved = math.exp(log_alpha(t) - log_alpha(s)) * x
            return moved - sigma * (math.expm1(part * h) * e + bend * change), t

        def rest(length):
            return math.expm1(length) / length - 1.0

        e = noise(x, time_at(snr))
        if order == 1:
            return move(1.0, 0.0, e)[0]
        if order == 2:
            e1 = noise(*move(0.5, 0.0, e))
            return move(1.0, math.expm1(h), e1 - e)[0]
        e1 = noise(*move(1 / 3, 0.0, e))
        e2 = noise(*move(2 / 3, 2.0 * rest(2 / 3 * h), e1 - e))
        return move(1.0, 1.5 * rest(h), e2 - e)[0]


class Diffcdr:
    def __init__(self, run):
        self.source_users, _ = run.vectors("source")
        self.target_users, self.target_items = run.vectors("target")
        width = self.target_users.shape[1]
        self.network = NoiseModel(width)
        self.alignment = nn.Linear(width, width, bias=False)
        self.solver = Solver()
        kept = torch.cumprod(1.0 - torch.linspace(1e-4, 0.02, STEPS), 0)
        self.signal, self.spread = kept.sqrt().unsqueeze(1), (1.0 - kept).sqrt().unsqueeze(1)
        parameters = [*self.network.parameters(), *self.alignment.parameters()]
        self.step = optimizer_step(parameters, 0.001, clip_norm=1.0)

    def noise_loss(self, x0, condition):
        rows = len(x0)
        half = torch.randint(STEPS, ((rows + 1) // 2,))
        times = torch.cat([half, STEPS - 1 - half])[:rows]
        noise = torch.randn_like(x0)
        told = (torch.rand(rows, 1) >= DROP).float()
        x = self.signal[times] * x0 + self.spread[times] * noise
        return F.smooth_l1_loss(self.network(x, times, condition, told), noise)

    def sample(self, start):
        rows = len(start)

        def noise(x, t):
            times = torch.full((rows,), 1000.0 * max(t - 1.0 / 1000.0, 0.0))
            alone = self.network(x, times, start, torch.zeros(rows, 1))
            return alone + GUIDANCE * (self.network(x, times, start, torch.ones(rows, 1)) - alone)

        with torch.no_grad():
            return self.solver.sample(start, noise)

    def train(self, users, items, ratings):
        source, target = self.source_users[users], self.target_users[users]
        self.step(self.noise_loss(target, source))
        vectors = self.alignment(self.sample(source))
        error = (vectors * self.target_items[items]).sum(1) - ratings
        self.step(F.smooth_l1_loss(vectors, target) + TASK_WEIGHT * error.square().mean())


def main():
    options = options_of(__doc__.splitlines()[0], 128)
    run, table = Run(options), Table(options)
    if table.wants("diffcdr"):
        table.time("diffcdr", run.transfer_rows(), Diffcdr(run).train)


if __name__ == "__main__":
    main()
