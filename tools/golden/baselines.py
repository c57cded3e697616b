#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/golden/*.json: what the models must compute, by PyTorch.

    python3 tools/golden/baselines.py [--out tests/golden] [CASE ...]

Needs PyTorch 1.13 (python3-torch) and numpy. Numbers are computed in float32, as crossfade does.
Each case is computed in float64, too, and refused when both differ by more than a fifth of what the
tests allow: then it would test rounding.
"""
import argparse
import json
import pathlib

import numpy as np
import torch

import initial
import models
import review_blocks
import review_cases
import sampler
from documents import Documents
from factors import Cmf, Factors, both_domains, draw
from streams import Rng
from training import Schedule, train
from world import SOURCE_ITEMS, TARGET_ITEMS, UNRATED_TARGET_ITEM, USERS, WIDTH, World

TOLERANCE = 1e-4  # of the tests: times max(1, |value|)
WORLD = World()

# name: (class, model, backbone, settings, schedule)
CASES = {
    "cmf": (Cmf, "cmf", "plain", {"alpha": 0.5, "init_std": 1.0}, Schedule(3, 16, 0.01)),
    "cmf-weighted": (
        Cmf,
        "cmf",
        "plain",
        {"alpha": 0.3, "init_std": 0.5},
        Schedule(4, 64, 0.02, 0.01),
    ),
    "emcdr-linear": (
        models.Emcdr,
        "emcdr",
        "plain",
        {"mapping": "linear"},
        Schedule(6, 5, 0.01),
    ),
    "emcdr-mlp": (
        models.Emcdr,
        "emcdr+",
        "biased",
        {"mapping": "mlp", "hidden": 16},
        Schedule(6, 5, 0.003, 0.01),
    ),
    "sscdr-published": (
        models.Sscdr,
        "sscdr",
        "plain",
        {"mapping": "linear", "lambda": 1.0, "margin": 1.0, "resample": False, "hops": 0},
        Schedule(4, 16, 0.01),
    ),
    "sscdr-paper": (
        models.Sscdr,
        "sscdr+",
        "biased",
        {"mapping": "mlp", "lambda": 0.5, "margin": 1.0, "resample": True, "hops": 2},
        Schedule(4, 16, 0.003, 0.05),
    ),
    "lacdr": (
        models.Lacdr,
        "lacdr",
        "plain",
        {"code": 4, "use_nonoverlap": False},
        Schedule(5, 16, 0.001),
    ),
    "lacdr-nonoverlap": (
        models.Lacdr,
        "lacdr+",
        "biased",
        {"code": 6, "use_nonoverlap": True},
        Schedule(5, 16, 0.005, 0.1),
    ),
    "ptupcdr": (
        models.Ptupcdr,
        "ptupcdr",
        "plain",
        {"history": 20, "hidden": 12},
        Schedule(4, 16, 0.01),
    ),
    "ptupcdr-biased": (
        models.Ptupcdr,
        "ptupcdr+",
        "biased",
        {"history": 3, "hidden": 12},
        Schedule(4, 16, 0.005, 0.02),
    ),
    "diffcdr-affine": (
        models.Diffcdr,
        "diffcdr",
        "plain",
        {
            "activation": "none",
            "hidden": 20,
            "evaluations": 30,
            "guidance": 0.1,
            "drop_condition": 0.1,
            "task_weight": 0.1,
            "clip_norm": 1.0,
        },
        Schedule(4, 16, 0.001, clip_norm=1.0),
    ),
    "diffcdr-relu": (
        models.Diffcdr,
        "diffcdr+",
        "biased",
        {
            "activation": "relu",
            "hidden": 20,
            "evaluations": 20,
            "guidance": 0.5,
            "drop_condition": 0.3,
            "task_weight": 1.0,
            "clip_norm": 0.5,
        },
        Schedule(4, 17, 0.001, 0.01, clip_norm=0.5),
    ),
    "dcdcsr": (
        models.Dcdcsr,
        "dcdcsr",
        "plain",
        {"neighbours": 10, "hidden": 12, "item_epochs": 3},
        Schedule(5, 16, 0.01),
    ),
    "dcdcsr-biased": (
        models.Dcdcsr,
        "dcdcsr+",
        "biased",
        {"neighbours": 4, "hidden": 12, "item_epochs": 3},
        Schedule(5, 16, 0.01, 0.001),
    ),
    **review_cases.CASES,
}

# name: start's standard deviation, schedule. With one row per step, a user with one rating goes
# without gradient for more than 200 steps in most epochs.
FACTOR_CASES = {
    "factors-dense": (1.0, Schedule(3, 32, 0.01)),
    "factors-decay": (1.0, Schedule(3, 32, 0.01, 0.01)),
    "factors-rare": (0.3, Schedule(3, 1, 0.01)),
}


def initial_weights(name):
    """The weights that training starts from, by name."""
    kind, _, _, settings, _ = CASES[name]
    make = review_cases.weights if name in review_cases.CASES else initial.weights
    return make(kind, settings, np.random.RandomState(sum(name.encode())))


def compute(name, dtype):
    """Scores before training, losses and scores after it."""
    torch.set_default_dtype(dtype)
    kind, _, backbone, settings, schedule = CASES[name]
    model = kind(WORLD, WORLD.backbones[backbone], Rng(11), settings, schedule)
    model.load(initial_weights(name))
    users, items = asked_pairs()
    before = model.score(users, items).numpy()
    losses = train(model.phases(), Rng(5))
    return before, losses, model.score(users, items).numpy()


def asked_pairs():
    """Every user with five items, the unrated one among them."""
    pairs = [(u, (3 * u + 7 * n) % TARGET_ITEMS) for u in range(USERS) for n in range(4)]
    pairs += [(u, UNRATED_TARGET_ITEM) for u in range(USERS)]
    return [u for u, _ in pairs], [i for _, i in pairs]


def require_close(name, single, double):
    """Compares what float32 and float64 gave: tuples of nested lists or arrays of numbers."""
    for wanted, got in zip(single, double):
        wanted, got = (np.concatenate([np.ravel(part) for part in x]) for x in (wanted, got))
        error = np.max(np.abs(wanted - got) / np.maximum(1.0, np.abs(got)))
        if not error < TOLERANCE / 5:
            raise SystemExit(f"{name}: float32 and float64 differ by {error:.2g}")


def toml(value):
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def baseline_case(name):
    _, model, backbone, settings, schedule = CASES[name]
    single = compute(name, torch.float32)
    double = compute(name, torch.float64)
    require_close(name, single, double)
    users, items = asked_pairs()
    lines = [f"{key} = {toml(value)}" for key, value in settings.items()]
    return {
        "model": model,
        "settings": "\n".join(lines + schedule.to_toml()),
        "backbone": backbone,
        **({"documents": True} if name in review_cases.CASES else {}),
        "initial": {
            key: {"shape": list(value.shape), "values": value.ravel()}
            for key, value in initial_weights(name).items()
        },
        "losses": single[1],
        "users": users,
        "items": items,
        "scores_before": single[0],
        "scores": single[2],
    }


def factor_case(name):
    std, schedule = FACTOR_CASES[name]
    options = {key: value for key, value in vars(schedule).items() if key != "optimizer"}

    def result(dtype):
        torch.set_default_dtype(dtype)
        rng = Rng(5)
        users = draw(rng.fork("users"), USERS, std)
        items = draw(rng.fork("items"), SOURCE_ITEMS + TARGET_ITEMS, std)
        model = Factors("order", both_domains(WORLD), (users, items), schedule)
        losses = train(model.phases(), FactorStreams(rng))[0]
        return losses, model.users.numpy(), model.items.numpy()

    single, double = result(torch.float32), result(torch.float64)
    require_close(name, single, double)
    return {
        "options": {**options, "init_std": std},
        "losses": single[0],
        "users": single[1].ravel(),
        "items": single[2].ravel(),
    }


class FactorStreams:
    """The kernel shuffles with the epoch's stream itself, not with a child of it."""

    def __init__(self, rng):
        self.rng = rng

    def fork(self, name, index=0):
        return FactorStreams(self.rng.fork(name, index)) if name == "order" else self.rng


