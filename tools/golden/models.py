# SPDX-License-Identifier: Apache-2.0
"""The rating-based models in PyTorch: written from the papers' equations, trained by autograd.

Every model takes (world, backbone, rng, settings, schedule); its weights are in `parameters`, under
the names that they have in crossfade.
"""
import math

import numpy as np
import torch
import torch.nn.functional as F

import sampler
from training import Objective, Phase
from world import OVERLAP, USERS, WIDTH

LIKED_ABOVE = 3.0


def tensor(values):
    """Of the element type that the reference is computed in."""
    return torch.as_tensor(np.asarray(values)).to(torch.get_default_dtype())


class Weights:
    """Named weights, and layers that use them."""

    def __init__(self):
        self.parameters = {}

    def load(self, initial):
        self.parameters = {name: tensor(value) for name, value in initial.items()}

    def all_parameters(self):
        return list(self.parameters.values())

    def linear(self, name, x):
        return F.linear(
            x, self.parameters[name + ".weight"], self.parameters.get(name + ".bias")
        )


class Transfer(Weights):
    """Scores offset + x_u . v_i; x_u is the backbone's for users with target ratings."""

    def __init__(self, world, backbone, rng, settings, schedule):
        super().__init__()
        self.world, self.rng, self.settings, self.schedule = world, rng, settings, schedule
        source, target = backbone["source"], backbone["target"]
        self.source_users, self.source_items = tensor(source["users"]), tensor(source["items"])
        self.target_users, self.target_items = tensor(target["users"]), tensor(target["items"])
        self.offsets = tensor(target["offsets"])
        self.known_user = [world.target.count(u) > 0 for u in range(USERS)]
        self.overlap = [u for u in world.users(OVERLAP) if self.known_user[u]]
        rows = [(u, item, rating) for u in self.overlap for item, rating in world.target.of(u)]
        self.row_users = torch.tensor([row[0] for row in rows])
        self.row_items = torch.tensor([row[1] for row in rows])
        self.row_ratings = tensor([row[2] for row in rows])

    def known(self, users):
        return self.target_users[users]

    def item_vectors(self):
        return self.target_items

    def score(self, users, items):
        with torch.no_grad():
            vectors = []
            for user in users:
                who = torch.tensor([user])
                vectors.append(self.known(who) if self.known_user[user] else self.transfer(who))
            items = torch.tensor(items)
            return self.offsets[items] + (torch.cat(vectors) * self.item_vectors()[items]).sum(1)

    def mapping(self, x):
        """Linear, or one hidden layer with tanh: a torch::nn::Sequential."""
        x = self.linear("0", x)
        return self.linear("2", torch.tanh(x)) if "2.weight" in self.parameters else x

    def liked(self, user):
        return [item for item, rating in self.world.source.of(user) if rating > LIKED_ABOVE]

    def rating_error(self, vectors, rows):
        items = self.row_items[rows]
        predicted = self.offsets[items] + (vectors * self.target_items[items]).sum(1)
        return F.mse_loss(predicted, self.row_ratings[rows])


class Emcdr(Transfer):
    def phases(self):
        overlap = torch.tensor(self.overlap)

        def loss(rows, _):
            users = overlap[rows]
            return F.mse_loss(self.mapping(self.source_users[users]), self.target_users[users])

        objective = Objective(self.all_parameters(), loss)
        return [Phase("mapping", len(overlap), self.schedule, [objective])]

    def transfer(self, users):
        return self.mapping(self.source_users[users])


class Sscdr(Transfer):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        likes = {u: self.liked(u) for u in self.overlap}
        self.likes = likes
        self.pool = sorted({item for own in likes.values() for item in own}) or [0]
        self.pairs = self.draw_pairs(range(len(self.row_users)), self.rng.fork("sscdr items"))
        self.spread = self.spread_users()

    def draw_pairs(self, rows, rng):
        pairs = []
        for row in rows:
            own = self.likes[int(self.row_users[row])]
            positive = own[rng.below(len(own))] if own else 0
            while True:
                negative = self.pool[rng.below(len(self.pool))]
                free = not self.settings["resample"] or len(own) == len(self.pool)
                if free or negative not in own:
                    break
            pairs.append((positive, negative))
        return torch.tensor(pairs)

    def spread_users(self):
        """z = (z + mean of the neighbours' z) / 2 on the graph of all source ratings."""
        users, items = self.source_users, self.source_items
        links = torch.zeros(len(users), len(items))
        links[self.world.source.owners(), self.world.source.items] = 1.0
        for _ in range(self.settings["hops"]):
            near_users = links @ items / links.sum(1, keepdim=True).clamp(min=1)
            near_items = links.T @ users / links.sum(0).unsqueeze(1).clamp(min=1)
            users, items = (users + near_users) / 2, (items + near_items) / 2
        return users

    def phases(self):
        def distance(x, rows):
            target = self.target_users[self.row_users[rows]]
            return (self.mapping(x) - target).pow(2).sum(1)

        def loss(rows, step):
            resample = self.settings["resample"]
            pairs = self.draw_pairs(rows.tolist(), step.rng) if resample else self.pairs[rows]
            near = distance(self.source_items[pairs[:, 0]], rows)
            far = distance(self.source_items[pairs[:, 1]], rows)
            hinge = (self.settings["margin"] + near - far).clamp(min=0)
            own = distance(self.source_users[self.row_users[rows]], rows)
            return (own + self.settings["lambda"] * hinge).mean()

        objective = Objective(self.all_parameters(), loss)
        return [Phase("mapping", len(self.row_users), self.schedule, [objective])]

    def transfer(self, users):
        return self.mapping(self.spread[users])


