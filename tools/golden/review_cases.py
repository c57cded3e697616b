# SPDX-License-Identifier: Apache-2.0
"""The cases of the review-based models, and the weights that they start from."""
from functools import partial

import numpy as np
import torch

from documents import Documents
from initial import layer, uniform
from reviews import Catn, Omnimatch
from training import Schedule
from world import SOURCE_ITEMS, TARGET_ITEMS, USERS, World

WORLD = World()
TEXTS = Documents(WORLD)

CATN = {
    "field": "text",
    "vocabulary": 40,
    "max_df": 0.4,
    "words": 12,
    "aux": "paper",
    "aspects": 3,
    "aspect_width": 4,
    "filters": 5,
    "window": 3,
    "width": 6,
    "keep": 1.0,
    "l2": 1e-3,
}
OMNIMATCH = {
    "field": "title",
    "vocabulary": 1000000,
    "max_df": 1.0,
    "words": 9,
    "width": 6,
    "filters": 4,
    "dropout": 0.0,
    "alpha": 0.1,
    "beta": 0.25,
    "temperature": 0.07,
    "reversal": "step",
    "rho": 0.95,
}
# Fewer words than the placeholder has, and all rates far from the published ones.
OTHER_OMNIMATCH = {
    "field": "text",
    "vocabulary": 30,
    "max_df": 0.3,
    "words": 14,
    "width": 5,
    "filters": 3,
    "alpha": 0.5,
    "beta": 0.6,
    "temperature": 0.3,
    "reversal": "epoch",
    "rho": 0.9,
}


def _catn(batch_size, **changes):
    return Catn, "catn", "plain", {**CATN, **changes}, Schedule(3, batch_size, 0.01, None)


def _omnimatch(batch_size, learning_rate, **changes):
    settings = {**OMNIMATCH, **changes}
    adadelta = partial(torch.optim.Adadelta, rho=settings["rho"])
    schedule = Schedule(3, batch_size, learning_rate, None, optimizer=adadelta)
    return Omnimatch, "omnimatch", "plain", settings, schedule


# name: (class, model, backbone, settings, schedule)
CASES = {
    "catn": _catn(16),
    "catn-off": _catn(16, aux="off", window=5, words=25),
    # So few rows that some batches lack those of one domain, and take one step.
    "catn-released": _catn(4, aux="as_released"),
    "omnimatch": _omnimatch(16, 1.0),
    "omnimatch-epoch": _omnimatch(17, 2.0, **OTHER_OMNIMATCH),
}


def weights(kind, settings, draw_from):
    """Large enough for the documents to matter to the scores."""
    n_words = len(TEXTS.kept(settings["vocabulary"], settings["max_df"]))
    words = np.float32(draw_from.normal(size=(n_words, settings["width"])))
    make = _catn_weights if kind is Catn else _omnimatch_weights
    return {"words": words, **make(settings, draw_from)}


def _catn_weights(settings, draw_from):
    filters, window, d = settings["filters"], settings["window"], settings["aspect_width"]
    both = 2 * settings["aspects"] * d
    auxiliary = settings["aux"] != "off"
    out = {}
    for domain in ("source", "target"):
        out.update(_columns(draw_from, f"{domain}.conv_", settings["width"], window, filters))
        if auxiliary:
            out.update(_columns(draw_from, f"{domain}.aux_", filters, window, filters))
        out.update(_columns(draw_from, f"{domain}.gate_", filters, 1, both))
    for name in ("source_aspects", "target_aspects"):
        out[name] = np.float32(draw_from.normal(size=(settings["aspects"], d)))
    out["affinity"] = np.float32(draw_from.normal(size=(d, d)))
    if auxiliary:
        out.update(_columns(draw_from, "merge.gate_", 2 * d, 1, d))
        out.update(_columns(draw_from, "merge.", 2 * d, 1, d))
    return {**out, **_biases(draw_from)}


def _columns(draw_from, name, rows, taps, columns):
    """A layer with one column per tap and output."""
    bound = np.sqrt(3.0 / (rows * taps))
    weight = draw_from.uniform(-bound, bound, size=(rows, taps * columns))
    bias = draw_from.uniform(-0.5, 0.5, size=columns)
    return {name + "weight": np.float32(weight), name + "bias": np.float32(bias)}


def _biases(draw_from):
    """Items start at their mean rating."""
    out = {"user_bias": np.float32(draw_from.normal(scale=0.1, size=USERS))}
    for domain, n_items in (("source", SOURCE_ITEMS), ("target", TARGET_ITEMS)):
        rows = getattr(WORLD, domain)
        own = [[x for i, x in zip(rows.items, rows.ratings) if i == n] for n in range(n_items)]
        out[domain + "_item_bias"] = np.float32([np.mean(x) if x else 0.0 for x in own])
    return out


def _omnimatch_weights(settings, draw_from):
    filters, width = settings["filters"], settings["width"]
    out = {}
    for bank in ("user_source", "user_target", "item"):
        out[bank + ".weight"] = uniform(draw_from, 12 * filters, width)
        out[bank + ".bias"] = uniform(draw_from, 3 * filters, width)[:, 0].copy()
    for name in ("common", "source_specific", "target_specific"):
        out.update(layer(draw_from, name, 64, 3 * filters))
    out.update(layer(draw_from, "item_layer", 128, 3 * filters))
    out.update(layer(draw_from, "rating", 1, 256))
    out.update(layer(draw_from, "projection", 128, 256))
    # By far the largest: with few and short numbers the file is a third as long.
    few = draw_from.choice([-0.125, 0.0, 0.125], p=[0.125, 0.75, 0.125], size=(128, 256))
    out["projection.weight"] = np.float32(few)
    for name in ("domain", "source_domain", "target_domain"):
        out.update(layer(draw_from, name, 2, 64))
    return out
