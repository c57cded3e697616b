# SPDX-License-Identifier: Apache-2.0
"""The words of the small world's reviews: one vocabulary for both domains and both fields.

The review of rating row r of a domain has a text of 0 to 14 words and a title of 0 to 4. Words are
numbered by falling number of occurrences.
"""
import numpy as np

WORDS, LONGEST = 60, {"text": 14, "title": 4}
PLACEHOLDER = ("item", "reviews")  # Of what an item without reviews is given in their place.


class Field:
    """One field of a domain's reviews: the words of review r are words[offsets[r]:offsets[r+1]]."""

    def __init__(self, reviews):
        self.offsets = [0] + [int(end) for end in np.cumsum([len(words) for words in reviews])]
        self.words = [word for words in reviews for word in words]

    def of(self, row):
        return self.words[self.offsets[row] : self.offsets[row + 1]]

    def to_json(self):
        return {"offsets": self.offsets, "words": self.words}


class Documents:
    def __init__(self, world):
        draw = np.random.RandomState(20240608)
        rows = {"source": len(world.source.items), "target": len(world.target.items)}
        drawn = {
            domain: [{field: _words(draw, LONGEST[field]) for field in LONGEST} for _ in range(n)]
            for domain, n in rows.items()
        }
        every = [review for reviews in drawn.values() for review in reviews]
        count = np.zeros(WORDS, int)
        for review in every:
            np.add.at(count, review["text"] + review["title"], 1)
        order = sorted(range(WORDS), key=lambda word: (-count[word], word))
        assert count.min() > 0, "a word that never occurs is none of the vocabulary"
        number = {word: n for n, word in enumerate(order)}

        spelled = _spellings()
        self.words = [spelled[word] for word in order]
        self.counts = [int(count[word]) for word in order]
        held = [set(review["text"] + review["title"]) for review in every]
        self.reviews = [sum(word in review for review in held) for word in order]
        self.n_reviews = len(every)
        self.fields = {
            (domain, field): Field([[number[w] for w in review[field]] for review in reviews])
            for domain, reviews in drawn.items()
            for field in LONGEST
        }

    def kept(self, vocabulary, max_df):
        """The words that a model keeps, and the numbers that they have there."""
        rare = [w for w in range(WORDS) if self.reviews[w] <= max_df * self.n_reviews]
        return {word: n for n, word in enumerate(rare[:vocabulary])}

    def to_json(self):
        """What tests/golden/documents.json holds."""
        domains = {
            domain: {field: self.fields[domain, field].to_json() for field in LONGEST}
            for domain in ("source", "target")
        }
        return {"words": self.words, "counts": self.counts, "reviews": self.reviews, **domains}


def _spellings():
    """The placeholder's words among the others: one frequent, one that small vocabularies lack."""
    spelled = [f"w{n:02}" for n in range(WORDS - len(PLACEHOLDER))]
    spelled.insert(8, PLACEHOLDER[0])
    spelled.insert(45, PLACEHOLDER[1])
    return spelled


def _words(draw, longest):
    chance = 1.0 / np.arange(1, WORDS + 1)
    count = min(draw.randint(0, longest + 1, size=2))  # Short ones and empty ones are frequent.
    return [int(word) for word in draw.choice(WORDS, size=count, p=chance / chance.sum())]
