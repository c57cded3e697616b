// SPDX-License-Identifier: Apache-2.0
//
// music-paper: MuSiC as the paper reads (docs/models/music.md): reduction networks over features,
// a plain dot product as rating function, stage 1 without and stage 2 with condition.
#include "crossfade/models/music/music_model.h"
#include "crossfade/models/registry.h"

namespace crossfade {

ModelEntry music_paper_entry() {
  return model_entry<MusicModel>(
      {.name = "music-paper",
       .title = "MuSiC, literal reading of the paper",
       .citation = "Leveraging Multimodal Data and Side Users for Diffusion "
                   "Cross-Domain Recommendation, ACM MM 2025",
       .uses_features = true},
      MusicSettings{});
}

}  // namespace crossfade
