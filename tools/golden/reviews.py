# SPDX-License-Identifier: Apache-2.0
"""The review-based models in PyTorch, dense and padded; dropout is off in every case."""
import math

import torch
import torch.nn.functional as F

import blocks
from documents import PLACEHOLDER, Documents
from models import Weights, tensor
from training import Objective, Phase
from world import OVERLAP, SIDE, SOURCE_ITEMS, SOURCE_ONLY, TARGET_ITEMS, TEST, USERS, VALIDATION

OTHER = {"source": "target", "target": "source"}


class ReviewModel(Weights):
    """Users and items by the words of their reviews."""

    def __init__(self, world, _, rng, settings, schedule):
        super().__init__()
        self.world, self.rng, self.settings, self.schedule = world, rng, settings, schedule
        self.ratings = {"source": world.source, "target": world.target}
        self.owners = {domain: ratings.owners() for domain, ratings in self.ratings.items()}
        self.texts = Documents(world)
        self.kept = self.texts.kept(settings["vocabulary"], settings["max_df"])
        self.users = {domain: self.user_documents(domain) for domain in OTHER}
        counts = {"source": SOURCE_ITEMS, "target": TARGET_ITEMS}
        self.items = {domain: self.item_documents(domain, n) for domain, n in counts.items()}

    def keep(self, words):
        return [self.kept[word] for word in words if word in self.kept]

    def document(self, domain, rows):
        field = self.texts.fields[domain, self.settings["field"]]
        words = [word for row in rows for word in field.of(row)]
        return self.keep(words)[: self.settings["words"]]

    def rows_of(self, domain, user):
        offsets = self.ratings[domain].offsets
        return range(offsets[user], offsets[user + 1])

    def user_documents(self, domain):
        return [self.document(domain, self.rows_of(domain, user)) for user in range(USERS)]

    def item_documents(self, domain, n_items):
        rated = self.ratings[domain].items
        rows = [[row for row, item in enumerate(rated) if item == i] for i in range(n_items)]
        return [self.document(domain, own) for own in rows]

    def look_up(self, documents):
        return blocks.look_up(self.parameters["words"], documents, self.settings["words"])

    def overlap(self):
        """The users that training moves from one domain to the other."""
        counts = self.world.source.count, self.world.target.count
        return [u for u in self.world.users(OVERLAP) if all(count(u) > 0 for count in counts)]

    def training_rows(self, source_users, target_users):
        """(domain, user, item, rating): all source rows, then all target rows."""
        return [
            (domain, user, item, rating)
            for domain, users in (("source", source_users), ("target", target_users))
            for user in users
            for item, rating in self.ratings[domain].of(user)
        ]


class Catn(ReviewModel):
    # Of whose reviews the auxiliary documents are made.
    HELPERS = {"source": SOURCE_ONLY, "target": SIDE}

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.auxiliary = {
            domain: [self.auxiliary_document(domain, user) for user in range(USERS)]
            for domain in OTHER
        }

    def auxiliary_document(self, domain, user):
        """For each of the user's reviews one of a helper who rated the item alike."""
        rng = self.rng.fork("auxiliary " + domain, user)
        in_both = self.world.roles[user] in (OVERLAP, VALIDATION, TEST)
        if self.settings["aux"] != "paper" or not in_both:
            return []
        found = [self.alike(domain, row) for row in self.rows_of(domain, user)]
        return self.document(domain, [rows[rng.below(len(rows))] for rows in found if rows])

    def alike(self, domain, row):
        """The helpers' reviews of the item with the same rating, or else the nearest."""
        items, ratings = self.ratings[domain].items, self.ratings[domain].ratings
        for offset in (0.0, 1.0, -1.0):
            rows = [
                other
                for other, owner in enumerate(self.owners[domain])
                if items[other] == items[row]
                and ratings[other] == ratings[row] + offset
                and self.world.roles[owner] == self.HELPERS[domain]
            ]
            if rows:
                return rows
        return []

    def aspects(self, documents, v, weights_of, auxiliary=False):
        p = {
            name.split(".")[1]: value
            for name, value in self.parameters.items()
            if name.startswith(weights_of + ".")
        }
        x, within = self.look_up(documents)
        x = blocks.convolve(x, p["conv_weight"], p["conv_bias"], self.settings["window"])
        if auxiliary:
            x = blocks.convolve(x, p["aux_weight"], p["aux_bias"], self.settings["window"])
        return blocks.aspects(x @ p["gate_weight"] + p["gate_bias"], v, within)

    def user_vectors(self, domain, users, v, weights_of):
        own = self.aspects([self.users[domain][u] for u in users], v, weights_of)
        if self.settings["aux"] == "off":
            return own
        documents = [self.auxiliary[domain][u] for u in users]
        auxiliary = self.aspects(documents, v, weights_of, auxiliary=True)
        names = ("gate_weight", "gate_bias", "weight", "bias")
        return blocks.merge(own, auxiliary, *(self.parameters["merge." + name] for name in names))

    def predict(self, domain, users, items):
        """Of items of a domain, from what the users wrote in the other one."""
        p = self.parameters
        v_user, v_item = p[OTHER[domain] + "_aspects"], p[domain + "_aspects"]
        affinity = p["affinity"] if domain == "source" else p["affinity"].T
        user = self.user_vectors(OTHER[domain], users, v_user, domain)
        item = self.aspects([self.items[domain][i] for i in items], v_item, domain)
        biases = p["user_bias"][users] + p[domain + "_item_bias"][items]
        return blocks.match(user, item, affinity, v_user, v_item) + biases

    def score(self, users, items):
        with torch.no_grad():
            return self.predict("target", users, items)

    def penalty(self):
        parts = ("affinity", "source.", "target.", "merge.")
        squares = [x.pow(2).sum() for name, x in self.parameters.items() if name.startswith(parts)]
        return self.settings["l2"] * 0.5 * sum(squares)

    def phases(self):
        users = self.overlap()
        rows = self.training_rows(users, users)

        def loss_of(domain):
            def loss(batch, _):
                own = [rows[row][1:] for row in batch if rows[row][0] == domain]
                if not own:
                    return None
                users, items, ratings = zip(*own)
                predicted = self.predict(domain, list(users), list(items))
                return F.mse_loss(predicted, tensor(ratings)) + self.penalty()

            return loss

        objective = Objective(self.all_parameters(), loss_of("source"), [loss_of("target")])
        return [Phase("aspects", len(rows), self.schedule, [objective])]


