# SPDX-License-Identifier: Apache-2.0
"""r = u . v by torch.optim.Adam on whole embedding tables: every row moves in every step."""
import numpy as np
import torch

from models import tensor
from training import Objective, Phase
from world import SOURCE_ITEMS, TARGET_ITEMS, USERS, WIDTH


def draw(rng, rows, std=1.0):
    """A table of normal draws from a stream of its own."""
    values = np.float32([std * rng.normal() for _ in range(rows * WIDTH)])
    return values.reshape(rows, WIDTH)


def both_domains(world, alpha=0.5):
    """Users, items, ratings and weights of all ratings: the source's items and rows first."""
    users = world.source.owners() + world.target.owners()
    items = world.source.items + [SOURCE_ITEMS + item for item in world.target.items]
    ratings = world.source.ratings + world.target.ratings
    weights = [2 * alpha] * len(world.source.items) + [2 * (1 - alpha)] * len(world.target.items)
    return torch.tensor(users), torch.tensor(items), tensor(ratings), tensor(np.float32(weights))


class Factors:
    def __init__(self, name, rows, start, schedule):
        self.name, self.rows, self.schedule = name, rows, schedule
        self.users, self.items = (tensor(table) for table in start)

    def phases(self):
        users, items, ratings, weights = self.rows

        def loss(which, _):
            predicted = (self.users[users[which]] * self.items[items[which]]).sum(1)
            return (weights[which] * (predicted - ratings[which]) ** 2).mean()

        objective = Objective([self.users, self.items], loss)
        return [Phase(self.name, len(ratings), self.schedule, [objective])]


class Cmf(Factors):
    """One user table for both domains, one table for the items of both."""

    def __init__(self, world, _, rng, settings, schedule):
        rng = rng.fork("cmf")
        std = settings["init_std"]
        start = (
            draw(rng.fork("users"), USERS, std),
            draw(rng.fork("items"), SOURCE_ITEMS + TARGET_ITEMS, std),
        )
        super().__init__("factors", both_domains(world, settings["alpha"]), start, schedule)

    def load(self, initial):
        """Nothing to load: the model draws its tables itself, by the same stream."""

    def score(self, users, items):
        items = SOURCE_ITEMS + torch.tensor(items)
        return (self.users[torch.tensor(users)] * self.items[items]).sum(1).detach()
