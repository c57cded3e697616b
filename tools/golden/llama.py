#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/golden/llama.py MODELS

The tokenizer and the forward pass of Llama 3 (Dubey et al. 2024, section 3.2; RMSNorm: Zhang and
Sennrich 2019; rotary positions: Su et al. 2021; grouped queries: Ainslie et al. 2023; SwiGLU:
Shazeer 2020) in double precision, layer by layer as the papers write them, for the models that
tools/golden/tiny_models.py wrote into the folder MODELS. Writes tests/golden/llama-<case>.json:

  first_last_avg  (mean of the first layer's outputs + mean of the final normalised states) / 2
  mean            mean of the final normalised states
  last_token      final normalised state of the last token
  first           mean of the first layer's outputs
"""
import json
import pathlib
import re
import sys
import unicodedata

import numpy as np

import gguf

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIMIT = 512
LONG = (
    "The stainless steel kettle boils 1.7 litres in about 4 minutes, and it's quieter than the one "
    "we had before. The lid closes firmly; the handle stays cool.\n\nAfter 3 months the finish "
    "still looks new... I'd buy it again!  "
)
CASES = {
    "short": ("Blue kettle", LIMIT),
    "empty": ("", LIMIT),
    "long": (LONG * 8, LIMIT),
    "languages": ("Größe 42 sitzt; ça va très bien! 水壶很好用,质量不错。 Чайник — огонь 🔥🔥 "
                  "สวยมาก \u200b\tقهوة\r\n", LIMIT),
    "truncated": (LONG * 8, 48),
}

CONTRACTION = re.compile("'(s|t|re|ve|m|ll|d)", re.IGNORECASE)
# The expression of the Llama 3 tokenizer over kinds of characters: letter L, number N, line break R,
# blank B, other white space S, anything else X.
WORD = re.compile(r"[BSX]?L+|N{1,3}|B?X+R*|[BSR]*R+|[BSR]+(?![LNX])|[BSR]+")


def kind(character):
    if character in "\r\n":
        return "R"
    if character == " ":
        return "B"
    if character.isspace():
        return "S"
    return {"L": "L", "N": "N"}.get(unicodedata.category(character)[0], "X")


def split(text):
    """The pieces that merges do not cross."""
    kinds = "".join(map(kind, text))
    at = 0
    while at < len(text):
        match = CONTRACTION.match(text, at) or WORD.match(kinds, at)
        yield text[match.start():match.end()]
        at = match.end()


def byte_letters():
    """The printable letter that stands for each byte in the vocabulary (from GPT-2)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {**{b: chr(b) for b in printable}, **{b: chr(256 + i) for i, b in enumerate(others)}}


class Tokenizer:
    def __init__(self, metadata):
        self.ids = {token: i for i, token in enumerate(metadata["tokenizer.ggml.tokens"])}
        merges = metadata["tokenizer.ggml.merges"]
        self.ranks = {tuple(merge.split(" ")): i for i, merge in enumerate(merges)}
        self.first = int(metadata["tokenizer.ggml.bos_token_id"])
        self.letters = byte_letters()

    def word(self, piece):
        text = "".join(self.letters[byte] for byte in piece.encode())
        if text in self.ids:
            return [self.ids[text]]
        parts = list(text)
        while len(parts) > 1:
            pairs = list(zip(parts, parts[1:]))
            best = min(pairs, key=lambda pair: self.ranks.get(pair, len(self.ranks)))
            if best not in self.ranks:
                break
            at = pairs.index(best)
            parts[at:at + 2] = ["".join(best)]
        return [self.ids[part] for part in parts]

    def __call__(self, text):
        return [self.first] + [i for piece in split(text) for i in self.word(piece)]


def rms_norm(x, gain, epsilon):
    return x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + epsilon) * gain


def rotate(x, base):
    """Rotary positions of x [tokens, heads, size]: the pair (2i, 2i + 1) turns by
    position * base^(-2i / size), the order in which GGUF stores Llama's matrices."""
    tokens, _, size = x.shape
    angles = np.arange(tokens)[:, None] * base ** (-np.arange(0, size, 2) / size)
    turned = (x[..., 0::2] + 1j * x[..., 1::2]) * np.exp(1j * angles)[:, None, :]
    out = np.empty_like(x)
    out[..., 0::2], out[..., 1::2] = turned.real, turned.imag
    return out


class Llama:
    def __init__(self, path):
        self.metadata, self.tensors = gguf.read(path)
        self.heads = int(self.metadata["llama.attention.head_count"])
        self.key_heads = int(self.metadata["llama.attention.head_count_kv"])
        self.epsilon = float(self.metadata["llama.attention.layer_norm_rms_epsilon"])
        self.base = float(self.metadata["llama.rope.freq_base"])

    def weight(self, name):
        return self.tensors[name + ".weight"].astype(np.float64)

    def attention(self, layer, x):
        tokens, width = x.shape
        size = width // self.heads
        q = (x @ self.weight(layer + "attn_q").T).reshape(tokens, self.heads, size)
        k = (x @ self.weight(layer + "attn_k").T).reshape(tokens, self.key_heads, size)
        v = (x @ self.weight(layer + "attn_v").T).reshape(tokens, self.key_heads, size)
        q, k = rotate(q, self.base), rotate(k, self.base)
        future = np.triu(np.full((tokens, tokens), -np.inf), 1)
        mixed = np.empty_like(q)
        for head in range(self.heads):
            group = head * self.key_heads // self.heads
            scores = q[:, head] @ k[:, group].T / np.sqrt(size) + future
            shares = np.exp(scores - scores.max(axis=1, keepdims=True))
            mixed[:, head] = shares / shares.sum(axis=1, keepdims=True) @ v[:, group]
        return mixed.reshape(tokens, width) @ self.weight(layer + "attn_output").T

    def feed_forward(self, layer, x):
        gate = x @ self.weight(layer + "ffn_gate").T
        return (gate / (1 + np.exp(-gate)) * (x @ self.weight(layer + "ffn_up").T)) @ self.weight(
            layer + "ffn_down").T

    def states(self, tokens):
        """The output of the first layer and the final normalised states, [tokens, width] each."""
        x = self.tensors["token_embd.weight"][tokens].astype(np.float64)
        first = None
        for i in range(int(self.metadata["llama.block_count"])):
            layer = f"blk.{i}."
            x = x + self.attention(layer, rms_norm(x, self.weight(layer + "attn_norm"),
                                                   self.epsilon))
            x = x + self.feed_forward(layer, rms_norm(x, self.weight(layer + "ffn_norm"),
                                                      self.epsilon))
            first = x if first is None else first
        return first, rms_norm(x, self.weight("output_norm"), self.epsilon)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    model = Llama(f"{sys.argv[1]}/tiny-llama.gguf")
    tokenize = Tokenizer(model.metadata)
    for name, (text, limit) in CASES.items():
        tokens = tokenize(text)
        kept = tokens[:limit]
        first, last = model.states(kept)
        vectors = {
            "first_last_avg": (first.mean(axis=0) + last.mean(axis=0)) / 2,
            "mean": last.mean(axis=0),
            "last_token": last[-1],
            "first": first.mean(axis=0),
        }
        lines = ['"command": "python3 tools/golden/llama.py MODELS"',
                 f'"text": {json.dumps(text)}', f'"limit": {limit}', f'"all_tokens": {len(tokens)}',
                 f'"tokens": {json.dumps(kept)}']
        lines += [f'"{key}": {json.dumps([float(f"{x:.8g}") for x in vector])}'
                  for key, vector in vectors.items()]
        path = ROOT / "tests" / "golden" / f"llama-{name}.json"
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
