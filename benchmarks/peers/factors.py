#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times r = u . v in PyTorch: mean squared error, dense Adam on both tables, k = 10.

    python3 benchmarks/peers/factors.py RUN_DIRECTORY [--loader]

Rows are `source` and `target` (the plain backbone) and `cmf` (both domains, shared users). Batches
are slices of a permutation, which is the fastest that PyTorch does; --loader makes them by a
DataLoader over single rows, as the released code of the baselines does.
"""
import torch

from common import Run, Table, optimizer_step, options_of


def time_factors(table, name, columns, n_users, n_items):
    users, items = torch.nn.Embedding(n_users, 10), torch.nn.Embedding(n_items, 10)
    step = optimizer_step([*users.parameters(), *items.parameters()], 0.01)

    def train(user, item, rating):
        predicted = (users(user) * items(item)).sum(1)
        step(torch.nn.functional.mse_loss(predicted, rating))

    table.time(name, columns, train)


def main():
    options = options_of(__doc__.splitlines()[0], 256)
    run, table = Run(options), Table(options)
    for domain in ("source", "target"):
        if table.wants(domain):
            rows = getattr(run, domain)
            columns = rows.users, rows.items, rows.ratings
            time_factors(table, domain, columns, run.n_users, run.n_items[domain])
    if table.wants("cmf"):
        columns = (
            torch.cat([run.source.users, run.target.users]),
            torch.cat([run.source.items, run.target.items + run.n_items["source"]]),
            torch.cat([run.source.ratings, run.target.ratings]),
        )
        time_factors(table, "cmf", columns, run.n_users, sum(run.n_items.values()))


if __name__ == "__main__":
    main()
