# SPDX-License-Identifier: Apache-2.0
"""Writes tests/golden/denoiser.json: what MuSiC's denoiser and sampler answer, in numpy.

    python3 tools/golden/denoiser.py

An implementation of its own, in double precision, of what the headers say: the vectorised U-Net of
kernels/denoiser_spec.h, the reverse process of models/music/diffusion.h, and the random streams of
core/random.h. Time steps count from 0, as there.
"""

import json
import math
import pathlib

import numpy as np

COMMAND = "python3 tools/golden/denoiser.py"
OUTPUT = pathlib.Path(__file__).parents[2] / "tests" / "golden" / "denoiser.json"
MASK = (1 << 64) - 1


class Stream:
    """A random stream: SplitMix64, forked by name and index, normal draws by Box and Muller."""

    GAMMA = 0x9E3779B97F4A7C15

    def __init__(self, seed):
        self.origin = self.state = seed

    @staticmethod
    def mix(z):
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def fork(self, name, index):
        text = 0xCBF29CE484222325  # FNV-1a
        for byte in name.encode():
            text = ((text ^ byte) * 0x100000001B3) & MASK
        family = self.mix(self.mix((self.origin + self.GAMMA) & MASK) ^ text)
        return Stream(self.mix((family + (index + 1) * self.GAMMA) & MASK))

    def uniform(self):
        self.state = (self.state + self.GAMMA) & MASK
        return (self.mix(self.state) >> 11) * 2.0**-53

    def normals(self, count):
        draws = []
        for _ in range(count):
            radius = math.sqrt(-2.0 * math.log(1.0 - self.uniform()))
            draws.append(radius * math.cos(2.0 * math.pi * self.uniform()))
        return np.array(draws)


def silu(h):
    return h / (1.0 + np.exp(-h))


class Denoiser:
    """The U-Net with random weights; `spec` has the members of DenoiserSpec and the widths."""

    def __init__(self, spec, random):
        self.spec = spec
        self.random = random
        self.weights = {}
        self.make_linear("time1", 2 * spec["time_frequencies"], spec["time_width"])
        self.make_linear("time2", spec["time_width"], spec["time_width"])
        if spec["condition_width"] != spec["width"]:
            self.make_linear("condition_in", spec["condition_width"], spec["width"], bias=False)
        widths = spec["widths"]
        down = list(zip(widths, widths[1:]))
        up = [(inner, outer) for outer, inner in reversed(down)]
        linears = ([(spec["width"], widths[0])] + down +
                   [pair for inner, outer in up for pair in [(inner, outer), (2 * outer, outer)]] +
                   [(widths[0], spec["width"])])
        for number, (wide_in, wide_out) in enumerate(linears):
            self.make_linear(f"linear{number}", wide_in, wide_out)
        blocks = widths[:-1] + [widths[-1]] * 2 + widths[-2::-1]
        for number, width in enumerate(blocks):
            self.make_block(f"block{number}", width)
        self.make_norm("output_norm", widths[0])

    def draw(self, name, *shape, around=0.0, scale=1.0):
        self.weights[name] = np.round(around + scale * self.random.standard_normal(shape), 4)

    def make_linear(self, name, wide_in, wide_out, bias=True):
        self.draw(f"{name}.weight", wide_out, wide_in, scale=wide_in**-0.5)
        if bias:
            self.draw(f"{name}.bias", wide_out, scale=0.2)

    def make_norm(self, name, width):
        self.draw(f"{name}.weight", width, around=1.0, scale=0.2)
        self.draw(f"{name}.bias", width, scale=0.2)

    def make_block(self, name, width):
        for part in ["norm1", "norm2"]:
            self.make_norm(f"{name}.{part}", width)
        for part in ["linear1", "linear2"]:
            self.make_linear(f"{name}.{part}", width, width)
        self.make_linear(f"{name}.time", self.spec["time_width"], width)
        if self.spec["condition_in_blocks"]:
            self.make_linear(f"{name}.condition", self.spec["condition_width"], width, bias=False)

    def linear(self, name, h):
        return h @ self.weights[f"{name}.weight"].T + self.weights.get(f"{name}.bias", 0.0)

    def norm(self, name, h):
        centred = h - h.mean(axis=1, keepdims=True)
        scale = np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5)
        return centred / scale * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def block(self, name, h, time, condition):
        y = self.linear(f"{name}.linear1", silu(self.norm(f"{name}.norm1", h)))
        y = y + self.linear(f"{name}.time", time)
        if self.spec["condition_in_blocks"]:
            y = y + self.linear(f"{name}.condition", condition)
        return h + self.linear(f"{name}.linear2", silu(self.norm(f"{name}.norm2", y)))

    def embed(self, t):
        half = self.spec["time_frequencies"]
        angles = np.outer(t, 10000.0 ** (-np.arange(half) / (half - 1)))
        waves = np.concatenate([np.sin(angles), np.cos(angles)], axis=1)
        return self.linear("time2", silu(self.linear("time1", waves)))

    def __call__(self, x, t, c, m):
        linears = iter(range(len(self.weights)))
        blocks = iter(range(len(self.weights)))
        time = self.embed(t)
        condition = c * m

        def linear(h):
            return self.linear(f"linear{next(linears)}", h)

        def block(h):
            return self.block(f"block{next(blocks)}", h, time, condition)

        same_width = self.spec["condition_width"] == self.spec["width"]
        h = linear(x + (condition if same_width else self.linear("condition_in", condition)))
        kept = []
        for _ in self.spec["widths"][1:]:
            h = block(h)
            kept.append(h)
            h = linear(h)
        h = block(block(h))
        while kept:
            h = linear(h)
            h = block(linear(np.concatenate([h, kept.pop()], axis=1)))
        return linear(silu(self.norm("output_norm", h)))


