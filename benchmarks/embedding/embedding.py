#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints what `crossfade embed` makes of a language model beside llama.cpp's own llama-bench.

    python3 benchmarks/embedding/embedding.py --crossfade PROGRAM --llama-bench PROGRAM \
      --model FILE [--minilm FILE] [--quick]

Both read the same file with the same number of threads and take turns; a figure is the median of
the rounds, beside the smallest and the largest. The texts are those of generated shops. Vectors are
checked before anything is timed: a text read alone and among others must get the same one. Run it
while nothing else runs. Needs numpy.
"""
import argparse
import dataclasses
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

import numpy as np

KINDS = ("items", "users")
NOTE = re.compile(r"\w+ (items|users): (\d+) texts, (\d+) tokens in [\d.]+ s \((\d+) tokens/s\)")
INSTRUCTION = (
    "You describe products for a shop. Read the title and the description below and keep in mind "
    "what a customer would like to know before buying: what the product is, whom it is for, what "
    "it is made of, and what sets it apart from others of its kind. Say nothing that the text "
    "does not say."
)
TOLERANCE = 1e-3  # of a vector's length; the weights and the attention round

RECIPE = """
out = "run"
data = "shops"
seeds = [1]
models = ["constant"]

[ingest]
min_user_reviews = 1

[ingest.source]
reviews = "{data}/source_reviews.jsonl"
items = "{data}/source_items.jsonl"

[ingest.target]
reviews = "{data}/target_reviews.jsonl"
items = "{data}/target_items.jsonl"

