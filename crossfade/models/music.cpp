// SPDX-License-Identifier: Apache-2.0
//
// music: MuSiC in the best configuration known here (docs/models/music.md).
#include "crossfade/models/music/music_model.h"
#include "crossfade/models/registry.h"

namespace crossfade {
namespace {

MusicSettings best_known() {
  MusicSettings settings;
  settings.head = "residual";
  settings.overlap_rows = "users";
  settings.prior = true;
  settings.blend = true;
  settings.encoder.kind = "factors";
  settings.encoder.dimension = 16;
  settings.encoder.epochs = 6;
  settings.diffusion.noise = "none";
  settings.diffusion.samples = 4;
  settings.diffusion.dropout = 0.2;
  settings.side = {.epochs = 150, .batch_size = 256, .learning_rate = 1e-3, .patience = 15};
  settings.overlap = {.epochs = 60, .batch_size = 64, .learning_rate = 1e-3, .patience = 10};
  return settings;
}

}  // namespace

ModelEntry music_entry() {
  return model_entry<MusicModel>(
      {.name = "music",
       .title = "MuSiC, best known configuration: residual head, linear prior",
       .citation = "Leveraging Multimodal Data and Side Users for Diffusion "
                   "Cross-Domain Recommendation, ACM MM 2025",
       .uses_features = true},
      best_known());
}

}  // namespace crossfade
