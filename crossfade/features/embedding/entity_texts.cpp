// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/embedding/entity_texts.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "crossfade/core/error.h"

namespace crossfade {
namespace {

// The reviews of one user at a time.
class UserReviews {
 public:
  UserReviews(const UserEmbeddingConfig& config, const Prompt& prompt, const OnEntityText& on_text)
      : config_(config), prompt_(prompt), on_text_(on_text) {}

  void add(const ReviewText& review) {
    if (review.user != user_) {
      flush();
      user_ = review.user;
    }
    if (!review.title.empty() || !review.text.empty()) {
      reviews_.emplace_back(review.time_ms, line_of(review));
    }
  }

  void flush() {
    if (reviews_.empty()) {
      return;
    }
    std::ranges::stable_sort(
        reviews_, std::ranges::greater(), &std::pair<std::int64_t, std::string>::first);
    const auto kept = std::min(reviews_.size(), static_cast<std::size_t>(config_.max_reviews));
    std::string text;
    for (std::size_t i = 0; i < kept; ++i) {
      text += i == 0 ? "" : "\n";
      text += reviews_[i].second;
    }
    reviews_.clear();
    on_text_(user_,
             prompt_.fill(
                 {.title = {}, .description = {}, .categories = {}, .reviews = text, .image = {}}));
  }

 private:
  [[nodiscard]] std::string line_of(const ReviewText& review) const {
    std::string line = config_.ratings ? fmt::format("[{:g}] ", review.rating) : std::string();
    line += review.title;
    line += review.title.empty() || review.text.empty() ? "" : ": ";
    line += review.text;
    return line;
  }

  const UserEmbeddingConfig& config_;
  const Prompt& prompt_;
  const OnEntityText& on_text_;
  std::size_t user_ = 0;
  std::vector<std::pair<std::int64_t, std::string>> reviews_;  // time, line
};

}  // namespace

Prompt make_prompt(const ItemEmbeddingConfig& config) {
  return {
      "features.llm.items.prompt", config.prompt, {"title", "description", "categories", "image"}};
}

Prompt make_prompt(const UserEmbeddingConfig& config) {
  return {"features.llm.users.prompt", config.prompt, {"reviews"}};
}

void read_item_prompts(const std::filesystem::path& ingest,
                       Domain domain,
                       std::size_t n_items,
                       std::span<const std::string> images,
                       const Prompt& prompt,
                       const OnEntityText& on_text) {
  read_item_texts(ingest, domain, n_items, [&](const ItemText& item) {
    EmbeddingText text = prompt.fill(
        {.title = item.title,
         .description = item.description,
         .categories = item.categories,
         .reviews = {},
         .image = images.empty() ? std::string_view() : std::string_view(images[item.item])});
    if (!text.empty()) {
      on_text(item.item, std::move(text));
    }
  });
}

void read_user_prompts(const std::filesystem::path& ingest,
                       Domain domain,
                       const ReviewMask& visible,
                       const UserEmbeddingConfig& config,
                       const Prompt& prompt,
                       const OnEntityText& on_text) {
  UserReviews reviews(config, prompt, on_text);
  read_reviews(ingest, domain, visible, [&](const ReviewText& review) { reviews.add(review); });
  reviews.flush();
}

}  // namespace crossfade