[features]
items = ["llm"]
users = ["llm"]
"""


@dataclasses.dataclass
class Speed:
    """What one command did with texts of one kind."""

    texts: int = 0
    tokens: int = 0
    seconds: float = 0.0

    @property
    def tokens_per_second(self):
        return self.tokens / self.seconds

    @property
    def texts_per_second(self):
        return self.texts / self.seconds


def finish(command, folder):
    """Runs a command. What it said on standard error, and its peak memory in bytes."""
    log = folder / "log"
    with open(log, "w") as errors:
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    said = log.read_text()
    if process.returncode:
        sys.exit(f"{' '.join(command)}\n{said}exit code {process.returncode}")
    return said, usage.ru_maxrss * 1024


class Shops:
    """Two generated shops, and `crossfade embed` on them."""

    def __init__(self, options, folder, users, items):
        self.program, self.folder = options.crossfade, folder
        folder.mkdir()
        (folder / "recipe.toml").write_text(RECIPE)
        sizes = [f"--set={shop}_items={items}" for shop in ("source", "target")]
        sizes.append(f"--set=min_reviews={min(24, items // 4)}")  # the program asks for that many
        finish([self.program, "synth", "--out", "shops", "--users", str(users), *sizes], folder)

    def embed(self, model, threads, **settings):
        """Encodes everything anew. Speed by kind of text, and peak memory. `settings` are those of
        [features.llm], with __ for a dot: items__max_tokens=512."""
        shutil.rmtree(self.folder / "run" / "embeddings", ignore_errors=True)
        settings = {**{f"{kind}__model": str(model) for kind in KINDS}, **settings}
        command = [self.program, "embed", "recipe.toml", "--set", f"features.llm.threads={threads}"]
        for name, value in settings.items():
            name = name.replace("__", ".")
            command += ["--set", f"features.llm.{name}={json.dumps(value)}"]
        said, peak = finish(command, self.folder)
        speeds = {kind: Speed() for kind in KINDS}
        for kind, texts, tokens, rate in NOTE.findall(said):
            speed = speeds[kind]
            speed.texts += int(texts)
            speed.tokens += int(tokens)
            speed.seconds += int(tokens) / int(rate)
        return speeds, peak

    def vectors(self, kind):
        """The vectors of the last embed, both shops."""
        merged = sorted((self.folder / "run" / "embeddings").glob(f"*-{kind}-*/merged/values.npy"))
        return np.concatenate([np.load(file) for file in merged]).astype(np.float64)


class LlamaBench:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def tokens_per_second(self, model, threads, prompt=512, batch=512, embeddings=False):
        """How fast a prompt of random tokens is read, once the model is warm."""
        command = [self.program, "-m", str(model), "-t", str(threads), "-p", str(prompt), "-n", "0"]
        command += ["-b", str(batch), "-ub", str(batch), "-r", "5", "-o", "json"]
        command += ["-embd", "1" if embeddings else "0"]
        done = subprocess.run(
            command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        if done.returncode:
            return None  # it does not run such a model
        return statistics.median(json.loads(done.stdout)[0]["samples_ts"])


class Row:
    """One line of the table: figures of several rounds."""

    def __init__(self, name, unit="tokens/s"):
        self.name, self.unit, self.values = name, unit, []

    def add(self, value):
        if value is not None:
            self.values.append(value)

    def show(self, base=None):
        if not self.values:
            print(f"{self.name:<58}{'does not run':>12}", flush=True)
            return
        median = statistics.median(self.values)
        spread = f"{min(self.values):,.1f} to {max(self.values):,.1f}"
        times = f"{median / statistics.median(base.values):.2f}x" if base and base.values else ""
        print(f"{self.name:<58}{median:>12,.1f}  {self.unit:<10}{spread:>24}{times:>8}", flush=True)


def check(options, shops, model, **settings):
    """Stops unless texts read alone and together get the same vectors."""
    shops.embed(model, options.threads, part_texts=1, **settings)
    alone = {kind: shops.vectors(kind) for kind in KINDS}
    shops.embed(model, options.threads, part_texts=64, **settings)
    for kind in KINDS:
        together = shops.vectors(kind)
        size = np.linalg.norm(alone[kind], axis=1)
        error = (np.linalg.norm(alone[kind] - together, axis=1) / size).max()
        apart = np.linalg.norm(alone[kind][1:] - alone[kind][:-1], axis=1).min() / size.max()
        print(
            f"checked: {len(together)} {kind} alone and among others differ by {error:.1e}, from "
            f"one another by {apart:.1e} at least"
        )
        if not error <= options.tolerance or not apart > 10 * error:
            sys.exit(f"the vectors of {kind} are wrong; the tolerance is {options.tolerance}")


def time_throughput(options, shops, bench):
    """Texts of all lengths against llama-bench, and the memory."""
    rows = {
        "plain": Row("llama-bench, prompts of 512 tokens"),
        "embd": Row("llama-bench -embd 1 (predicts after every token)"),
        "users": Row("embed, users by 5 reviews, at most 512 tokens"),
        "items": Row("embed, items by title, categories and description"),
    }
    for _ in range(options.rounds):
        rows["plain"].add(bench.tokens_per_second(options.model, options.threads))
        speeds, peak = shops.embed(
            options.model, options.threads, users__max_tokens=512, users__max_reviews=5
        )
        for kind in KINDS:
            rows[kind].add(speeds[kind].tokens_per_second)
    rows["embd"].add(bench.tokens_per_second(options.model, options.threads, embeddings=True))
    for kind in KINDS:
        speed = speeds[kind]
        rows[kind].name += f" ({speed.tokens / speed.texts:.0f})"
    for row in rows.values():
        row.show(rows["plain"])
    size = pathlib.Path(options.model).stat().st_size
    print(f"peak memory {peak / 1e6:,.0f} MB; the model's file is {size / 1e6:,.0f} MB\n")


def time_prefix(options, shops):
    """A prompt before short texts: evaluated once, or with every text."""
    shared = Row("embed, a prompt before short texts, evaluated once", "texts/s")
    repeated = Row("embed, the same prompt in every text", "texts/s")
    rest = "{title}: {description}"
    for _ in range(options.rounds):
        for row, prompt in ((shared, f"{INSTRUCTION}\n{rest}"), (repeated, f"{INSTRUCTION} {rest}")):
            speeds, _ = shops.embed(options.model, options.threads, items__prompt=prompt,
                                    users__max_tokens=64, users__max_reviews=1)
            row.add(speeds["items"].texts_per_second)
            row.tokens = speeds["items"].tokens / speeds["items"].texts
    for row in (repeated, shared):
        row.name += f" ({row.tokens:.0f} tokens)"
        row.show(repeated)
    print()


def time_settings(options, shops, bench):
    for threads in sorted({1, options.threads}):
        for batch in (256, 512, 1024):
            plain = Row(f"llama-bench, {threads} threads, batches of {batch}")
            users = Row(f"embed, users, {threads} threads, batch_tokens = {batch}")
            for _ in range(options.rounds):
                plain.add(bench.tokens_per_second(options.model, threads, batch, batch))
                speeds, peak = shops.embed(options.model, threads, batch_tokens=batch,
                                           users__max_tokens=512, users__max_reviews=5)
                users.add(speeds["users"].tokens_per_second)
            plain.show()
            users.name += f", {peak / 1e6:,.0f} MB"
            users.show(plain)
    print()


def time_minilm(options, shops, bench):
    """A small sentence encoder, which reads each text in one piece."""
    settings = {"items__prompt": "{title}. {categories}. {description}", "users__prompt": "{reviews}"}
    for kind in KINDS:
        settings |= {f"{kind}__pooling": "mean", f"{kind}__max_tokens": 256}
    check(options, options.few, options.minilm, **settings)
    plain = Row("llama-bench -embd 1, prompts of 256 tokens")
    rows = {kind: Row(f"embed, MiniLM, {kind}, at most 256 tokens") for kind in KINDS}
    texts = {kind: Row(f"embed, MiniLM, {kind}", "texts/s") for kind in KINDS}
    for _ in range(options.rounds):
        plain.add(bench.tokens_per_second(options.minilm, options.threads, 256, 256, True))
        speeds, _ = shops.embed(options.minilm, options.threads, **settings)
        for kind in KINDS:
            rows[kind].add(speeds[kind].tokens_per_second)
            texts[kind].add(speeds[kind].texts_per_second)
    plain.show()
    for kind in KINDS:
        speed = speeds[kind]
        rows[kind].name += f" ({speed.tokens / speed.texts:.0f})"
        rows[kind].show(plain)
        texts[kind].show()


def program(name):
    found = shutil.which(name)
    if found is None:
        raise argparse.ArgumentTypeError(f"{name} is no program")
    return os.path.abspath(found)


def options_of():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--crossfade", type=program, default="build/release/cli/crossfade",
                        help="(%(default)s)")
    parser.add_argument("--llama-bench", type=program, required=True,
                        help="bin/llama-bench of what tools/bootstrap --llama-bench installed")
    parser.add_argument("--model", type=pathlib.Path, required=True,
                        help="a GGUF file, as make_model.py writes one")
    parser.add_argument("--minilm", type=pathlib.Path, help="what tools/minilm prints")
    parser.add_argument("--threads", type=int, default=2, help="(%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="(%(default)s)")
    parser.add_argument("--tolerance", type=float, default=TOLERANCE,
                        help="of a vector alone and among others (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="few texts, one round, no settings")
    options = parser.parse_args()
    options.model = options.model.resolve()
    options.minilm = options.minilm and options.minilm.resolve()
    if options.quick:
        options.rounds = 1
    return options


def main():
    options = options_of()
    with tempfile.TemporaryDirectory(prefix="crossfade-bench-") as folder:
        folder = pathlib.Path(folder)
        bench = LlamaBench(options.llama_bench, folder)
        options.few = Shops(options, folder / "few", users=30, items=12)
        users, items = (30, 40) if options.quick else (60, 160)
        shops = Shops(options, folder / "many", users=users, items=items)
        check(options, options.few, options.model, users__max_tokens=128)
        time_throughput(options, shops, bench)
        time_prefix(options, shops)
        if not options.quick:
            time_settings(options, shops, bench)
        if options.minilm:
            time_minilm(options, shops, bench)


if __name__ == "__main__":
    main()
