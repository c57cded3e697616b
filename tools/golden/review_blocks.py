# SPDX-License-Identifier: Apache-2.0
"""tests/golden/review-blocks.json: single blocks of the review models, with their gradients for a
given gradient of what they put out.

Documents are ragged, as {"offsets", "words"}; what there is of a word at a time is [words, ...].
"""
from dataclasses import dataclass, field
from typing import Optional

import numpy as np
import torch

import blocks

LENGTH = 6  # positions; of the longest document, too
# Empty, of one word, shorter than a window, with a repeated word, full.
DOCUMENTS = [[], [3], [1, 1], [0, 5, 2, 4], [6, 2, 7, 2, 1], [8, 3, 0, 8, 5, 4]]
WORDS, WIDTH, FILTERS, ASPECTS, DEPTH = 9, 5, 4, 3, 2


@dataclass
class Result:
    """What a block is given and what it answers; all numbers by name."""

    inputs: dict
    output: np.ndarray
    output_gradient: Optional[np.ndarray] = None
    gradients: dict = field(default_factory=dict)
    constants: dict = field(default_factory=dict)
    extra: dict = field(default_factory=dict)  # further outputs, without gradient

    def numbers(self):
        return [self.output.ravel(), *self.gradients.values(), *self.extra.values()]

    def to_json(self):
        out = {
            **self.constants,
            "inputs": {name: _array(x) for name, x in self.inputs.items()},
            "output": _array(self.output),
            **{name: _array(x) for name, x in self.extra.items()},
        }
        if self.output_gradient is not None:
            out["output_gradient"] = _array(self.output_gradient)
            out["gradients"] = {name: _array(x) for name, x in self.gradients.items()}
        return out


def _array(values):
    return {"shape": list(values.shape), "values": values.ravel()}


class Draws:
    """Runs blocks on random numbers, the same ones in every precision."""

    def __init__(self, dtype):
        self.dtype, self.draw = dtype, np.random.RandomState(20240609)

    def normal(self, shape, scale=1.0):
        return np.float32(self.draw.normal(scale=scale, size=shape))

    def block(self, forward, inputs, constants=None, extra=None):
        """`inputs`: name -> shape, or an array. `forward` takes them as tensors, by name."""
        inputs = {
            name: x if isinstance(x, np.ndarray) else self.normal(x) for name, x in inputs.items()
        }
        tensors = {
            name: torch.tensor(x, dtype=self.dtype, requires_grad=True)
            for name, x in inputs.items()
        }
        output = forward(**tensors)
        scalar = output.ndim == 0
        upstream = np.float32(1.0) if scalar else self.normal(tuple(output.shape))
        output.backward(torch.tensor(upstream, dtype=self.dtype))
        with torch.no_grad():
            further = {name: make(**tensors).numpy() for name, make in (extra or {}).items()}
        return Result(
            inputs,
            output.detach().numpy(),
            np.asarray(upstream),
            {name: x.grad.numpy() for name, x in tensors.items()},
            constants or {},
            further,
        )


def ragged():
    offsets = [0] + [int(end) for end in np.cumsum([len(words) for words in DOCUMENTS])]
    return {"offsets": offsets, "words": [word for words in DOCUMENTS for word in words]}


def only_words(x):
    """[documents, positions, ...] -> [words, ...]"""
    return torch.cat([row[: len(words)] for row, words in zip(x, DOCUMENTS)])


def with_padding(x):
    """[words, width] -> [documents, positions, width], and where there are words."""
    padded = x.new_zeros(len(DOCUMENTS), LENGTH, x.shape[1])
    within = x.new_zeros(len(DOCUMENTS), LENGTH)
    parts = x.split([len(words) for words in DOCUMENTS])
    for n, part in enumerate(parts):
        padded[n, : len(part)] = part
        within[n, : len(part)] = 1.0
    return padded, within


def word_convolution(draws, window):
    def forward(vectors, weight, bias):
        x, _ = blocks.look_up(vectors, DOCUMENTS, LENGTH)
        return only_words(blocks.convolve(x, weight, bias, window))

    inputs = {
        "vectors": (WORDS, WIDTH),
        "weight": (WIDTH, window * FILTERS),
        "bias": (FILTERS,),
    }
    return draws.block(forward, inputs, {"window": window, "documents": ragged()})


def aspects(draws):
    def forward(h, v):
        padded, within = with_padding(h)
        return blocks.aspects(padded, v, within).flatten(1)

    n_words = sum(map(len, DOCUMENTS))
    inputs = {"h": (n_words, 2 * ASPECTS * DEPTH), "v": (ASPECTS, DEPTH)}
    return draws.block(forward, inputs, {"positions": LENGTH, "documents": ragged()})