def cumulative_alphas(steps):
    """abar of steps 1..T, after a leading 1 for "no noise yet"."""
    betas = np.linspace(1e-4, 0.02, steps)
    return np.concatenate([[1.0], np.cumprod(1.0 - betas)])


def posterior(steps, visits):
    """The K visited steps (1-based, ascending), and of each the posterior's mean and deviation."""
    visited = [math.floor(k * steps / visits + 0.5) for k in range(1, visits + 1)]
    abar = cumulative_alphas(steps)[[0] + visited]
    here, before = abar[1:], abar[:-1]
    beta = 1.0 - here / before
    return {"visited": [t - 1 for t in visited],
            "abar": here.tolist(),
            "x0_weight": (np.sqrt(before) * beta / (1.0 - here)).tolist(),
            "x_weight": (np.sqrt(1.0 - beta) * (1.0 - before) / (1.0 - here)).tolist(),
            "deviation": np.sqrt(beta * (1.0 - before) / (1.0 - here)).tolist()}


def sample(network, schedule, streams, c, m, with_noise):
    width = network.spec["width"]
    x = np.stack([stream.normals(width) for stream in streams])
    for k in reversed(range(len(schedule["visited"]))):
        t = np.full(len(streams), schedule["visited"][k])
        x = schedule["x0_weight"][k] * network(x, t, c, m) + schedule["x_weight"][k] * x
        if with_noise and k > 0:
            x = x + schedule["deviation"][k] * np.stack([s.normals(width) for s in streams])
    return x


def table(values):
    return {"shape": list(values.shape), "values": values.reshape(-1).tolist()}


def answer(spec, random):
    """Weights, inputs and outputs of one network."""
    network = Denoiser(spec, random)
    x = np.round(random.standard_normal((6, spec["width"])), 4)
    t = np.array([0, 1, 17, 250, 600, 999])
    c = np.round(random.standard_normal((6, spec["condition_width"])), 4)
    m = np.array([[1.0], [0.0]] * 3)
    users = [0, 1, 41, 7, 123456, 2**31 - 1]
    seed, steps, visits = 2020, 1000, 10

    def sampled(with_noise):
        streams = [Stream(seed).fork("user", user) for user in users]
        return table(sample(network, posterior(steps, visits), streams, c, m, with_noise))

    return {"spec": spec,
            "weights": {name: table(value) for name, value in network.weights.items()},
            "x": table(x), "t": t.tolist(), "c": table(c), "m": table(m),
            "x0": table(network(x, t, c, m)),
            "x0_without_condition": table(network(x, t, c, 0.0 * m)),
            "x0_with_condition": table(network(x, t, c, 0.0 * m + 1.0)),
            "sampling": {"seed": seed, "training_steps": steps, "steps": visits, "users": users,
                         "mean": sampled(False), "posterior": sampled(True)}}


def main():
    random = np.random.Generator(np.random.PCG64(7))
    sizes = {"time_frequencies": 4, "time_width": 8}
    entries = {
        "command": COMMAND,
        "schedules": [{"training_steps": steps, "steps": visits, **posterior(steps, visits)}
                      for steps, visits in [(1000, 10), (1000, 3), (1000, 1), (50, 50), (1, 1)]],
        "condition in blocks": answer({"width": 5, "condition_width": 3, "widths": [8, 6, 4],
                                       "condition_in_blocks": True, **sizes}, random),
        "condition added": answer({"width": 4, "condition_width": 4, "widths": [6, 4],
                                   "condition_in_blocks": False, **sizes}, random),
    }
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in entries.items()]
    OUTPUT.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