class Lacdr(Transfer):
    def phases(self):
        rows = [(int(u), 1.0, 1.0) for u in self.row_users]
        if self.settings["use_nonoverlap"]:
            for user in range(USERS):
                sides = [float(d.count(user) > 0) for d in (self.world.source, self.world.target)]
                if sum(sides) == 1.0:
                    rows.append((user, *sides))
        users = torch.tensor([row[0] for row in rows])
        source, target = tensor([row[1] for row in rows]), tensor([row[2] for row in rows])

        def norm(x):
            return (x.pow(2).sum(1) + 1e-12).sqrt()

        def loss(which, _):
            u_s, u_t = self.source_users[users[which]], self.target_users[users[which]]
            code_s, code_t = self.linear("source_encoder", u_s), self.linear("target_encoder", u_t)
            in_s, in_t = source[which], target[which]
            return (
                in_s * norm(self.linear("source_decoder", code_s) - u_s)
                + in_t * norm(self.linear("target_decoder", code_t) - u_t)
                + in_s * in_t * 2 * norm(code_s - code_t)
            ).sum()

        objective = Objective(self.all_parameters(), loss)
        return [Phase("alignment", len(rows), self.schedule, [objective])]

    def transfer(self, users):
        code = self.linear("source_encoder", self.source_users[users])
        return self.linear("target_decoder", code)


class Ptupcdr(Transfer):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        rng = self.rng.fork("ptupcdr padding")
        self.padding = tensor(np.float32([rng.normal() for _ in range(WIDTH)])).unsqueeze(0)

    def map_of(self, user):
        """W_u, one user at a time, over exactly the items that the user likes."""
        liked = self.liked(user)[-self.settings["history"] :]
        items = self.source_items[liked] if liked else self.padding
        logits = self.linear("weight", torch.relu(self.linear("key", items)))
        characteristic = (torch.softmax(logits, 0) * items).sum(0)
        flat = self.linear("matrix", torch.relu(self.linear("hidden", characteristic)))
        return flat.view(WIDTH, WIDTH)

    def transfer(self, users):
        return torch.stack([self.source_users[u] @ self.map_of(u) for u in users.tolist()])

    def phases(self):
        def loss(rows, _):
            return self.rating_error(self.transfer(self.row_users[rows]), rows)

        objective = Objective(self.all_parameters(), loss)
        return [Phase("meta", len(self.row_users), self.schedule, [objective])]


