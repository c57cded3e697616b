// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "crossfade/core/settings.h"

namespace crossfade {

/// The reduction networks E_user and E_item and their training on ratings (stage 0).
struct MusicEncoderSettings {
  std::string kind = "mlp";
  std::int64_t dimension = 32;
  std::int64_t hidden = 128;
  std::string hidden_activation = "tanh";
  std::string output_activation = "tanh";
  double dropout = 0.1;
  std::int64_t epochs = 20;
  std::int64_t batch_size = 1024;
  double learning_rate = 1e-3;
  double weight_decay = 0.0;
  std::int64_t patience = 3;
  double held_out = 0.05;
  double l2 = 15.0;
  double bias_damping = 5.0;
  double content_l2 = 0.0;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("kind",
          self.kind,
          "mlp: trained networks over features (MuSiC, section 3.2); factors: regularised factor "
          "vectors whose item side is informed by the features.",
          OneOf{{"mlp", "factors"}});
    field("dimension", self.dimension, "Width of user and item vectors.", Range{1, 512});
    field("hidden", self.hidden, "Hidden units (mlp).", Range{1, 4096});
    field("hidden_activation",
          self.hidden_activation,
          "Activation inside the networks (mlp).",
          OneOf{{"tanh", "relu", "softmax"}});
    field("output_activation",
          self.output_activation,
          "Activation of the vectors (mlp).",
          OneOf{{"tanh", "relu", "softmax"}});
    field("dropout", self.dropout, "Part of the hidden units dropped (mlp).", Range{0.0, 0.9});
    field("epochs",
          self.epochs,
          "Epochs on the ratings of both domains, at most (mlp); sweeps (factors).",
          Range{1, 10000});
    field("batch_size", self.batch_size, "Ratings per step.", Range{1, 1e6});
    field("learning_rate", self.learning_rate, "Adam step size.", Range{1e-8, 1.0});
    field("weight_decay", self.weight_decay, "L2 on the weights.", Range{0.0, 10.0});
    field(
        "patience", self.patience, "Epochs without a better value; 0 = never stop.", Range{0, 1e4});
    field("held_out",
          self.held_out,
          "Part of the training ratings that decides on the epoch.",
          Range{0.0, 0.5});
    field("l2", self.l2, "Ridge on user and item vectors (factors).", Range{1e-6, 1e6});
    field("bias_damping", self.bias_damping, "Ridge on biases (factors).", Range{1e-6, 1e6});
    field("content_l2",
          self.content_l2,
          "Ridge on the map from item features to item vectors (factors); 0 = chosen by leaving "
          "items out.",
          Range{0.0, 1e9});
  }
};

/// One of the two diffusion stages.
struct MusicStageSettings {
  std::int64_t epochs = 50;
  std::int64_t batch_size = 256;
  double learning_rate = 1e-3;
  std::int64_t patience = 5;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("epochs", self.epochs, "Epochs, at most.", Range{1, 10000});
    field("batch_size", self.batch_size, "Rows per step.", Range{1, 1e6});
    field("learning_rate", self.learning_rate, "Adam step size.", Range{1e-8, 1.0});
    field(
        "patience", self.patience, "Epochs without a better value; 0 = never stop.", Range{0, 1e4});
  }
};

/// The diffusion over target user vectors.
struct MusicDiffusionSettings {
  std::int64_t training_steps = 1000;
  std::int64_t steps = 10;
  std::string schedule = "respaced";
  std::string noise = "posterior";
  std::int64_t samples = 1;
  std::vector<std::int64_t> widths{128, 64, 32};
  std::string condition = "added-and-blocks";
  std::string condition_start = "random";
  double dropout = 0.1;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("training_steps",
          self.training_steps,
          "Noise steps T of training; beta runs linearly from 1e-4 to 0.02.",
          Range{1, 100000});
    field("steps", self.steps, "Steps K of sampling.", Range{1, 1000});
    field(
        "schedule",
        self.schedule,
        "respaced: K of the T steps are visited; literal: T = K = steps, as the paper may be read.",
        OneOf{{"respaced", "literal"}});
    field("noise",
          self.noise,
          "posterior: noise in every sampling step but the last; none: the mean.",
          OneOf{{"posterior", "none"}});
    field("samples", self.samples, "Samples averaged per user.", Range{1, 1000});
    field("widths", self.widths, "Block widths of the U-Net, outermost first.", Range{1, 8192});
    field("condition",
          self.condition,
          "added-and-blocks: the condition also enters every block; added: only the input, as in "
          "the paper.",
          OneOf{{"added-and-blocks", "added"}});
    field("condition_start",
          self.condition_start,
          "Weights of what stage 1 never sees: random, or zero, so that stage 2 starts from what "
          "stage 1 has learned.",
          OneOf{{"random", "zero"}});
    field("dropout", self.dropout, "Part of the units dropped in blocks.", Range{0.0, 0.9});
  }
};

/// Settings of MuSiC. The defaults of `music` and `music-paper` differ: see `crossfade config`.
struct MusicSettings {
  std::string head = "dot";
  double alpha = 0.4;
  std::string joint = "convex";
  std::string overlap_rows = "ratings";
  bool standardise = true;
  bool prior = false;
  bool blend = false;
  double average = 0.0;
  double clip_norm = 1.0;
  bool without_mllm = false;
  bool without_diffusion = false;
  bool without_side = false;
  MusicEncoderSettings encoder;
  MusicDiffusionSettings diffusion;
  MusicStageSettings side;
  MusicStageSettings overlap{.batch_size = 512};

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("head",
          self.head,
          "dot: r = z.v (MuSiC, equation 8); residual: r = mu + b_i + [1, v].z.",
          OneOf{{"dot", "residual"}});
    field("alpha", self.alpha, "Weight of the reconstruction in the joint loss.", Range{0.0, 1.0});
    field("joint",
          self.joint,
          "convex: alpha L_over + (1 - alpha) L_rate; plain: L_rate + alpha L_over.",
          OneOf{{"convex", "plain"}});
    field("overlap_rows",
          self.overlap_rows,
          "Rows of stage 2: ratings (active users weigh more), or users with all their ratings.",
          OneOf{{"ratings", "users"}});
    field("standardise", self.standardise, "Whether x0 is standardised for the diffusion.");
    field("prior",
          self.prior,
          "Whether the denoiser is told a linear estimate of the target vector.");
    field("blend",
          self.blend,
          "Whether generated vectors are blended with the linear estimate, with a weight fitted "
          "on validation users.");
    field("average",
          self.average,
          "Decay of the running average of the denoiser's weights; 0 = none.",
          Range{0.0, 0.99999});
    field("clip_norm", self.clip_norm, "Largest gradient norm; 0 = no limit.", Range{0.0, 1e9});
    field("without_mllm",
          self.without_mllm,
          "Ablation: factor vectors of the ratings alone, without features (residual head).");
    field("without_diffusion",
          self.without_diffusion,
          "Ablation: the source vector is used as it is in the target.");
    field("without_side", self.without_side, "Ablation: no training on side users.");
    field("encoder", self.encoder, "Vectors of users and items.");
    field("diffusion", self.diffusion, "The diffusion over target user vectors.");
    field("side", self.side, "Stage 1: side users, without condition.");
    field("overlap", self.overlap, "Stage 2: training overlap users, with condition.");
  }
};

}  // namespace crossfade
