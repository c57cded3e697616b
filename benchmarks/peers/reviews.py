#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times the training steps of catn and omnimatch in PyTorch, at their published sizes.

    python3 benchmarks/peers/reviews.py --model catn [--documents FILE.npz]

Documents are rows of word numbers, padded to --words by 0, whose vector is zero: what a batch costs
hardly depends on what they say. They are random, with Zipf's frequencies, or those of FILE.npz:
user_offsets, user_words, item_offsets, item_words (document n has words[offsets[n]:offsets[n+1]],
numbered from 0), and users, items, ratings by row. Both domains have the same documents; where a
user has two, the second one is another user's.
"""
import argparse
import json
import pathlib
import resource
import statistics
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

WIDTH = 300  # of a word's vector
DEFAULTS = {
    "catn": {"batch": 256, "words": 500, "vocabulary": 20000},
    "omnimatch": {"batch": 64, "words": 200, "vocabulary": 50000},
}


class Catn(nn.Module):
    """Aspects of documents, and auxiliary documents; one Adam step per domain in a batch."""

    ASPECTS, DEPTH, FILTERS, WINDOW, DROPOUT, L2 = 5, 32, 50, 3, 0.2, 1e-5

    def __init__(self, vocabulary, n_users, n_items):
        super().__init__()
        self.words = nn.Embedding(vocabulary + 1, WIDTH, padding_idx=0)
        self.banks = nn.ModuleList([self.bank(), self.bank()])
        self.aspects = nn.Parameter(0.1 * torch.randn(2, self.ASPECTS, self.DEPTH))
        self.affinity = nn.Parameter(0.1 * torch.randn(self.DEPTH, self.DEPTH))
        self.merge_gate = nn.Linear(2 * self.DEPTH, self.DEPTH)
        self.merge = nn.Linear(2 * self.DEPTH, self.DEPTH)
        self.user_bias = nn.Parameter(torch.zeros(n_users))
        self.item_bias = nn.Parameter(torch.full((2, n_items), 3.7))
        self.dropout = nn.Dropout(self.DROPOUT)
        self.optimizer = torch.optim.Adam(self.parameters(), lr=0.001)

    def bank(self):
        around = self.WINDOW // 2
        return nn.ModuleDict(
            {
                "own": nn.Conv1d(WIDTH, self.FILTERS, self.WINDOW, padding=around),
                "auxiliary": nn.Conv1d(self.FILTERS, self.FILTERS, self.WINDOW, padding=around),
                "gate": nn.Linear(self.FILTERS, 2 * self.ASPECTS * self.DEPTH),
            }
        )

    def vectors(self, bank, documents, v, auxiliary=False):
        """[documents, aspects, depth]"""
        x = torch.relu(bank["own"](self.words(documents).transpose(1, 2)))
        if auxiliary:
            x = torch.relu(bank["auxiliary"](x))
        gates = bank["gate"](x.transpose(1, 2))
        gate, value = gates.view(*documents.shape, 2, self.ASPECTS, self.DEPTH).unbind(2)
        gated = torch.sigmoid(gate) * value
        within = (documents != 0).unsqueeze(2)
        logits = torch.einsum("btmk,mk->btm", gated, v) * within
        attention = torch.softmax(logits, 1) * within
        return self.dropout(torch.einsum("btm,btmk->bmk", attention, gated))

    def predict(self, domain, texts, users, items):
        bank, affinity = self.banks[domain], self.affinity if domain == 0 else self.affinity.T
        v_user, v_item = self.aspects[1 - domain], self.aspects[domain]
        own = self.vectors(bank, texts.users[users], v_user)
        auxiliary = self.vectors(bank, texts.others(users), v_user, auxiliary=True)
        item = self.vectors(bank, texts.items[items], v_item)
        gate = torch.sigmoid(self.merge_gate(torch.cat([auxiliary - own, auxiliary * own], 2)))
        user = torch.tanh(self.merge(torch.cat([gate * auxiliary, own], 2)))
        fit = user @ affinity @ item.transpose(1, 2)
        importance = F.leaky_relu(v_user @ affinity @ v_item.T, 0.2)
        biases = self.user_bias[users] + self.item_bias[domain, items]
        return (fit * importance).mean((1, 2)) + biases

    def penalty(self):
        layers = [*self.banks.parameters(), *self.merge_gate.parameters(), *self.merge.parameters()]
        return self.L2 * 0.5 * sum(x.square().sum() for x in [self.affinity, *layers])

    def train_on(self, texts, users, items, ratings):
        half = len(users) // 2
        for domain, rows in enumerate((slice(half), slice(half, None))):
            predicted = self.predict(domain, texts, users[rows], items[rows])
            descend(self.optimizer, F.mse_loss(predicted, ratings[rows]) + self.penalty())


class Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, strength):
        ctx.strength = strength
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        return -ctx.strength * gradient, None


class Omnimatch(nn.Module):
    """Max-pooled convolutions of three widths; contrast between a user's two documents, and a game
    against whoever tells the domains apart by other documents."""

    FILTERS, DROPOUT, ALPHA, BETA, TEMPERATURE, STRENGTH = 200, 0.4, 0.1, 0.25, 0.07, 0.5

    def __init__(self, vocabulary, *_):
        super().__init__()
        pooled = 3 * self.FILTERS
        self.words = nn.Embedding(vocabulary + 1, WIDTH, padding_idx=0)
        self.user_banks = nn.ModuleList([self.bank(), self.bank()])
        self.item_bank = self.bank()
        self.common = nn.Linear(pooled, 64)
        self.specific = nn.ModuleList([nn.Linear(pooled, 64), nn.Linear(pooled, 64)])
        self.item_layer = nn.Linear(pooled, 128)
        self.rating, self.projection = nn.Linear(256, 1), nn.Linear(256, 128)
        self.domain = nn.Linear(64, 2)
        self.specific_domain = nn.ModuleList([nn.Linear(64, 2), nn.Linear(64, 2)])
        self.dropout = nn.Dropout(self.DROPOUT)
        self.optimizer = torch.optim.Adadelta(self.parameters(), lr=0.02, rho=0.95)

    def bank(self):
        return nn.ModuleList([nn.Conv1d(WIDTH, self.FILTERS, width) for width in (3, 4, 5)])

    def phi(self, x):
        return torch.relu(self.dropout(x))

    def pool(self, bank, documents):
        x = F.pad(self.words(documents).transpose(1, 2), (0, 4))
        return self.phi(torch.cat([torch.relu(width(x)).amax(2) for width in bank], 1))

    def user(self, domain, documents):
        x = self.pool(self.user_banks[domain], documents)
        return self.common(x), self.specific[domain](x)

    def contrast(self, source, target, ratings):
        z = F.normalize(torch.cat([source, target]))
        logits = z[: len(source)] @ z.T / self.TEMPERATURE
        itself = torch.eye(*logits.shape, dtype=torch.bool)
        alike = (ratings.unsqueeze(1) == torch.cat([ratings, ratings])) & ~itself
        chances = torch.log_softmax(logits.masked_fill(itself, -1e9), 1)
        return -((chances * alike).sum(1) / alike.sum(1)).mean()

    def domain_loss(self, documents):
        total = 0.0
        for domain, own in enumerate(documents):
            common, specific = self.user(domain, own)
            label = torch.full((len(own),), domain)
            told = self.domain(self.phi(Reverse.apply(common, self.STRENGTH)))
            total = total + F.cross_entropy(told, label)
            total = total + F.cross_entropy(self.specific_domain[domain](self.phi(specific)), label)
        return total

    def train_on(self, texts, users, items, ratings):
        item = self.item_layer(self.pool(self.item_bank, texts.items[items]))
        source, target = self.user(0, texts.users[users]), self.user(1, texts.others(users))
        both = [self.phi(torch.cat([*own, item], 1)) for own in (source, target)]
        views = [self.projection(x) for x in both]
        drawn = torch.randint(len(texts.users), (2, max(1, len(users) // 2)))
        descend(
            self.optimizer,
            F.mse_loss(self.rating(both[1]).squeeze(1), ratings)
            + self.ALPHA * self.contrast(*views, ratings)
            + self.BETA * self.domain_loss([texts.users[drawn[0]], texts.users[drawn[1]]]),
        )


def descend(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


class Texts:
    """Padded documents of users and items, and rows."""

    def __init__(self, arrays, length):
        self.users = padded(arrays["user_offsets"], arrays["user_words"], length)
        self.items = padded(arrays["item_offsets"], arrays["item_words"], length)
        self.rows = [torch.from_numpy(arrays[name].astype(int)) for name in ("users", "items")]
        self.rows.append(torch.from_numpy(arrays["ratings"].astype(np.float32)))

    def others(self, users):
        return self.users[users - 1]


def padded(offsets, words, length):
    out = np.zeros((len(offsets) - 1, length), np.int32)
    for n, (first, last) in enumerate(zip(offsets, offsets[1:])):
        own = words[first : min(last, first + length)]
        out[n, : len(own)] = own + 1
    return torch.from_numpy(out)


def random_documents(options):
    """Of lengths from 1 to --document-words, all equally likely."""
    draw = np.random.RandomState(1)
    chances = np.cumsum(1.0 / np.arange(1, options.vocabulary + 1))
    arrays = {}
    for kind, count in (("user", options.users), ("item", options.items)):
        lengths = draw.randint(1, options.document_words + 1, size=count)
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        arrays[kind + "_offsets"] = offsets
        places = draw.uniform(0, chances[-1], size=offsets[-1])
        arrays[kind + "_words"] = np.searchsorted(chances, places)
    rows = options.batch * (options.steps + 1)
    arrays["users"] = draw.randint(options.users, size=rows)
    arrays["items"] = draw.randint(options.items, size=rows)
    arrays["ratings"] = draw.randint(1, 6, size=rows)
    return arrays


def seconds_per_step(model, texts, options):
    """The median, after one step to warm up."""
    seconds = []
    for _ in range(options.steps + 1):
        start = time.perf_counter()
        rows = torch.randint(len(texts.rows[0]), (options.batch,))
        model.train_on(texts, *(column[rows] for column in texts.rows))
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[1:])


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", choices=DEFAULTS, required=True)
    parser.add_argument("--words", type=int, help="of a document at most: 500 catn, 200 omnimatch")
    parser.add_argument("--vocabulary", type=int, help="20000 catn, 50000 omnimatch")
    parser.add_argument("--batch", type=int, help="rows per step: 256 catn, 64 omnimatch")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=5, help="the median is shown (%(default)s)")
    parser.add_argument("--users", type=int, default=5000)
    parser.add_argument("--items", type=int, default=2000)
    parser.add_argument("--document-words", type=int, help="longest random document; --words")
    parser.add_argument("--documents", type=pathlib.Path, help="FILE.npz instead of random ones")
    parser.add_argument("--json", action="store_true", help="a JSON object instead")
    options = parser.parse_args()
    for name, value in DEFAULTS[options.model].items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    options.document_words = options.document_words or options.words
    return options


def main():
    options = parse_options()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    arrays = np.load(options.documents) if options.documents else random_documents(options)
    texts = Texts(arrays, options.words)
    vocabulary = max(options.vocabulary, int(max(texts.users.max(), texts.items.max())))
    kind = {"catn": Catn, "omnimatch": Omnimatch}[options.model]
    model = kind(vocabulary, len(texts.users), len(texts.items))
    seconds = seconds_per_step(model, texts, options)
    result = {
        "model": options.model,
        "batch": options.batch,
        "words": options.words,
        "vocabulary": vocabulary,
        "seconds_per_step": seconds,
        "samples_per_second": options.batch / seconds,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
    }
    if options.json:
        print(json.dumps(result))
    else:
        print(
            f"{options.model}: {seconds:.3f} s per step of {options.batch} rows, "
            f"{result['samples_per_second']:.1f} samples/s, peak {result['peak_mb']:,.0f} MB"
        )


if __name__ == "__main__":
    main()
