#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times the mapping models in PyTorch: emcdr, sscdr, lacdr, ptupcdr with their published settings.

    python3 benchmarks/peers/mappings.py RUN_DIRECTORY [--models emcdr,ptupcdr]
"""
import torch
import torch.nn.functional as F
from torch import nn

from common import Run, Table, optimizer_step, options_of

HISTORY = 20


class Vectors:
    def __init__(self, run):
        self.source_users, self.source_items = run.vectors("source")
        self.target_users, self.target_items = run.vectors("target")
        self.width = self.target_users.shape[1]


def time_emcdr(table, run, v):
    mapping = nn.Linear(v.width, v.width, bias=False)
    step = optimizer_step(mapping.parameters(), 0.01)

    def train(users):
        step(F.mse_loss(mapping(v.source_users[users]), v.target_users[users]))

    table.time("emcdr", [run.transfer_rows()[0].unique()], train)


def time_sscdr(table, run, v):
    mapping = nn.Linear(v.width, v.width)
    step = optimizer_step(mapping.parameters(), 0.01)

    def train(users, liked, other):
        target = v.target_users[users]
        own, near, far = (
            (mapping(x) - target).square().sum(1)
            for x in (v.source_users[users], v.source_items[liked], v.source_items[other])
        )
        step((own + torch.relu(1.0 + near - far)).mean())

    users = run.transfer_rows()[0]
    columns = users, draw_liked(run, users), draw_any(run, len(users))
    table.time("sscdr", columns, train)


def draw_liked(run, users):
    """A liked item of each user, drawn once; item 0 for a user who likes none."""
    owners, items = run.liked()
    counts = torch.bincount(owners, minlength=run.n_users)
    first = counts.cumsum(0) - counts
    drawn = (torch.rand(len(users)) * counts[users]).long()
    at = (first[users] + drawn).clamp(max=len(items) - 1)
    return torch.where(counts[users] > 0, items[at], torch.zeros_like(users))


def draw_any(run, count):
    pool = run.liked()[1].unique()
    return pool[torch.randint(len(pool), (count,))]


def time_lacdr(table, run, v):
    code = round(0.4 * v.width)
    encode = nn.ModuleList(nn.Linear(v.width, code, bias=False) for _ in range(2))
    decode = nn.ModuleList(nn.Linear(code, v.width, bias=False) for _ in range(2))
    step = optimizer_step([*encode.parameters(), *decode.parameters()], 0.001)

    def norm(x):
        return (x.square().sum(1) + 1e-12).sqrt()

    def train(users):
        source, target = v.source_users[users], v.target_users[users]
        source_code, target_code = encode[0](source), encode[1](target)
        rebuilt = norm(decode[0](source_code) - source) + norm(decode[1](target_code) - target)
        step((rebuilt + 2.0 * norm(source_code - target_code)).sum())

    table.time("lacdr", run.transfer_rows()[:1], train)


def time_ptupcdr(table, run, v):
    k = v.width
    attention = nn.Sequential(nn.Linear(k, k), nn.ReLU(), nn.Linear(k, 1, bias=False))
    decoder = nn.Sequential(nn.Linear(k, 50), nn.ReLU(), nn.Linear(50, k * k))
    step = optimizer_step([*attention.parameters(), *decoder.parameters()], 0.01)
    padding = len(v.source_items)
    known = torch.cat([v.source_items, torch.randn(1, k)])

    def train(users, items, ratings, history):
        liked = known[history]
        logits = attention(liked) - 1e8 * (history == padding).unsqueeze(2).float()
        characteristic = (torch.softmax(logits, 1) * liked).sum(1)
        maps = decoder(characteristic).view(-1, k, k)
        vectors = torch.bmm(v.source_users[users].unsqueeze(1), maps).squeeze(1)
        step(F.mse_loss((vectors * v.target_items[items]).sum(1), ratings))

    users, items, ratings = run.transfer_rows()
    table.time("ptupcdr", (users, items, ratings, histories(run, padding)[users]), train)


def histories(run, padding):
    """The last liked items of every user, filled up with `padding`: [users, HISTORY]."""
    owners, items = run.liked()
    counts = torch.bincount(owners, minlength=run.n_users)
    left = counts.cumsum(0)[owners] - torch.arange(len(owners))  # 1 for a user's last one
    table = torch.full((run.n_users, HISTORY), padding)
    here = left <= HISTORY
    table[owners[here], (counts[owners].clamp(max=HISTORY) - left)[here]] = items[here]
    return table


def main():
    options = options_of(__doc__.splitlines()[0], 128)
    run, table = Run(options), Table(options)
    vectors = Vectors(run)
    models = {
        "emcdr": time_emcdr,
        "sscdr": time_sscdr,
        "lacdr": time_lacdr,
        "ptupcdr": time_ptupcdr,
    }
    for name, time_model in models.items():
        if table.wants(name):
            time_model(table, run, vectors)


if __name__ == "__main__":
    main()