class Omnimatch(ReviewModel):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        for user in self.world.users(VALIDATION) + self.world.users(TEST):
            self.users["target"][user] = self.auxiliary_document(user)

    def item_documents(self, domain, n_items):
        documents = super().item_documents(domain, n_items)
        placeholder = self.keep([self.texts.words.index(word) for word in PLACEHOLDER])
        reviewed = set(self.ratings[domain].items)
        return [words if i in reviewed else placeholder for i, words in enumerate(documents)]

    def auxiliary_document(self, user):
        """For each of a cold user's source ratings, a target review of one who rated it so, too."""
        rng = self.rng.fork("auxiliary", user)
        rows = []
        for item, rating in self.world.source.of(user):
            found = [u for u in self.overlap() if (item, rating) in self.world.source.of(u)]
            if found:
                theirs = self.rows_of("target", found[rng.below(len(found))])
                rows.append(theirs[rng.below(len(theirs))])
        return self.document("target", rows)

    def pooled(self, bank, documents):
        x, _ = self.look_up(documents)
        weight, bias = self.parameters[bank + ".weight"], self.parameters[bank + ".bias"]
        return torch.relu(blocks.pool(x, weight, bias))

    def user_features(self, domain, users):
        """What both domains share of the users' documents in one, and what is that domain's."""
        x = self.pooled("user_" + domain, [self.users[domain][u] for u in users])
        return self.linear("common", x), self.linear(domain + "_specific", x)

    def item_features(self, domains, items):
        documents = [self.items[domain][item] for domain, item in zip(domains, items)]
        return self.linear("item_layer", self.pooled("item", documents))

    def head(self, name, users, items):
        return self.linear(name, torch.relu(torch.cat([*users, items], 1)))

    def score(self, users, items):
        with torch.no_grad():
            item = self.item_features(["target"] * len(items), items)
            return self.head("rating", self.user_features("target", users), item).squeeze(1)

    def strength(self, step):
        """Of the gradient's reversal."""
        done = (step.epoch - 1) / step.epochs
        if self.settings["reversal"] == "step":
            done += step.batch / (step.epochs * step.batches)
        return 2.0 / (1.0 + math.exp(-10.0 * done)) - 1.0

    def domain_losses(self, count, step):
        """On documents of users who are drawn from all, one of the domains after the other."""
        drawn = {}
        for domain, ratings in self.ratings.items():
            pool = [u for u in range(USERS) if ratings.count(u) > 0]
            drawn[domain] = [pool[step.rng.below(len(pool))] for _ in range(count)]
        total = 0.0
        for label, (domain, users) in enumerate(drawn.items()):
            common, specific = self.user_features(domain, users)
            reversed_ = blocks.reverse(common, self.strength(step))
            for name, features in (("domain", reversed_), (domain + "_domain", specific)):
                layer = [self.parameters[name + part] for part in (".weight", ".bias")]
                total = total + blocks.domain_loss(features, *layer, [label] * count)
        return total

    def phases(self):
        overlap = self.overlap()
        cold = self.world.users(VALIDATION) + self.world.users(TEST)
        rows = self.training_rows(sorted(overlap + cold), overlap)

        def loss(batch, step):
            domains, users, items, ratings = zip(*(rows[row] for row in batch))
            item = self.item_features(domains, items)
            source, target = (self.user_features(domain, users) for domain in ("source", "target"))
            predicted = self.head("rating", target, item).squeeze(1)
            views = (self.head("projection", own, item) for own in (source, target))
            settings = self.settings
            return (
                F.mse_loss(predicted, tensor(ratings))
                + settings["alpha"] * blocks.contrast(*views, ratings, settings["temperature"])
                + settings["beta"] * self.domain_losses(max(1, len(batch) // 2), step)
            )

        objective = Objective(self.all_parameters(), loss)
        return [Phase("reviews", len(rows), self.schedule, [objective])]
