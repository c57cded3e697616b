#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints rows/s of a finished run's rating-based models, per phase, beside PyTorch's.

    python3 benchmarks/training/baselines.py RUN_DIRECTORY [--seed 900] [--dataset DIR]

crossfade's figures come from the run's manifests; its seconds include validation after each epoch.
PyTorch's are measured now, by benchmarks/peers with the batch sizes of the run: on one thread, and
without validation. Run it while nothing else runs.
"""
import argparse
import importlib.util
import json
import pathlib
import re
import subprocess
import sys

PEERS = pathlib.Path(__file__).parent.parent / "peers"
MAPPINGS = ("emcdr", "sscdr", "lacdr", "ptupcdr")


def peer_script(model):
    """The peer that trains `model` as published, or None."""
    if model in MAPPINGS:
        return "mappings.py"
    return {"cmf": "factors.py", "diffcdr": "diffcdr.py"}.get(model)


def setting(manifest, name):
    """A number of the settings that a manifest was made with; 0 when there are none or several."""
    found = re.findall(rf"^{name} = (\d+)$", manifest["config"], re.MULTILINE)
    return int(found[0]) if len(found) == 1 else 0


class Peers:
    def __init__(self, options):
        self.options = options
        self.there = importlib.util.find_spec("torch") is not None
        if not self.there:
            print("peer skipped: python3-torch is missing")

    def time(self, script, models, batch):
        """Rows and seconds per epoch of `models` together; (0, 0) without PyTorch."""
        if not self.there:
            return 0, 0.0
        command = [sys.executable, str(PEERS / script), str(self.options.run), "--json"]
        command += ["--models", models, "--batch", str(batch)]
        command += ["--seed", str(self.options.seed), "--epochs", str(self.options.epochs)]
        if self.options.dataset:
            command += ["--dataset", str(self.options.dataset)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        return sum(row["rows"] for row in rows), sum(row["seconds"] for row in rows)


def print_row(model, phase, rows, batch, ours, peer):
    """`ours` and `peer` in rows/s; 0 = unknown."""
    cells = [f"{value:,.0f}" if value else "" for value in (rows, batch, ours, peer)]
    times = f"{ours / peer:.1f}x" if ours and peer else ""
    print(
        f"{model:<18}{phase:<12}{cells[0]:>10}{cells[1]:>8}{cells[2]:>14}{cells[3]:>14}{times:>8}",
        flush=True,
    )


def print_backbone(options, peers):
    file = options.run / "backbones" / "plain" / f"seed-{options.seed}" / "manifest.json"
    if not file.exists():
        return
    manifest = json.loads(file.read_text())
    batch = setting(manifest, "batch_size")
    rows, seconds = peers.time("factors.py", "source,target", batch)
    done = rows * setting(manifest, "epochs")
    ours = done / manifest["wall_seconds"]
    print_row("backbone", "both shops", rows, batch, ours, rows / seconds if seconds else 0)


def print_model(directory, peers):
    manifest = json.loads((directory / "manifest.json").read_text())
    model, phases = manifest["details"]["model"], manifest["details"]["phases"]
    batch = setting(manifest, "batch_size")
    script = peer_script(model) if directory.parent.name == model else None  # a variant has none
    for phase in phases:
        done = phase["rows"] * phase["epochs"]
        if not done or not phase["seconds"]:
            continue  # a closed form
        rows, seconds = peers.time(script, model, batch) if script else (0, 0.0)
        peer = rows / seconds if seconds else 0
        ours = done / phase["seconds"]
        print_row(directory.parent.name, phase["name"], phase["rows"], batch, ours, peer)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=pathlib.Path, help="directory of a finished run")
    parser.add_argument("--seed", type=int, default=900)
    parser.add_argument("--dataset", type=pathlib.Path, help="when it is not in the run")
    parser.add_argument("--epochs", type=int, default=3, help="of a peer; the median counts")
    options = parser.parse_args()
    peers = Peers(options)
    print(
        f"{'model':<18}{'phase':<12}{'rows':>10}{'batch':>8}{'rows/s':>14}{'PyTorch':>14}{'':>8}"
    )
    print_backbone(options, peers)
    for directory in sorted(options.run.glob(f"models/*/seed-{options.seed}")):
        print_model(directory, peers)


if __name__ == "__main__":
    main()
