// SPDX-License-Identifier: Apache-2.0
#include "crossfade/download/image_store.h"

#include <array>
#include <system_error>

#include <openssl/evp.h>

#include "crossfade/core/error.h"
#include "crossfade/download/output_file.h"

namespace crossfade {

namespace fs = std::filesystem;

namespace {

// 64 hexadecimal digits.
std::string sha256(std::string_view bytes) {
  std::array<unsigned char, 32> digest{};
  const bool done =
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) == 1;
  require(done, ErrorKind::kInternal, "OpenSSL computes no SHA-256");
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

}  // namespace

ImageStore::ImageStore(const fs::path& directory)
    : directory_(directory), incoming_(directory / "incoming") {}

std::string ImageStore::put(std::string_view bytes, std::string_view type) {
  const std::string hash = sha256(bytes);
  std::string file = fmt::format("files/{}/{}.{}", hash.substr(0, 2), hash, type);
  if (holds(file, std::ssize(bytes))) {
    return file;
  }
  const fs::path staged = incoming_.path() / "image";
  OutputFile(staged, 0).append(bytes);
  const fs::path final_path = directory_ / file;
  std::error_code code;
  fs::rename(staged, final_path, code);
  if (code == std::errc::no_such_file_or_directory) {
    make_directories(final_path.parent_path());
    fs::rename(staged, final_path, code);
  }
  require(!code, ErrorKind::kIo, "{}: {}", final_path.string(), code.message());
  return file;
}

bool ImageStore::holds(const std::string& file, std::int64_t bytes) const {
  std::error_code code;
  const auto size = fs::file_size(directory_ / file, code);
  return !code && static_cast<std::int64_t>(size) == bytes;
}

}  // namespace crossfade
