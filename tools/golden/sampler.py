# SPDX-License-Identifier: Apache-2.0
"""DPM-Solver-fast (Lu et al., NeurIPS 2022, algorithms 1 and 2, appendix D) for the linear
variance-preserving schedule, step by step as the paper writes it."""
import math

BETA0, BETA1, FIRST, LAST = 0.1, 20.0, 1.0, 1e-4


def log_alpha(t):
    return -((BETA1 - BETA0) * t * t) / 4 - BETA0 * t / 2


def alpha(t):
    return math.exp(log_alpha(t))


def sigma(t):
    return math.sqrt(-math.expm1(2 * log_alpha(t)))


def half_log_snr(t):
    return log_alpha(t) - math.log(sigma(t))


def time_at(wanted):
    """The time whose half log SNR is `wanted`, by bisection: it falls as time goes on."""
    low, high = 1e-9, 2.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if half_log_snr(middle) > wanted else (low, middle)
    return (low + high) / 2


def orders(evaluations):
    """The orders of the steps, which add up to `evaluations`."""
    full, left = divmod(evaluations, 3)
    return [3] * (full - 1) + [2, 1] if left == 0 else [3] * full + [left]


def label(t):
    return 1000.0 * max(t - 1.0 / 1000.0, 0.0)


def labels(evaluations):
    """The time labels of all evaluations, in order."""
    seen = []

    def nothing(x, at, _):
        seen.append(at)
        return 0.0 * x

    sample(0.0, nothing, evaluations)
    return seen


def sample(x, noise, evaluations):
    """Runs from time 1 to 1e-4; noise(x, label, number of the evaluation)."""
    steps = orders(evaluations)
    begin = half_log_snr(FIRST)
    length = (half_log_snr(LAST) - begin) / len(steps)
    used = 0

    def predict(where, t):
        nonlocal used
        used += 1
        return noise(where, label(t), used - 1)

    for number, order in enumerate(steps):
        snr = begin + length * number
        s, t = time_at(snr), time_at(snr + length)
        h = length
        e_s = predict(x, s)
        if order == 1:
            x = alpha(t) / alpha(s) * x - sigma(t) * math.expm1(h) * e_s
        elif order == 2:
            r1 = 1 / 2
            s1 = time_at(snr + r1 * h)
            x1 = alpha(s1) / alpha(s) * x - sigma(s1) * math.expm1(r1 * h) * e_s
            e_1 = predict(x1, s1)
            x = (
                alpha(t) / alpha(s) * x
                - sigma(t) * math.expm1(h) * e_s
                - sigma(t) / (2 * r1) * math.expm1(h) * (e_1 - e_s)
            )
        else:
            r1, r2 = 1 / 3, 2 / 3
            s1, s2 = time_at(snr + r1 * h), time_at(snr + r2 * h)
            x1 = alpha(s1) / alpha(s) * x - sigma(s1) * math.expm1(r1 * h) * e_s
            e_1 = predict(x1, s1)
            x2 = (
                alpha(s2) / alpha(s) * x
                - sigma(s2) * math.expm1(r2 * h) * e_s
                - sigma(s2) * r2 / r1 * (math.expm1(r2 * h) / (r2 * h) - 1) * (e_1 - e_s)
            )
            e_2 = predict(x2, s2)
            x = (
                alpha(t) / alpha(s) * x
                - sigma(t) * math.expm1(h) * e_s
                - sigma(t) / r2 * (math.expm1(h) / h - 1) * (e_2 - e_s)
            )
    return x
