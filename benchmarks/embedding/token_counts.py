#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints how many tokens real items and users are for Llama 3, and how long they take.

    python3 benchmarks/embedding/token_counts.py --crossfade PROGRAM --model FILE --data DIR \
      [--rates 20,200,2000]

FILE is any model with the tokenizer of Llama 3; a tiny one will do, as hardly anything is
evaluated: every text is a part of its own and is cut behind the prompt, and the part says how many
tokens were left out. Tokens of an image are those of MiniCPM-Llama3-V 2.5 as llama.cpp slices it.
The hours are for the three tasks of the paper at the given numbers of tokens per second.
"""
import argparse
import itertools
import json
import math
import os
import pathlib
import shutil
import statistics
import struct
import subprocess
import tempfile

RECIPES = pathlib.Path(__file__).parents[2] / "recipes" / "real"
DATA = {  # recipe: whether its users wrote reviews
    "amazon-books-movies": False,
    "movielens-comedy-action": False,
    "digital-music-rock-rest": True,
}
USER_PROMPT = 17  # Tokens before the reviews, read once.
CUT_BEHIND = 32  # More than the prompts.
LIMIT = {"items": 512, "users": 2048}  # As crossfade has them.

PAPER = {  # shop: users, items, ratings (Table 1)
    "movie": (18_045, 156_884, 881_003),
    "music": (10_292, 159_997, 513_247),
    "book": (53_442, 674_378, 2_772_516),
}
TASKS = {"1": ("movie", "music"), "2": ("book", "movie"), "3": ("book", "music")}
IMAGES = {"no image": None, "500 x 500": (500, 500), "1500 x 1500": (1500, 1500)}

SIDE, QUERIES, MOST_SLICES = 448, 96, 9
LARGEST_SIDE = 1344  # features.llm.items.max_image_side


def image_tokens(width, height):
    """An image's tokens, marks included: the whole, and slices when a side is over 448."""
    scale = min(1.0, LARGEST_SIDE / max(width, height))
    width, height = max(1, round(width * scale)), max(1, round(height * scale))
    whole = QUERIES + 2
    if max(width, height) <= SIDE:
        return whole
    multiple = min(math.ceil(width * height / SIDE**2), MOST_SLICES)
    counts = [n for n in (multiple - 1, multiple, multiple + 1) if 1 < n <= MOST_SLICES]
    grids = [(m, n // m) for n in counts for m in range(1, n + 1) if n % m == 0]
    ratio = math.log(width / height)
    columns, rows = min(grids, key=lambda grid: abs(ratio - math.log(grid[0] / grid[1])))
    return whole + 2 + columns * rows * (QUERIES + 2) + rows - 1


def jpeg_size(file):
    """Width and height; None when it is no JPEG."""
    data = file.read_bytes()
    at = 2
    while data[:2] == b"\xff\xd8" and at + 9 < len(data):
        marker, length = data[at + 1], struct.unpack_from(">H", data, at + 2)[0]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        at += 2 + length
    return None


class Counter:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder

    def lengths(self, name, has_reviews, max_reviews=50):
        """Tokens of every text, uncut: (shop, kind) -> list."""
        kinds = ["items", "users"] if has_reviews else ["items"]
        out = self.folder / name
        shutil.rmtree(out / "embeddings", ignore_errors=True)
        settings = {"data": self.options.data, "out": out, "features.llm.part_texts": 1}
        settings |= {"features.llm.threads": 1, "features.llm.users.max_reviews": max_reviews}
        for kind in ("items", "users"):
            settings[f"features.{kind}"] = '["llm"]' if kind in kinds else '["profile"]'
            settings[f"features.llm.{kind}.model"] = self.options.model
            settings[f"features.llm.{kind}.max_tokens"] = CUT_BEHIND
        command = [self.options.crossfade, "embed", str(RECIPES / f"{name}.toml"), "--quiet"]
        for key, value in settings.items():
            command += ["--set", f"{key}={value}"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        found = {}
        for job in sorted((out / "embeddings").glob("*-*-*")):
            shop, kind = job.name.split("-")[:2]
            parts = [json.loads(file.read_text()) for file in job.glob("part-*.json")]
            counts = [part["tokens"] + part["tokens_cut"] for part in parts if part["texts"]]
            found[shop, kind] = counts
        return found


def print_counts(name, counts, limit=None):
    limited = sum(min(count, limit or count) for count in counts)
    tenths = statistics.quantiles(counts, n=10, method="inclusive")
    print(
        f"{name:<46}{len(counts):>7,}{statistics.mean(counts):>8,.0f}"
        f"{statistics.median(counts):>8,.0f}{tenths[8]:>8,.0f}{max(counts):>8,}"
        f"{sum(counts):>12,}{limited:>12,}",
        flush=True,
    )


def count_posters(data):
    for folder in sorted(data.glob("*/posters")):
        sizes = [jpeg_size(file) for file in sorted(folder.iterdir())]
        tokens = [image_tokens(*size) for size in sizes if size]
        if tokens:
            print_counts(f"{folder.parent.name}, images alone", tokens)


def print_hours(options, item_tokens, user_tokens):
    rates = [float(rate) for rate in options.rates.split(",")]
    print(f"\nhours at tokens/s:{'':<24}{'M tokens':>10}" + "".join(f"{r:>12,.0f}" for r in rates))
    for task, image in itertools.product(TASKS, IMAGES):
        users = sum(PAPER[shop][0] for shop in TASKS[task]) * user_tokens
        items = sum(PAPER[shop][1] for shop in TASKS[task])
        items *= item_tokens + (image_tokens(*IMAGES[image]) if IMAGES[image] else 0)
        for what, tokens in (("users", users), ("items, " + image, items)):
            if what == "users" and image != next(iter(IMAGES)):
                continue
            hours = "".join(f"{tokens / rate / 3600:>12,.1f}" for rate in rates)
            name = f"task {task}, {' -> '.join(TASKS[task])}, {what}"
            print(f"{name:<42}{tokens / 1e6:>10,.0f}{hours}")


def options_of():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--crossfade", default="build/release/cli/crossfade", help="(%(default)s)")
    parser.add_argument("--model", required=True, help="a GGUF file with Llama 3's tokenizer")
    parser.add_argument("--data", type=pathlib.Path, required=True, help="as the recipes want it")
    parser.add_argument("--rates", default="20,200,2000,20000", help="tokens/s (%(default)s)")
    options = parser.parse_args()
    options.crossfade = os.path.abspath(shutil.which(options.crossfade) or options.crossfade)
    options.model, options.data = os.path.abspath(options.model), options.data.resolve()
    return options


def main():
    options = options_of()
    heads = ("texts", "mean", "median", "90 %", "most")
    print(f"{'tokens':<46}{heads[0]:>7}" + "".join(f"{head:>8}" for head in heads[1:])
          + f"{'total':>12}{'within':>12}")
    item_counts, reviews = [], []
    with tempfile.TemporaryDirectory(prefix="crossfade-tokens-") as folder:
        counter = Counter(options, pathlib.Path(folder))
        for name, has_reviews in DATA.items():
            for (shop, kind), counts in counter.lengths(name, has_reviews).items():
                print_counts(f"{name}, {shop} {kind}", counts, LIMIT[kind])
                if kind == "items":
                    item_counts += counts
            if has_reviews:
                ones = counter.lengths(name, has_reviews, max_reviews=1)
                reviews += ones["source", "users"] + ones["target", "users"]
                print_counts(f"{name}, newest review alone", reviews)
    count_posters(options.data)
    per_shop = [ratings / users for users, _, ratings in PAPER.values()]
    full = min(50.0, min(per_shop)) * statistics.mean(reviews)
    user_tokens = min(LIMIT["users"] - USER_PROMPT, full)
    item_tokens = statistics.mean(min(count, LIMIT["items"]) for count in item_counts)
    print(
        f"\nan item's text is {item_tokens:.0f} tokens; a user's {min(per_shop):.0f} reviews are "
        f"{full:,.0f}, of which {user_tokens:,.0f} are read"
    )
    print_hours(options, item_tokens, user_tokens)


if __name__ == "__main__":
    main()
