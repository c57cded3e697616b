# SPDX-License-Identifier: Apache-2.0
"""What the review models are made of, dense and padded: documents are [documents, positions, width]
with zero vectors behind the words. `within` [documents, positions] is 1 where a word is, else 0.
"""
import torch
import torch.nn.functional as F

WIDTHS = (3, 4, 5)  # of omnimatch's windows


def look_up(table, documents, length):
    """The vectors of the documents' words, and where there are words."""
    padding = len(table)
    numbers = [words + [padding] * (length - len(words)) for words in documents]
    numbers = torch.tensor(numbers, dtype=torch.long).view(len(documents), length)
    with_zero = torch.cat([table, table.new_zeros(1, table.shape[1])])
    return with_zero[numbers], (numbers != padding).to(table.dtype)


def convolve(x, weight, bias, window):
    """relu(bias + sum_j x[t + j - (window - 1) / 2] weight_j): as many positions as x has."""
    taps = weight.view(x.shape[2], window, len(bias)).permute(2, 0, 1)
    return torch.relu(F.conv1d(x.transpose(1, 2), taps, bias, padding=window // 2)).transpose(1, 2)


def aspects(h, v, within):
    """[documents, aspects, width]: gated vectors, by attention over all positions. One without a
    word has logit 0 and contributes nothing."""
    documents, positions, _ = h.shape
    gate, value = h.view(documents, positions, 2, *v.shape).unbind(2)
    gated = torch.sigmoid(gate) * value * within[..., None, None]
    attention = torch.softmax((gated * v).sum(3), 1)
    return (attention.unsqueeze(3) * gated).sum(1)


def merge(own, auxiliary, gate_weight, gate_bias, weight, bias):
    """One vector per aspect of a user's own document and the auxiliary one."""
    both = torch.cat([auxiliary - own, auxiliary * own], 2)
    gate = torch.sigmoid(both @ gate_weight + gate_bias)
    return torch.tanh(torch.cat([gate * auxiliary, own], 2) @ weight + bias)


def match(user, item, affinity, v_user, v_item):
    """The mean over all pairs of aspects of how well they match, times how much they matter."""
    fit = user @ affinity @ item.transpose(1, 2)
    importance = F.leaky_relu(v_user @ affinity @ v_item.T, 0.2)
    return (fit * importance).mean((1, 2))


def pool(x, weight, bias):
    """[documents, 3 filters]: the greatest answer of each filter, from any start on a word or right
    behind the last one. Starts further behind see what that one sees: nothing."""
    filters = len(bias) // len(WIDTHS)
    x = F.pad(x, (0, 0, 0, max(WIDTHS))).transpose(1, 2)
    weights = weight.split([width * filters for width in WIDTHS])
    pooled = []
    for width, taps, offset in zip(WIDTHS, weights, bias.split(filters)):
        taps = taps.view(width, filters, -1).permute(1, 2, 0)
        pooled.append(torch.relu(F.conv1d(x, taps, offset)).amax(2))
    return torch.cat(pooled, 1)


def contrast(z_source, z_target, ratings, temperature):
    """Supervised contrastive loss (Khosla et al., NeurIPS 2020, equation 2); anchors are the
    source's vectors only."""
    z = F.normalize(torch.cat([z_source, z_target]), eps=1e-12)
    labels = list(ratings) * 2
    total = 0.0
    for anchor in range(len(ratings)):
        others = [k for k in range(len(z)) if k != anchor]
        log_chance = torch.log_softmax(z[others] @ z[anchor] / temperature, 0)
        positives = [n for n, k in enumerate(others) if labels[k] == labels[anchor]]
        total = total - log_chance[positives].mean()
    return total / len(ratings)


class _Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, strength):
        ctx.strength = strength
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        return -ctx.strength * gradient, None


def reverse(x, strength):
    """x; its gradient comes back times -strength."""
    return _Reverse.apply(x, strength)


def domain_loss(features, weight, bias, labels):
    """How badly a linear layer tells the domains apart."""
    return F.cross_entropy(F.linear(torch.relu(features), weight, bias), torch.tensor(labels))
