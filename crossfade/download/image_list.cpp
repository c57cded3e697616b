// SPDX-License-Identifier: Apache-2.0
#include "crossfade/download/image_list.h"

#include <optional>
#include <string>
#include <vector>

#include "crossfade/core/artifact.h"
#include "crossfade/core/error.h"
#include "crossfade/dataset/per_domain.h"
#include "crossfade/features/image_table.h"
#include "crossfade/features/tables.h"
#include "crossfade/ingest/gzip_file.h"

namespace crossfade {

void read_address_file(const std::filesystem::path& file, const OnAddress& on_address) {
  GzipFile input(file);
  for (std::size_t number = 1; const std::optional<std::string> line = input.next_line();
       ++number) {
    if (line->empty()) {
      continue;
    }
    const std::size_t tab = line->find('\t');
    require(tab != std::string::npos,
            ErrorKind::kData,
            "{}:{}: \"{}\" has no tab; a line is an item, a tab and an address",
            file.string(),
            number,
            line->substr(0, 60));
    const std::string_view text = *line;
    on_address(text.substr(0, tab), text.substr(tab + 1));
  }
}

void read_ingest_addresses(const std::filesystem::path& ingest, const OnAddress& on_address) {
  const Manifest manifest = read_manifest(ingest);
  require(manifest.stage == "ingest",
          ErrorKind::kData,
          "{}: is an artifact of stage {}, not ingest",
          ingest.string(),
          manifest.stage);
  for (const Domain domain : kDomains) {
    const std::vector<std::string> ids = read_item_column(ingest, domain, "id");
    const std::vector<std::string> images = read_item_column(ingest, domain, "image");
    for (std::size_t item = 0; item < ids.size(); ++item) {
      if (is_image_address(images[item])) {
        on_address(fmt::format("{}/{}", name_of(domain), ids[item]), images[item]);
      }
    }
  }
}

}  // namespace crossfade
