#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/golden/tiny_models.py VOCABULARY DIRECTORY

Writes language models of seeded random weights for tests, in seconds: they answer nothing, but
they have the real tokenizer (VOCABULARY is llama.cpp's models/ggml-vocab-llama-bpe.gguf) and run
through the same code as the real ones.

  tiny-llama.gguf         Llama architecture, 4 layers of width 64, float32
  tiny-llama-q8.gguf      the same weights in 8 bits
  tiny-minicpmv.gguf      language part of a MiniCPM-V 2.5, 2 layers of width 128, 8 bits
  tiny-minicpmv-mm.gguf   its vision part: the real image geometry, 2 layers of width 32, and the
                          resampler with 96 queries
  tiny-qwen2vl.gguf       a language model that counts positions in rows and columns
  tiny-gemma3-mm.gguf     a vision part whose model looks both ways within an image
"""
import os
import sys

import numpy as np

import gguf

NORM_EPSILON = 1e-5
ROPE_BASE = 500000.0  # Llama 3
# The tokens that MiniCPM-Llama3-V 2.5 adds; here they take the place of reserved ones.
IMAGE_TOKENS = ["<image>", "</image>", "<slice>", "</slice>"]


class Weights:
    """Random weights that keep the size of activations about 1."""

    def __init__(self, seed):
        self.rng = np.random.RandomState(seed)  # its streams are the same in every numpy

    def matrix(self, *shape):
        spread = 1 / np.sqrt(np.prod(shape[1:]))
        return (self.rng.standard_normal(shape) * spread).astype(np.float32)

    def gain(self, width):
        return (1 + 0.1 * self.rng.standard_normal(width)).astype(np.float32)

    def bias(self, width):
        return (0.1 * self.rng.standard_normal(width)).astype(np.float32)

    def table(self, rows, width):
        return self.rng.standard_normal((rows, width)).astype(np.float32)


def language_tensors(weights, vocabulary, width, layers, key_width, hidden):
    tensors = {"token_embd.weight": weights.table(vocabulary, width)}
    for i in range(layers):
        layer = f"blk.{i}."
        tensors[layer + "attn_norm.weight"] = weights.gain(width)
        tensors[layer + "attn_q.weight"] = weights.matrix(width, width)
        tensors[layer + "attn_k.weight"] = weights.matrix(key_width, width)
        tensors[layer + "attn_v.weight"] = weights.matrix(key_width, width)
        tensors[layer + "attn_output.weight"] = weights.matrix(width, width)
        tensors[layer + "ffn_norm.weight"] = weights.gain(width)
        tensors[layer + "ffn_gate.weight"] = weights.matrix(hidden, width)
        tensors[layer + "ffn_up.weight"] = weights.matrix(hidden, width)
        tensors[layer + "ffn_down.weight"] = weights.matrix(width, hidden)
    tensors["output_norm.weight"] = weights.gain(width)
    return tensors  # the output matrix is that of the embedding


def language_metadata(vocabulary, name, width, layers, hidden):
    tokens = {key: value for key, value in vocabulary.items() if key.startswith("tokenizer.")}
    return {
        "general.architecture": "llama",
        "general.name": name,
        "llama.vocab_size": len(vocabulary["tokenizer.ggml.tokens"]),
        "llama.context_length": 8192,
        "llama.embedding_length": width,
        "llama.block_count": layers,
        "llama.feed_forward_length": hidden,
        "llama.attention.head_count": 4,
        "llama.attention.head_count_kv": 2,
        "llama.attention.layer_norm_rms_epsilon": NORM_EPSILON,
        "llama.rope.dimension_count": width // 4,
        "llama.rope.freq_base": ROPE_BASE,
        **tokens,
    }


def quantise(tensors):
    return {name: gguf.Q8(tensor) if tensor.ndim == 2 else tensor
            for name, tensor in tensors.items()}


def write_llama(vocabulary, directory):
    metadata = language_metadata(vocabulary, "tiny-llama", width=64, layers=4, hidden=160)
    tensors = language_tensors(Weights(11), int(metadata["llama.vocab_size"]), width=64, layers=4,
                               key_width=32, hidden=160)
    gguf.write(f"{directory}/tiny-llama.gguf", metadata, tensors)
    gguf.write(f"{directory}/tiny-llama-q8.gguf", metadata, quantise(tensors))


def write_minicpmv_language(vocabulary, directory):
    names = list(vocabulary["tokenizer.ggml.tokens"])
    first = names.index("<|reserved_special_token_10|>")
    names[first:first + len(IMAGE_TOKENS)] = IMAGE_TOKENS
    metadata = language_metadata({**vocabulary, "tokenizer.ggml.tokens": names}, "tiny-minicpmv",
                                 width=128, layers=2, hidden=256)
    tensors = language_tensors(Weights(12), len(names), width=128, layers=2, key_width=64,
                               hidden=256)
    gguf.write(f"{directory}/tiny-minicpmv.gguf", metadata, quantise(tensors))


def write_qwen2vl_language(vocabulary, directory):
    metadata = language_metadata(vocabulary, "tiny-qwen2vl", width=128, layers=1, hidden=256)
    metadata = {key.replace("llama.", "qwen2vl."): value for key, value in metadata.items()}
    metadata["general.architecture"] = "qwen2vl"
    metadata["qwen2vl.rope.dimension_sections"] = np.array([4, 6, 6, 0], np.int32)
    tensors = language_tensors(Weights(14), int(metadata["qwen2vl.vocab_size"]), width=128,
                               layers=1, key_width=64, hidden=256)
    gguf.write(f"{directory}/tiny-qwen2vl.gguf", metadata, quantise(tensors))


def resampler_tensors(weights, width, vision_width, queries):
    tensors = {
        "resampler.query": weights.table(queries, width),
        "resampler.pos_embed_k": weights.table(70 * 70, width),
        "resampler.proj.weight": weights.matrix(width, width),
        "resampler.kv.weight": weights.matrix(width, vision_width),
    }
    for part in ("q", "k", "v", "out"):
        tensors[f"resampler.attn.{part}.weight"] = weights.matrix(width, width)
        tensors[f"resampler.attn.{part}.bias"] = weights.bias(width)
    for part in ("q", "kv", "post"):
        tensors[f"resampler.ln_{part}.weight"] = weights.gain(width)
        tensors[f"resampler.ln_{part}.bias"] = weights.bias(width)
    return tensors


def vision_tensors(weights, width, layers, hidden, patch):
    tensors = {
        "v.patch_embd.weight": weights.matrix(width, 3, patch, patch),
        "v.patch_embd.bias": weights.bias(width),
        "v.position_embd.weight": weights.table(70 * 70, width),
    }
    for i in range(layers):
        layer = f"v.blk.{i}."
        for part in ("attn_q", "attn_k", "attn_v", "attn_out"):
            tensors[layer + part + ".weight"] = weights.matrix(width, width)
            tensors[layer + part + ".bias"] = weights.bias(width)
        for part in ("ln1", "ln2"):
            tensors[layer + part + ".weight"] = weights.gain(width)
            tensors[layer + part + ".bias"] = weights.bias(width)
        tensors[layer + "ffn_up.weight"] = weights.matrix(hidden, width)
        tensors[layer + "ffn_up.bias"] = weights.bias(hidden)
        tensors[layer + "ffn_down.weight"] = weights.matrix(width, hidden)
        tensors[layer + "ffn_down.bias"] = weights.bias(width)
    tensors["v.post_ln.weight"] = weights.gain(width)
    tensors["v.post_ln.bias"] = weights.bias(width)
    return tensors


def vision_metadata(name, projector):
    half = np.full(3, 0.5, np.float32)
    return {
        "general.architecture": "clip",
        "general.name": name,
        "clip.has_vision_encoder": True,
        "clip.projector_type": projector,
        "clip.use_gelu": True,
        "clip.vision.image_size": 448,
        "clip.vision.patch_size": 14,
        "clip.vision.embedding_length": 32,
        "clip.vision.feed_forward_length": 64,
        "clip.vision.projection_dim": 0,
        "clip.vision.attention.head_count": 2,
        "clip.vision.attention.layer_norm_epsilon": 1e-6,
        "clip.vision.block_count": 2,
        "clip.vision.image_mean": half,
        "clip.vision.image_std": half,
    }


def write_minicpmv_vision(directory):
    weights = Weights(13)
    metadata = {
        **vision_metadata("tiny-minicpmv-mm", "resampler"),
        "clip.minicpmv_version": np.int32(2),
        "clip.minicpmv_query_num": 96,
    }
    gguf.write(f"{directory}/tiny-minicpmv-mm.gguf", metadata, {
        **vision_tensors(weights, width=32, layers=2, hidden=64, patch=14),
        **resampler_tensors(weights, width=128, vision_width=32, queries=96),
    })


def write_gemma3_vision(directory):
    weights = Weights(15)
    gguf.write(f"{directory}/tiny-gemma3-mm.gguf", vision_metadata("tiny-gemma3-mm", "gemma3"), {
        **vision_tensors(weights, width=32, layers=2, hidden=64, patch=14),
        "mm.input_projection.weight": weights.matrix(32, 128),
        "mm.soft_emb_norm.weight": weights.gain(32),
    })


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    vocabulary, _ = gguf.read(sys.argv[1])
    os.makedirs(sys.argv[2], exist_ok=True)
    write_llama(vocabulary, sys.argv[2])
    write_minicpmv_language(vocabulary, sys.argv[2])
    write_minicpmv_vision(sys.argv[2])
    write_qwen2vl_language(vocabulary, sys.argv[2])
    write_gemma3_vision(sys.argv[2])


if __name__ == "__main__":
    main()
