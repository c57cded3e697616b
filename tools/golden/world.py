# SPDX-License-Identifier: Apache-2.0
"""The small fixed world that every reference is trained on: ratings, roles, backbones.

Among its users are one who likes more than 20 source items, some who like none, and some with
one rating; one item of each domain is never rated. As in crossfade, the biased backbone has zero
vectors for whoever has no rating in a domain, and its items begin with 1.
"""
import numpy as np

# As crossfade::Role counts them.
SOURCE_ONLY, SIDE, OVERLAP, VALIDATION, TEST = range(5)

USERS, SOURCE_ITEMS, TARGET_ITEMS, WIDTH = 40, 25, 20, 10
STARS = (1, 2, 3, 4, 5)
UNRATED_SOURCE_ITEM, UNRATED_TARGET_ITEM = 7, 13


class Ratings:
    """One domain in compressed rows, by user and item."""

    def __init__(self, by_user):
        self.offsets, self.items, self.ratings = [0], [], []
        for row in by_user:
            for item in sorted(row):
                self.items.append(item)
                self.ratings.append(row[item])
            self.offsets.append(len(self.items))

    def count(self, user):
        return self.offsets[user + 1] - self.offsets[user]

    def of(self, user):
        """(item, rating) pairs of one user, ascending by item."""
        here = slice(self.offsets[user], self.offsets[user + 1])
        return list(zip(self.items[here], self.ratings[here]))

    def owners(self):
        """The user of every row."""
        return [u for u in range(len(self.offsets) - 1) for _ in range(self.count(u))]

    def to_json(self):
        return {"offsets": self.offsets, "items": self.items, "ratings": self.ratings}


class World:
    def __init__(self):
        draw = np.random.RandomState(20240607)
        roles = [SIDE] * 8 + [OVERLAP] * 18 + [TEST] * 8 + [SOURCE_ONLY] * 6
        self.roles = [int(role) for role in draw.permutation(roles)]
        self.source = self._draw(draw, SOURCE_ITEMS, UNRATED_SOURCE_ITEM, (SIDE,))
        self.target = self._draw(draw, TARGET_ITEMS, UNRATED_TARGET_ITEM, (TEST, SOURCE_ONLY))
        self.backbones = {"plain": self._plain(draw), "biased": self._biased(draw)}

    def users(self, role):
        return [u for u in range(USERS) if self.roles[u] == role]

    def _draw(self, draw, n_items, unrated, absent):
        overlap, test = self.users(OVERLAP), self.users(TEST)
        candidates = [i for i in range(n_items) if i != unrated]
        by_user = []
        for user in range(USERS):
            row = {}
            if self.roles[user] not in absent:
                count = int(draw.randint(1, 11))
                if user == overlap[0]:
                    count = len(candidates)
                for item in draw.choice(candidates, size=count, replace=False):
                    row[int(item)] = float(draw.choice(STARS, p=[0.1, 0.1, 0.2, 0.3, 0.3]))
                if user in (overlap[3], overlap[8], test[2]):
                    row = {item: min(rating, 3.0) for item, rating in row.items()}
                if user == overlap[0]:
                    row = {item: max(rating, 4.0) for item, rating in row.items()}
            by_user.append(row)
        return Ratings(by_user)

    @staticmethod
    def _plain(draw):
        def domain(n_items):
            return {
                "users": _float(draw.normal(size=(USERS, WIDTH))),
                "items": _float(draw.normal(size=(n_items, WIDTH))),
                "offsets": np.zeros(n_items, np.float32),
            }

        return {"source": domain(SOURCE_ITEMS), "target": domain(TARGET_ITEMS)}

    def _biased(self, draw):
        def domain(ratings, n_items):
            users = draw.normal(scale=0.5, size=(USERS, WIDTH))
            users[[u for u in range(USERS) if ratings.count(u) == 0]] = 0.0
            items = draw.normal(scale=0.3, size=(n_items, WIDTH))
            items[sorted(set(range(n_items)) - set(ratings.items))] = 0.0
            items[:, 0] = 1.0
            return {
                "users": _float(users),
                "items": _float(items),
                "offsets": _float(3.7 + draw.normal(scale=0.4, size=n_items)),
            }

        return {
            "source": domain(self.source, SOURCE_ITEMS),
            "target": domain(self.target, TARGET_ITEMS),
        }

    def to_json(self):
        """What tests/golden/world.json holds."""
        out = {
            "n_source_items": SOURCE_ITEMS,
            "n_target_items": TARGET_ITEMS,
            "roles": self.roles,
            "source": self.source.to_json(),
            "target": self.target.to_json(),
            "width": WIDTH,
        }
        for name, backbone in self.backbones.items():
            for domain, tables in backbone.items():
                for table, values in tables.items():
                    out[f"{name}.{domain}.{table}"] = values.ravel()
        return out


def _float(values):
    """As float32 numbers that survive being written with nine digits, as all float32 do."""
    return np.asarray(values, np.float32)
