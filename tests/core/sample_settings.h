// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "crossfade/core/settings.h"

namespace crossfade::testing {

struct NestedSettings {
  std::int64_t depth = 3;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("depth", self.depth, "How deep.", Range{1, 9});
  }
};

/// One setting of every type.
struct SampleSettings {
  bool flag = true;
  std::int64_t count = 5;
  double rate = 0.25;
  std::string mode = "fast";
  std::vector<std::int64_t> numbers = {1, 2};
  std::vector<double> edges = {0.5};
  std::vector<std::string> names = {"a"};
  NestedSettings nested;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("flag", self.flag, "Whether.");
    field("count", self.count, "How many.", Range{0, 100});
    field("rate", self.rate, "How fast.", Range{0, 1});
    field("mode", self.mode, "Which.", OneOf{{"fast", "slow"}});
    field("numbers", self.numbers, "Which ones.");
    field("edges", self.edges, "Where.", Range{0, 10}, Ascending{});
    field("names", self.names, "Who.");
    field("nested", self.nested, "More.");
  }
};

}  // namespace crossfade::testing
