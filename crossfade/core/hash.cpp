// SPDX-License-Identifier: Apache-2.0
#include "crossfade/core/hash.h"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

#include <xxhash.h>

#include "crossfade/core/error.h"

namespace crossfade {

struct Hasher::State {
  XXH3_state_t* xxh = XXH3_createState();

  State() { XXH3_128bits_reset(xxh); }

  ~State() { XXH3_freeState(xxh); }

  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Hasher::Hasher() : state_(std::make_unique<State>()) {}

Hasher::~Hasher() = default;

void Hasher::bytes(const void* data, std::size_t size) {
  XXH3_128bits_update(state_->xxh, data, size);
}

void Hasher::text(std::string_view value) {
  const std::uint64_t size = value.size();
  bytes(&size, sizeof size);
  bytes(value.data(), value.size());
}

std::string Hasher::hex() const {
  const XXH128_hash_t digest = XXH3_128bits_digest(state_->xxh);
  return fmt::format("{:016x}{:016x}", digest.high64, digest.low64);
}

std::string hash_text(std::string_view text) {
  Hasher hasher;
  hasher.bytes(text.data(), text.size());
  return hasher.hex();
}

std::string hash_file(const std::filesystem::path& file) {
  struct Closer {
    void operator()(std::FILE* stream) const { std::fclose(stream); }
  };

  const std::unique_ptr<std::FILE, Closer> stream(std::fopen(file.c_str(), "rb"));
  require(stream != nullptr, ErrorKind::kIo, "{}: {}", file.string(), std::strerror(errno));
  Hasher hasher;
  std::vector<char> buffer(1U << 20U);
  for (;;) {
    const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), stream.get());
    hasher.bytes(buffer.data(), got);
    if (got < buffer.size()) {
      break;
    }
  }
  require(std::ferror(stream.get()) == 0, ErrorKind::kIo, "{}: reading failed", file.string());
  return hasher.hex();
}

}  // namespace crossfade
