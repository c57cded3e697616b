// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "crossfade/core/random.h"
#include "crossfade/dataset/ratings.h"
#include "crossfade/dataset/split.h"
#include "crossfade/models/reviews/review_documents.h"

namespace crossfade {

// Documents of reviews by other people who think alike. Every user's draws have a stream of their
// own, so that a document does not depend on anybody else's.

/// CATN's auxiliary documents of one domain: for each review of a user known in both shops, one of
/// the same item with the same rating (else a star more, else a star less) by a user who is known
/// in this shop alone, chosen at random; nothing where there is none, and for all other users.
/// `items` are the domain's item documents. User u draws from rng.fork(stream, u).
[[nodiscard]] DocumentTable catn_auxiliary(const RatingsView& ratings,
                                           const DocumentTable& items,
                                           std::span<const Role> roles,
                                           const Rng& rng,
                                           std::string_view stream);

/// OmniMatch's target documents: users with target ratings have their own; for each source review
/// of a cold user, a user known in both shops who gave the same item the same rating is chosen at
/// random, then one of that user's target reviews. Rows are those of the target. `source_items` are
/// the source's item documents. User u draws from rng.fork("auxiliary", u).
[[nodiscard]] DocumentTable omnimatch_target(const RatingsView& source,
                                             const RatingsView& target,
                                             const DocumentTable& source_items,
                                             std::span<const Role> roles,
                                             const Rng& rng);

}  // namespace crossfade
