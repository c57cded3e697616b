#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a language model of seeded random weights that costs what a real one of its size costs.

    python3 benchmarks/embedding/make_model.py VOCABULARY FILE [--type q8_0|f16] [--layers 12] ...

Llama architecture, the tokenizer of Llama 3 (VOCABULARY is share/ggml-vocab-llama-bpe.gguf of the
llama.cpp that tools/bootstrap installed), one matrix for reading and for predicting tokens. By
default 181 M weights besides the 131 M of the vocabulary. Both types hold the same numbers. It
answers nothing, but its states stay finite and about 1. Takes seconds; needs numpy.
"""
import argparse
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tools" / "golden"))
import gguf  # noqa: E402
import tiny_models  # noqa: E402

STEPS = 127  # An element is a whole number of steps, as many on either side of 0.
SPREAD_OF_STEPS = STEPS / np.sqrt(3)


class Weights:
    """What tiny_models.Weights offers, without ever holding a matrix in float32."""

    def __init__(self, seed, kind):
        self.rng = np.random.RandomState(seed)  # its streams are the same in every numpy
        self.kind = kind

    def drawn(self, shape, spread):
        steps = np.frombuffer(self.rng.bytes(int(np.prod(shape))), np.int8)
        steps = np.maximum(steps, -STEPS)
        scale = np.float16(spread / SPREAD_OF_STEPS)
        if self.kind == "f16":
            return (steps * scale).astype(np.float16).reshape(shape)
        blocks = np.empty(steps.size // gguf.QUANTISED_ROW, gguf.Q8(np.zeros((1, 32))).blocks.dtype)
        blocks["scale"] = scale
        blocks["q"] = steps.reshape(-1, gguf.QUANTISED_ROW)
        return gguf.Q8.of_bytes(blocks.tobytes(), shape)

    def matrix(self, *shape):
        return self.drawn(shape, 1 / np.sqrt(shape[1]))

    def table(self, rows, width):
        return self.drawn((rows, width), 1.0)

    def gain(self, width):
        return (1 + 0.1 * self.rng.standard_normal(width)).astype(np.float32)


def options_of():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("vocabulary", help="ggml-vocab-llama-bpe.gguf")
    parser.add_argument("file", help="the model to write")
    parser.add_argument("--type", choices=["q8_0", "f16"], default="q8_0", help="(%(default)s)")
    parser.add_argument("--width", type=int, default=1024, help="(%(default)s)")
    parser.add_argument("--layers", type=int, default=12, help="(%(default)s)")
    parser.add_argument("--heads", type=int, default=16, help="(%(default)s)")
    parser.add_argument("--kv-heads", type=int, default=4, help="(%(default)s)")
    parser.add_argument("--hidden", type=int, default=4096, help="feed-forward (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="(%(default)s)")
    options = parser.parse_args()
    if options.width % options.heads or options.heads % options.kv_heads:
        parser.error("--width must be a multiple of --heads, and --heads of --kv-heads")
    if options.width % gguf.QUANTISED_ROW or options.hidden % gguf.QUANTISED_ROW:
        parser.error(f"--width and --hidden must be multiples of {gguf.QUANTISED_ROW}")
    return options


def main():
    options = options_of()
    vocabulary, _ = gguf.read(options.vocabulary)
    head = options.width // options.heads
    metadata = {
        **tiny_models.language_metadata(
            vocabulary, "benchmark", options.width, options.layers, options.hidden
        ),
        "llama.attention.head_count": options.heads,
        "llama.attention.head_count_kv": options.kv_heads,
        "llama.rope.dimension_count": head,
    }
    tensors = tiny_models.language_tensors(
        Weights(options.seed, options.type),
        int(metadata["llama.vocab_size"]),
        options.width,
        options.layers,
        options.kv_heads * head,
        options.hidden,
    )
    gguf.write(options.file, metadata, tensors)
    table = int(np.prod(tensors["token_embd.weight"].shape))
    weights = sum(int(np.prod(tensor.shape)) for tensor in tensors.values())
    size = pathlib.Path(options.file).stat().st_size
    print(
        f"{options.file}: {(weights - table) / 1e6:.0f} M weights and {table / 1e6:.0f} M of the "
        f"vocabulary, {options.type}, {size / 1e6:.0f} MB"
    )


if __name__ == "__main__":
    main()
