// SPDX-License-Identifier: Apache-2.0
#include "crossfade/download/part_file.h"

#include <system_error>
#include <utility>

#include "crossfade/core/error.h"
#include "crossfade/core/files.h"
#include "crossfade/core/json.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

fs::path with_suffix(fs::path path, const char* suffix) {
  path += suffix;
  return path;
}

// A weak ETag says "as good as", which is not enough to join two parts.
std::string validator_of(const HttpHead& head) {
  return head.etag.starts_with('"') ? head.etag : head.last_modified;
}

void require_space(const fs::path& file, std::int64_t bytes) {
  std::error_code code;
  const fs::space_info space = fs::space(file.parent_path(), code);
  require(code || bytes < 0 || static_cast<std::uintmax_t>(bytes) <= space.available,
          ErrorKind::kIo,
          "{}: has {:.1f} MB, the disk has {:.1f} MB left",
          file.string(),
          static_cast<double>(bytes) / 1e6,
          static_cast<double>(space.available) / 1e6);
}

}  // namespace

PartFile::PartFile(fs::path path, std::string address)
    : final_(std::move(path)),
      part_(with_suffix(final_, ".part")),
      state_(with_suffix(final_, ".part.json")),
      address_(std::move(address)) {
  load();
  std::error_code code;
  const auto there = static_cast<std::int64_t>(fs::file_size(part_, code));
  output_.emplace(part_, code || validator_.empty() ? 0 : there);
}

void PartFile::load() {
  std::error_code code;
  if (!fs::exists(state_, code)) {
    return;
  }
  const Json state = Json::parse(read_file(state_), nullptr, false);
  if (state.is_object() && state.value("address", "") == address_) {
    validator_ = state.value("validator", "");
    total_ = state.value("bytes", std::int64_t{-1});
  }
}

void PartFile::save() const {
  const Json state{{"address", address_}, {"validator", validator_}, {"bytes", total_}};
  write_file(state_, state.dump(2) + "\n");
}

std::vector<std::string> PartFile::resume_headers() const {
  if (size() == 0 || validator_.empty()) {
    return {};
  }
  return {fmt::format("Range: bytes={}-", size()), "If-Range: " + validator_};
}

std::string PartFile::begin(const HttpHead& head) {
  if (head.status == 206) {
    const std::string start = fmt::format("bytes {}-", size());
    const std::string end = fmt::format("/{}", total_);
    const bool fits =
        head.content_range.starts_with(start) && (total_ < 0 || head.content_range.ends_with(end));
    return fits ? ""
                : fmt::format("the server answers with \"{}\", not with \"{}...{}\"",
                              head.content_range,
                              start,
                              total_ < 0 ? "" : end);
  }
  require_space(final_, head.length);
  output_->clear();  // Before its description changes: a process may be killed in between.
  validator_ = validator_of(head);
  total_ = head.length;
  save();
  return "";
}

void PartFile::restart() {
  output_->clear();
  validator_.clear();
  total_ = -1;
}

void PartFile::commit() {
  output_->flush_to_disk();
  std::error_code code;
  fs::rename(part_, final_, code);
  require(!code, ErrorKind::kIo, "{}: {}", final_.string(), code.message());
  fs::remove(state_, code);
}

}  // namespace crossfade
