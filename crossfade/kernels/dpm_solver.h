// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace crossfade {

/// DPM-Solver-fast (Lu et al., NeurIPS 2022, algorithm 2 and appendix D): the deterministic
/// sampler of a noise-predicting diffusion with the continuous variance-preserving schedule
///
///     log alpha(t) = -(beta1 - beta0) t^2 / 4 - beta0 t / 2,   beta0 = 0.1, beta1 = 20
///     sigma(t)^2 = 1 - alpha(t)^2,   lambda(t) = log alpha(t) - log sigma(t)
///
/// from t = 1 to t = 1e-4 on steps of equal length in lambda: of third order, and a last one or
/// two of lower order, so that the network is evaluated `evaluations` times in all.
class DpmSolver {
 public:
  /// `evaluations` is at least 3.
  explicit DpmSolver(std::size_t evaluations);

  /// The network's time labels, in the order of evaluation: 1000 max(t - 1 / 1000, 0).
  [[nodiscard]] std::span<const double> labels() const noexcept { return labels_; }

  /// Runs the solver from `x`. `noise(x, n)` predicts the noise in `x` at evaluation n. X is a
  /// matrix type with X * float, X + X and X - X: rows are samples.
  template <typename X, typename Noise>
  [[nodiscard]] X sample(X x, const Noise& noise) const {
    std::size_t n = 0;
    for (const Step& step : steps_) {
      const X first = noise(x, n++);
      if (step.order == 1) {
        x = X(x * step.keep - first * step.move);
        continue;
      }
      const X x1 = x * step.inner[0].keep - first * step.inner[0].move;
      X last = noise(x1, n++);
      if (step.order == 3) {
        const X x2 = x * step.inner[1].keep - first * step.inner[1].move -
                     (last - first) * step.inner[1].bend;
        last = noise(x2, n++);
      }
      x = X(x * step.keep - first * step.move - (last - first) * step.bend);
    }
    return x;
  }

 private:
  // x(t) = keep x(s) - move e - bend (e' - e), with noise e at s and e' at a point in between.
  struct Stage {
    float keep = 1.0F;
    float move = 0.0F;
    float bend = 0.0F;
  };

  struct Step : Stage {
    int order = 1;
    Stage inner[2];
  };

  void add_step(double from, double to, int order);

  std::vector<Step> steps_;
  std::vector<double> labels_;
};

/// A map x -> x M + c on row vectors of width d. M is [d, d] and c [d], row by row.
struct AffineMap {
  std::size_t width = 0;
  std::vector<float> matrix;
  std::vector<float> offset;
};

/// The solver as one affine map of its start, when the predicted noise is affine, too:
///
///     noise(x, n) = (x + start C + times_n) M + b,   start = the x that the solver began with
///
/// `network` is (M, b), `condition` is C [d, d], `times` [evaluations, d] adds to x. The same
/// computation as DpmSolver::sample on samples, in another order of sums: its cost does not
/// depend on how many samples the map is then used for.
[[nodiscard]] AffineMap solve_affine(const DpmSolver& solver,
                                     const AffineMap& network,
                                     std::span<const float> condition,
                                     std::span<const float> times);

}  // namespace crossfade
