#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints samples/s of a run's catn and omnimatch beside PyTorch's on the same documents.

    python3 benchmarks/training/reviews.py RUN_DIRECTORY [--seed 900] [--steps 5]

crossfade's figures come from the run's manifests; its seconds include validation after each epoch
when there are validation users. PyTorch's are measured now, by benchmarks/peers/reviews.py, with
the run's batch size and document length, on one thread. Run it while nothing else runs.
"""
import argparse
import importlib.util
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np

PEER = pathlib.Path(__file__).parent.parent / "peers" / "reviews.py"
OVERLAP = 2  # As crossfade::Role counts it in roles.npy.


def setting(manifest, name):
    """A setting that the model was trained with, as text."""
    return re.search(rf'^{name} = "?([^"\n]*)"?$', manifest["config"], re.MULTILINE).group(1)


class Documents:
    """What users wrote in the source and what was written about items of the target. Of a vocabulary
    of n words the n most frequent count, whatever max_df says: what a step costs is the same."""

    def __init__(self, options):
        seed = f"seed-{options.seed}"
        self.words = options.run / "documents" / seed
        self.dataset = options.run / "dataset"
        self.roles = np.load(options.run / "splits" / seed / "roles.npy").ravel()

    def reviews(self, domain, field, vocabulary):
        offsets = np.load(self.words / domain / f"{field}_offsets.npy").ravel()
        words = np.load(self.words / domain / f"{field}_words.npy").ravel()
        return [own[own < vocabulary] for own in np.split(words, offsets[1:-1])]

    def ratings(self, domain, kept):
        """Users, items and ratings of `kept` users."""
        offsets, items, ratings = (
            np.load(self.dataset / domain / f"{name}.npy").ravel()
            for name in ("offsets", "items", "ratings")
        )
        users = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
        rows = kept[users]
        return users[rows], items[rows], ratings[rows]

    def save(self, file, field, vocabulary):
        source = self.ratings("source", self.roles != 1)
        target = self.ratings("target", (self.roles == 1) | (self.roles == OVERLAP))
        texts = {"user": (source[0], self.reviews("source", field, vocabulary))}
        texts["item"] = (target[1], self.reviews("target", field, vocabulary))
        arrays = {}
        for kind, (owners, reviews) in texts.items():
            count = len(self.roles) if kind == "user" else owners.max() + 1
            documents = [[] for _ in range(count)]
            for owner, review in zip(owners, reviews):
                documents[owner].append(review)
            documents = [np.concatenate(own or [np.zeros(0, int)]) for own in documents]
            arrays[kind + "_offsets"] = np.cumsum([0] + [len(own) for own in documents])
            arrays[kind + "_words"] = np.concatenate(documents)
        learned = self.roles[target[0]] == OVERLAP
        arrays["users"], arrays["items"], arrays["ratings"] = (part[learned] for part in target)
        np.savez(file, **arrays)


def has_a_peer(manifest):
    """Whether it is one of the models, in the published size."""
    published = {
        "catn": {"aux": "paper", "filters": "50", "window": "3", "aspects": "5", "width": "300"},
        "omnimatch": {"filters": "200", "width": "300"},
    }
    sizes = published.get(manifest["details"]["model"])
    return bool(sizes) and all(setting(manifest, name) == sizes[name] for name in sizes)


def peer(manifest, documents, options):
    """What PyTorch gives: samples/s and peak MB; None without it."""
    if importlib.util.find_spec("torch") is None:
        return None
    vocabulary = int(manifest["details"]["facts"]["words"])
    with tempfile.TemporaryDirectory() as scratch:
        file = pathlib.Path(scratch) / "documents.npz"
        documents.save(file, setting(manifest, "field"), vocabulary)
        command = [sys.executable, str(PEER), "--json", "--documents", str(file)]
        command += ["--model", manifest["details"]["model"], "--vocabulary", str(vocabulary)]
        command += ["--batch", setting(manifest, "batch_size")]
        command += ["--words", setting(manifest, "words"), "--steps", str(options.steps)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=pathlib.Path, help="directory of a crossfade run")
    parser.add_argument("--seed", type=int, default=900)
    parser.add_argument("--steps", type=int, default=5, help="of PyTorch (%(default)s)")
    options = parser.parse_args()
    documents = Documents(options)
    print(f"{'model':<20}{'rows':>9}{'samples/s':>11}{'peak MB':>9}{'PyTorch':>11}{'peak MB':>9}")
    for directory in sorted((options.run / "models").glob(f"*/seed-{options.seed}")):
        manifest = json.loads((directory / "manifest.json").read_text())
        if not has_a_peer(manifest):
            continue
        phase = manifest["details"]["phases"][0]
        ours = phase["rows"] * phase["epochs"] / phase["seconds"]
        cells = f"{phase['rows']:>9,}{ours:>11,.0f}{manifest['peak_memory_bytes'] / 1e6:>9,.0f}"
        other = peer(manifest, documents, options)
        if other:
            per_second = other["samples_per_second"]
            cells += f"{per_second:>11,.1f}{other['peak_mb']:>9,.0f}  {ours / per_second:.1f}x"
        print(f"{directory.parent.name:<20}{cells}", flush=True)


if __name__ == "__main__":
    main()