def auxiliary_convolutions(draws, window):
    """The second convolution sees what the first one makes of the positions behind the words."""

    def first(vectors, weight, bias, **_):
        x, _ = blocks.look_up(vectors, DOCUMENTS, LENGTH)
        return blocks.convolve(x, weight, bias, window)

    def forward(aux_weight, aux_bias, **others):
        return only_words(blocks.convolve(first(**others), aux_weight, aux_bias, window))

    inputs = {
        "vectors": (WORDS, WIDTH),
        "weight": (WIDTH, window * FILTERS),
        "bias": (FILTERS,),
        "aux_weight": (FILTERS, window * FILTERS),
        "aux_bias": (FILTERS,),
    }
    constants = {"window": window, "positions": LENGTH, "documents": ragged()}
    return draws.block(forward, inputs, constants, {"first": first})


def pooled_documents(draws):
    def forward(vectors, weight, bias):
        x, _ = blocks.look_up(vectors, DOCUMENTS, LENGTH)
        return blocks.pool(x, weight, bias)

    inputs = {
        "vectors": (WORDS, WIDTH),
        "weight": (12 * FILTERS, WIDTH),
        "bias": (3 * FILTERS,),
    }
    return draws.block(forward, inputs, {"positions": LENGTH, "documents": ragged()})


def contrast(draws):
    ratings, temperature = [5.0, 3.0, 5.0, 1.0, 3.0, 5.0, 4.5], 0.07

    def forward(z_source, z_target):
        return blocks.contrast(z_source, z_target, ratings, temperature)

    inputs = {name: (len(ratings), 8) for name in ("z_source", "z_target")}
    return draws.block(forward, inputs, {"ratings": ratings, "temperature": temperature})


def merge(draws):
    def forward(own, auxiliary, **weights):
        vectors = (x.view(-1, ASPECTS, DEPTH) for x in (own, auxiliary))
        return blocks.merge(*vectors, **weights).flatten(1)

    inputs = {
        "own": (4, ASPECTS * DEPTH),
        "auxiliary": (4, ASPECTS * DEPTH),
        "gate_weight": (2 * DEPTH, DEPTH),
        "gate_bias": (DEPTH,),
        "weight": (2 * DEPTH, DEPTH),
        "bias": (DEPTH,),
    }
    return draws.block(forward, inputs)


def match(draws):
    def forward(user, item, **others):
        vectors = (x.view(-1, ASPECTS, DEPTH) for x in (user, item))
        return blocks.match(*vectors, **others)

    inputs = {
        "user": (5, ASPECTS * DEPTH),
        "item": (5, ASPECTS * DEPTH),
        "affinity": (DEPTH, DEPTH),
        "v_user": (ASPECTS, DEPTH),
        "v_item": (ASPECTS, DEPTH),
    }
    return draws.block(forward, inputs)


def reversed_domain(draws):
    labels, strength = [0, 0, 0, 1, 1, 1], 0.7

    def forward(features, weight, bias):
        return blocks.domain_loss(blocks.reverse(features, strength), weight, bias, labels)

    inputs = {"features": (len(labels), 8), "weight": (2, 8), "bias": (2,)}
    return draws.block(forward, inputs, {"labels": labels, "lambda": strength})


def adadelta(draws):
    """Values after each of three steps; some gradients are zero in one step or in all."""
    steps, size = 3, 6
    start, given = draws.normal(size), draws.normal((steps, size), 0.1)
    given[0, 1] = given[1, 2] = 0.0
    given[:, 3] = 0.0
    options = {"lr": 0.5, "rho": 0.95, "eps": 1e-6}
    values = torch.nn.Parameter(torch.tensor(start, dtype=draws.dtype))
    optimizer = torch.optim.Adadelta([values], **options)
    after = []
    for gradient in given:
        values.grad = torch.tensor(gradient, dtype=draws.dtype)
        optimizer.step()
        after.append(values.detach().numpy().copy())
    return Result({"start": start, "gradients": given}, np.stack(after), constants=options)


def results(dtype):
    """Every block's result, by name."""
    torch.set_default_dtype(dtype)
    draws = Draws(dtype)
    return {
        "word_convolution": word_convolution(draws, 3),
        "wide_word_convolution": word_convolution(draws, 5),
        "aspects": aspects(draws),
        "auxiliary": auxiliary_convolutions(draws, 3),
        "wide_auxiliary": auxiliary_convolutions(draws, 5),
        "pooled": pooled_documents(draws),
        "contrast": contrast(draws),
        "merge": merge(draws),
        "match": match(draws),
        "reversed_domain": reversed_domain(draws),
        "adadelta": adadelta(draws),
    }