class Diffcdr(Transfer):
    STEPS = 1000  # of the training's noise schedule

    def __init__(self, *arguments):
        super().__init__(*arguments)
        kept = np.cumprod(1.0 - np.linspace(1e-4, 0.02, self.STEPS))
        self.signal = tensor(np.float32(np.sqrt(kept)))
        self.noise_share = tensor(np.float32(np.sqrt(1.0 - kept)))

    @staticmethod
    def embedding(times):
        """The embedding is defined in float32, whatever the rest is computed in."""
        half = torch.arange(64, dtype=torch.float32)
        angle = times.float().unsqueeze(1) * torch.exp(half * (-math.log(10000.0) / 63))
        return torch.cat([angle.sin(), angle.cos()], 1).to(torch.get_default_dtype())

    def noise(self, x, times, condition, told):
        h = x + self.linear("time", self.embedding(times))
        h = h + told * self.linear("condition", condition)
        relu = torch.relu if self.settings["activation"] == "relu" else lambda y: y
        return self.linear("third", relu(self.linear("second", relu(self.linear("first", h)))))

    def sample(self, start):
        """Every evaluation on every row, with and without condition."""

        def guided(x, label, _):
            times = torch.full((len(x),), label)
            alone = self.noise(x, times, start, 0.0)
            told = self.noise(x, times, start, 1.0)
            return alone + self.settings["guidance"] * (told - alone)

        with torch.no_grad():
            return sampler.sample(start, guided, self.settings["evaluations"])

    def noise_loss(self, rows, step):
        rng = step.rng
        users = self.row_users[rows]
        count = len(rows)
        half = [rng.below(self.STEPS) for _ in range((count + 1) // 2)]
        times = torch.tensor((half + [self.STEPS - 1 - t for t in half])[:count])
        noise = tensor(np.float32([rng.normal() for _ in range(count * WIDTH)]))
        noise = noise.view(count, WIDTH)
        drop = self.settings["drop_condition"]
        told = tensor([0.0 if rng.uniform() < drop else 1.0 for _ in range(count)]).unsqueeze(1)
        x = (
            self.signal[times].unsqueeze(1) * self.target_users[users]
            + self.noise_share[times].unsqueeze(1) * noise
        )
        return F.smooth_l1_loss(self.noise(x, times, self.source_users[users], told), noise)

    def task_loss(self, rows, _):
        users = self.row_users[rows]
        vectors = self.transfer(users)
        near = F.smooth_l1_loss(vectors, self.target_users[users])
        return near + self.settings["task_weight"] * self.rating_error(vectors, rows)

    def transfer(self, users):
        return self.linear("alignment", self.sample(self.source_users[users]))

    def phases(self):
        noise_model = [p for name, p in self.parameters.items() if name != "alignment.weight"]
        objectives = [
            Objective(noise_model, self.noise_loss),
            Objective([self.parameters["alignment.weight"]], self.task_loss),
        ]
        return [Phase("diffusion", len(self.row_users), self.schedule, objectives)]


class Dcdcsr(Transfer):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.source, self.target = map(self.stretch, (self.source_users, self.target_users))
        self.benchmark = torch.zeros_like(self.target)
        self.items = self.target_items.clone()

    @staticmethod
    def stretch(rows):
        low, high = rows.amin(1, keepdim=True), rows.amax(1, keepdim=True)
        flat = high == low  # A user without ratings has the zero vector, and keeps it.
        return torch.where(flat, 0.0 * rows, 2 * (rows - low) / (high - low) - 1)

    def fill_benchmark(self):
        count = self.world.source.count, self.world.target.count
        vectors = self.source, self.target
        for u in self.overlap:
            total = count[0](u) + count[1](u)
            self.benchmark[u] = sum(count[d](u) * vectors[d][u] for d in (0, 1)) / total
        for u in set(range(USERS)) - set(self.overlap):
            own = 1 if count[1](u) > 0 else 0
            likeness = torch.stack(
                [torch.cosine_similarity(vectors[own][u], vectors[own][o], 0) for o in self.overlap]
            )
            nearest = likeness.argsort(descending=True)[: self.settings["neighbours"]]
            weight = likeness[nearest].clamp(min=1e-6)
            weight = weight / weight.sum()
            near = [self.overlap[n] for n in nearest]
            guess = sum(w * vectors[1 - own][o] for w, o in zip(weight, near))
            guessed = sum(w * count[1 - own](o) for w, o in zip(weight, near))
            known = count[own](u)
            self.benchmark[u] = (known * vectors[own][u] + guessed * guess) / max(
                known + guessed, torch.tensor(1.0)
            )

    def phases(self):
        users = torch.tensor([u for u in range(USERS) if self.known_user[u]])
        owners = torch.tensor(self.world.target.owners())
        rated = torch.tensor(self.world.target.items)
        ratings = tensor(self.world.target.ratings)

        def map_loss(rows, _):
            return F.mse_loss(self.known(users[rows]), self.benchmark[users[rows]])

        def item_loss(rows, _):
            with torch.no_grad():
                vectors = self.known(owners[rows])
            items = rated[rows]
            predicted = self.offsets[items] + (vectors * self.items[items]).sum(1)
            return F.mse_loss(predicted, ratings[rows])

        mapping = Objective(self.all_parameters(), map_loss)
        items = Objective([self.items], item_loss)
        item_schedule = type(self.schedule)(**vars(self.schedule))
        item_schedule.epochs = self.settings["item_epochs"]
        return [
            Phase("mapping", len(users), self.schedule, [mapping], self.fill_benchmark),
            Phase("items", len(owners), item_schedule, [items]),
        ]

    def known(self, users):
        return self.linear("out", torch.tanh(self.linear("hidden", self.target[users])))

    def transfer(self, users):
        return self.benchmark[users]

    def item_vectors(self):
        return self.items