def sampler_case(_):
    """The sampler alone, on a noise that is affine in x, in the start and in the time's row."""
    draw_from = np.random.RandomState(3)
    evaluations, rows = 30, 6

    def small(*shape, scale=0.1):
        return np.float32(scale * draw_from.normal(size=shape))

    given = {
        "matrix": np.float32(np.eye(WIDTH)) + small(WIDTH, WIDTH),
        "offset": small(WIDTH),
        "condition": small(WIDTH, WIDTH),
        "times": small(evaluations, WIDTH),
        "start": small(rows, WIDTH, scale=1.0),
    }

    def result(dtype):
        t = {name: torch.as_tensor(value).to(dtype) for name, value in given.items()}

        def noise(x, _, n):
            return (x + t["start"] @ t["condition"] + t["times"][n]) @ t["matrix"] + t["offset"]

        return sampler.sample(t["start"], noise, evaluations).numpy()

    single = result(torch.float32)
    require_close("dpm-solver", [single], [result(torch.float64)])
    labels = {str(count): sampler.labels(count) for count in (3, 4, 5, evaluations)}
    return {
        "width": WIDTH,
        "evaluations": evaluations,
        "labels": labels,
        **{name: value.ravel() for name, value in given.items()},
        "end": single.ravel(),
    }


def review_blocks_case(name):
    single, double = (review_blocks.results(dtype) for dtype in (torch.float32, torch.float64))
    for block in single:
        require_close(f"{name}: {block}", single[block].numbers(), double[block].numbers())
    return {block: result.to_json() for block, result in single.items()}


def plain(value):
    """Numbers as JSON has them, floats with nine significant digits: every float32 exactly."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(part) for part in value]
    if isinstance(value, (float, np.floating)):
        return float(f"{float(value):.9g}")
    return value


def write(file, content):
    command = f"python3 tools/golden/baselines.py {file.stem}"
    pairs = [
        f"{json.dumps(key)}: {json.dumps(plain(value), separators=(',', ':'))}"
        for key, value in {"command": command, **content}.items()
    ]
    file.write_text("{\n" + ",\n".join(pairs) + "\n}\n")
    print(f"{file.name}: {file.stat().st_size / 1000:.0f} kB")


def main():
    makers = {
        "world": lambda _: WORLD.to_json(),
        "documents": lambda _: Documents(WORLD).to_json(),
        "dpm-solver": sampler_case,
        "review-blocks": review_blocks_case,
    }
    makers.update({name: factor_case for name in FACTOR_CASES})
    makers.update({name: baseline_case for name in CASES})
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("tests/golden"))
    parser.add_argument("case", nargs="*", help=", ".join(makers))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for name in arguments.case or makers:
        write(arguments.out / f"{name}.json", makers[name](name))


if __name__ == "__main__":
    main()
