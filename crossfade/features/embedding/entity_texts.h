// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

#include "crossfade/features/embedding/config.h"
#include "crossfade/features/embedding/embedder.h"
#include "crossfade/features/embedding/prompt.h"
#include "crossfade/features/tables.h"

namespace crossfade {

/// Receives the text of one entity; called by ascending entity. Entities of which nothing is
/// known are left out.
using OnEntityText = std::function<void(std::size_t entity, EmbeddingText text)>;

/// The prompts of [features.llm.items] and [features.llm.users].
/// @throws Error  kUsage.
[[nodiscard]] Prompt make_prompt(const ItemEmbeddingConfig& config);
[[nodiscard]] Prompt make_prompt(const UserEmbeddingConfig& config);

/// Fills the prompt for every item. `images` [n_items] holds a file or "" for each; empty = there
/// are no images.
/// @throws Error  as read_item_texts.
void read_item_prompts(const std::filesystem::path& ingest,
                       Domain domain,
                       std::size_t n_items,
                       std::span<const std::string> images,
                       const Prompt& prompt,
                       const OnEntityText& on_text);

/// Fills the prompt for every user who wrote a visible review with a title or a text: the
/// config.max_reviews newest, newest first; those of one time in the order of their items.
/// @throws Error  as read_reviews.
void read_user_prompts(const std::filesystem::path& ingest,
                       Domain domain,
                       const ReviewMask& visible,
                       const UserEmbeddingConfig& config,
                       const Prompt& prompt,
                       const OnEntityText& on_text);

}  // namespace crossfade
