# SPDX-License-Identifier: Apache-2.0
"""The weights that the models of models.py start from, drawn by numpy: no start of crossfade's."""
import numpy as np

import models
from world import WIDTH


def uniform(draw_from, out, width):
    """As torch.nn.Linear draws its weights."""
    bound = 1.0 / np.sqrt(width)
    return np.float32(draw_from.uniform(-bound, bound, size=(out, width)))


def layer(draw_from, name, out, width, bias=True):
    weights = {name + ".weight": uniform(draw_from, out, width)}
    if bias:
        weights[name + ".bias"] = uniform(draw_from, out, width)[:, 0].copy()
    return weights


def weights(kind, settings, draw_from):
    """The weights that training starts from, by name."""
    k = WIDTH
    if kind in (models.Emcdr, models.Sscdr):
        if settings["mapping"] == "linear":
            return layer(draw_from, "0", k, k, bias=kind is models.Sscdr)
        hidden = settings.get("hidden", 2 * k)
        return {**layer(draw_from, "0", hidden, k), **layer(draw_from, "2", k, hidden)}
    if kind is models.Lacdr:
        code = settings["code"]
        return {
            **layer(draw_from, "source_encoder", code, k, bias=False),
            **layer(draw_from, "source_decoder", k, code, bias=False),
            **layer(draw_from, "target_encoder", code, k, bias=False),
            **layer(draw_from, "target_decoder", k, code, bias=False),
        }
    if kind is models.Ptupcdr:
        hidden = settings["hidden"]
        return {
            **layer(draw_from, "key", k, k),
            **layer(draw_from, "weight", 1, k, bias=False),
            **layer(draw_from, "hidden", hidden, k),
            **layer(draw_from, "matrix", k * k, hidden),
        }
    if kind is models.Dcdcsr:
        hidden = settings["hidden"]
        return {**layer(draw_from, "hidden", hidden, k), **layer(draw_from, "out", k, hidden)}
    return noise_model(draw_from, settings["hidden"]) if kind is models.Diffcdr else {}


def noise_model(draw_from, hidden):
    """Near the noise model that takes x for the noise, with relu between its layers, too: with it
    the sampler neither explodes nor dies, and rounding stays small."""
    both = np.concatenate([np.eye(WIDTH), -np.eye(WIDTH)])
    weights = {
        **layer(draw_from, "time", WIDTH, 128),
        **layer(draw_from, "condition", WIDTH, WIDTH),
        **layer(draw_from, "first", hidden, WIDTH),
        **layer(draw_from, "second", hidden, hidden),
        **layer(draw_from, "third", WIDTH, hidden),
        **layer(draw_from, "alignment", WIDTH, WIDTH, bias=False),
    }
    near = {"first": both, "second": np.eye(hidden), "third": both.T}
    for name, values in near.items():
        key = name + ".weight"
        weights[key] = np.float32(values + 0.2 * weights[key])
    return weights
