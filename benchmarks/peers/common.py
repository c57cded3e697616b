# SPDX-License-Identifier: Apache-2.0
"""What the peers share: a run's arrays as tensors, batches, timing, the table."""
import argparse
import json
import pathlib
import statistics
import sys
import time

import numpy as np
import torch

SIDE, OVERLAP = 1, 2  # As crossfade::Role counts them in roles.npy.
LIKED_ABOVE = 3.0


class Ratings:
    """The training rows of one domain, by user and item."""

    def __init__(self, directory, keep):
        def load(name):
            return np.load(directory / f"{name}.npy").ravel()

        counts = np.diff(load("offsets"))
        rows = np.repeat(keep, counts)
        self.users = torch.from_numpy(np.repeat(np.arange(len(counts)), counts)[rows])
        self.items = torch.from_numpy(load("items").astype(np.int64)[rows])
        self.ratings = torch.from_numpy(load("ratings")[rows])

    def of(self, users):
        """The rows of users for whom `users` is true."""
        rows = users[self.users]
        return self.users[rows], self.items[rows], self.ratings[rows]


class Run:
    """Dataset, split and plain backbone of a crossfade run."""

    def __init__(self, options):
        run = options.run
        dataset = options.dataset or run / "dataset"
        counts = json.loads((dataset / "manifest.json").read_text())["details"]
        seed = f"seed-{options.seed}"
        roles = np.load(run / "splits" / seed / "roles.npy").ravel()
        self.n_users = counts["users"]
        self.n_items = {"source": counts["source_items"], "target": counts["target_items"]}
        self.source = Ratings(dataset / "source", roles != SIDE)
        self.target = Ratings(dataset / "target", (roles == SIDE) | (roles == OVERLAP))
        self.overlap = torch.from_numpy(roles == OVERLAP)
        self.backbone = run / "backbones" / "plain" / seed

    def vectors(self, domain):
        """User and item vectors; random ones, which cost the same, when the run has none."""
        if self.backbone.exists():
            files = (self.backbone / domain / f"{name}.npy" for name in ("users", "items"))
            return tuple(torch.from_numpy(np.load(file)) for file in files)
        print(f"{self.backbone}: not there; random vectors of {domain}", file=sys.stderr)
        return torch.randn(self.n_users, 10), torch.randn(self.n_items[domain], 10)

    def transfer_rows(self):
        """Users, items and ratings of the overlapping users in the target."""
        return self.target.of(self.overlap)

    def liked(self):
        """Users and items of the source ratings above 3."""
        users, items, ratings = self.source.of(self.overlap)
        return users[ratings > LIKED_ABOVE], items[ratings > LIKED_ABOVE]


def options_of(description, batch):
    """Parses the command line and sets the number of threads."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("run", type=pathlib.Path, help="directory of a crossfade run")
    parser.add_argument("--seed", type=int, default=900)
    parser.add_argument("--dataset", type=pathlib.Path, help="when it is not in the run")
    parser.add_argument("--batch", type=int, default=batch, help="rows per step (%(default)s)")
    parser.add_argument("--epochs", type=int, default=3, help="the median is shown (%(default)s)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--models", help="comma-separated; all when left out")
    parser.add_argument(
        "--loader", action="store_true", help="batches by a DataLoader, as the released code has"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object per row instead")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    return options


def batches(columns, options):
    """The rows of `columns` in random order, `options.batch` at a time."""
    if options.loader:
        dataset = torch.utils.data.TensorDataset(*columns)
        yield from torch.utils.data.DataLoader(dataset, options.batch, shuffle=True)
        return
    order = torch.randperm(len(columns[0]))
    for rows in order.split(options.batch):
        yield tuple(column[rows] for column in columns)


def optimizer_step(parameters, learning_rate, clip_norm=0.0):
    """A function that takes one step of Adam down a loss."""
    parameters = list(parameters)
    optimizer = torch.optim.Adam(parameters, lr=learning_rate)

    def step(loss):
        optimizer.zero_grad()
        loss.backward()
        if clip_norm > 0.0:
            torch.nn.utils.clip_grad_norm_(parameters, clip_norm)
        optimizer.step()

    return step


class Table:
    """Prints a row for every model that was asked for, as soon as it is timed."""

    def __init__(self, options):
        self.options = options
        self.wanted = options.models.split(",") if options.models else None
        if not options.json:
            print(f"{'model':<16}{'rows':>10}{'batch':>8}{'s/epoch':>10}{'samples/s':>12}")

    def wants(self, name):
        return self.wanted is None or name in self.wanted

    def time(self, name, columns, step):
        """Times epochs in which `step` is called with the columns of every batch."""
        seconds = []
        for _ in range(self.options.epochs):
            start = time.perf_counter()
            for batch in batches(columns, self.options):
                step(*batch)
            seconds.append(time.perf_counter() - start)
        median, rows = statistics.median(seconds), len(columns[0])
        if self.options.json:
            print(json.dumps({"model": name, "rows": rows, "seconds": median}), flush=True)
            return
        print(
            f"{name:<16}{rows:>10,}{self.options.batch:>8,}{median:>10.4f}{rows / median:>12,.0f}",
            flush=True,
        )
