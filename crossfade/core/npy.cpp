// SPDX-License-Identifier: Apache-2.0
#include "crossfade/core/npy.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>

#include <Eigen/Core>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crossfade/core/error.h"

namespace crossfade {
namespace {

struct TypeName {
  NpyType type;
  std::string_view descr;
  std::size_t bytes;
};

constexpr std::array<TypeName, 6> kTypes{{{NpyType::kFloat16, "<f2", 2},
                                          {NpyType::kFloat32, "<f4", 4},
                                          {NpyType::kFloat64, "<f8", 8},
                                          {NpyType::kInt32, "<i4", 4},
                                          {NpyType::kInt64, "<i8", 8},
                                          {NpyType::kUint8, "|u1", 1}}};

const TypeName& name_of(NpyType type) {
  return kTypes[static_cast<std::size_t>(type)];
}

template <typename T>
constexpr NpyType kTypeOf = NpyType::kFloat32;
template <>
constexpr NpyType kTypeOf<Eigen::half> = NpyType::kFloat16;
template <>
constexpr NpyType kTypeOf<double> = NpyType::kFloat64;
template <>
constexpr NpyType kTypeOf<std::int32_t> = NpyType::kInt32;
template <>
constexpr NpyType kTypeOf<std::int64_t> = NpyType::kInt64;
template <>
constexpr NpyType kTypeOf<std::uint8_t> = NpyType::kUint8;

// The magic string, version 1.0 and the header length; the header is padded to a multiple of 64
// and long enough for any row count, so that it can be written again in place.
constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kHeaderBytes = 192;

std::string header(NpyType type, const std::string& shape) {
  std::string text = fmt::format(
      "{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}", name_of(type).descr, shape);
  constexpr std::size_t kPrefix = 10;
  text.resize(kHeaderBytes - kPrefix - 1, ' ');
  text += '\n';
  std::string out(kMagic);
  out +=
      {'\x01', '\x00', static_cast<char>(text.size() & 0xff), static_cast<char>(text.size() >> 8)};
  return out + text;
}

// The text after "'name':" up to the matching end, as the format's fixed grammar allows.
std::string_view header_value(std::string_view text, std::string_view name) {
  const std::size_t at = text.find(fmt::format("'{}':", name));
  if (at == std::string_view::npos) {
    return {};
  }
  std::string_view rest = text.substr(at + name.size() + 3);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return rest.substr(0, rest.starts_with('(') ? rest.find(')') + 1 : rest.find(','));
}

std::vector<std::size_t> parse_shape(std::string_view text) {
  std::vector<std::size_t> shape;
  std::size_t value = 0;
  bool digits = false;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      constexpr std::size_t kFarTooMany = std::size_t{1} << 59U;
      value = std::min(value, kFarTooMany) * 10 + static_cast<std::size_t>(c - '0');
      digits = true;
    } else if (digits) {
      shape.push_back(value);
      value = 0;
      digits = false;
    }
  }
  return shape;
}

}  // namespace

struct NpyFile::State {
  std::string name;
  void* map = nullptr;
  std::size_t map_bytes = 0;
  const std::byte* data = nullptr;
  NpyType type = NpyType::kFloat32;
  std::size_t rows = 0;
  std::size_t columns = 1;

  State() = default;

  ~State() {
    if (map != nullptr) {
      ::munmap(map, map_bytes);
    }
  }

  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void open() {
    const int file = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
    require(file >= 0, ErrorKind::kIo, "{}: {}", name, std::strerror(errno));

    struct stat info {};

    ::fstat(file, &info);
    map_bytes = static_cast<std::size_t>(info.st_size);
    void* mapped = S_ISREG(info.st_mode) && map_bytes > 0
                       ? ::mmap(nullptr, map_bytes, PROT_READ, MAP_SHARED, file, 0)
                       : MAP_FAILED;
    ::close(file);
    require(mapped != MAP_FAILED, ErrorKind::kData, "{}: is empty or no regular file", name);
    map = mapped;
  }

  void parse() {
    const std::string_view bytes(static_cast<const char*>(map), map_bytes);
    require(bytes.size() > 12 && bytes.starts_with(kMagic),
            ErrorKind::kData,
            "{}: is no .npy file",
            name);
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const bool wide = byte(6) >= 2;
    const std::size_t start = wide ? 12 : 10;
    const std::size_t length =
        wide ? byte(8) + (byte(9) << 8U) + (byte(10) << 16U) + (std::size_t{byte(11)} << 24U)
             : byte(8) + (std::size_t{byte(9)} << 8U);
    require(start + length <= bytes.size(), ErrorKind::kData, "{}: the header is cut off", name);
    const std::string_view text = bytes.substr(start, length);
    read_type(text);
    const std::vector<std::size_t> shape = parse_shape(header_value(text, "shape"));
    require(shape.size() == 1 || shape.size() == 2,
            ErrorKind::kData,
            "{}: has {} dimensions; one or two are supported",
            name,
            shape.size());
    rows = shape[0];
    columns = shape.size() == 2 ? shape[1] : 1;
    const std::size_t held = bytes.size() - start - length;
    const std::size_t element = name_of(type).bytes;
    require(columns == 0 || rows <= held / element / columns,
            ErrorKind::kData,
            "{}: holds {} bytes, fewer than {} x {} elements of {} bytes",
            name,
            held,
            rows,
            columns,
            element);
    require((start + length) % element == 0,
            ErrorKind::kData,
            "{}: its data is not aligned; save it again with numpy.save",
            name);
    data = static_cast<const std::byte*>(map) + start + length;
  }

  void read_type(std::string_view text) {
    const std::string_view quoted = header_value(text, "descr");
    for (const TypeName& known : kTypes) {
      if (quoted == fmt::format("'{}'", known.descr)) {
        type = known.type;
        require(header_value(text, "fortran_order") == "False",
                ErrorKind::kData,
                "{}: is in Fortran order; save it with numpy.ascontiguousarray",
                name);
        return;
      }
    }
    fail(ErrorKind::kData,
         "{}: has element type {}; float16, float32, float64, int32, int64 and uint8 are supported",
         name,
         quoted);
  }
};

NpyFile::NpyFile(const std::filesystem::path& file) : state_(std::make_unique<State>()) {
  state_->name = file.string();
  state_->open();
  state_->parse();
}

NpyFile::~NpyFile() = default;
NpyFile::NpyFile(NpyFile&&) noexcept = default;
NpyFile& NpyFile::operator=(NpyFile&&) noexcept = default;

NpyType NpyFile::type() const noexcept {
  return state_->type;
}

std::size_t NpyFile::rows() const noexcept {
  return state_->rows;
}

std::size_t NpyFile::columns() const noexcept {
  return state_->columns;
}

template <typename T>
std::span<const T> NpyFile::values() const {
  require(state_->type == kTypeOf<T>,
          ErrorKind::kData,
          "{}: holds {}, not {}",
          state_->name,
          name_of(state_->type).descr,
          name_of(kTypeOf<T>).descr);
  return {reinterpret_cast<const T*>(state_->data), state_->rows * state_->columns};
}

template std::span<const float> NpyFile::values() const;
template std::span<const double> NpyFile::values() const;
template std::span<const std::int32_t> NpyFile::values() const;
template std::span<const std::int64_t> NpyFile::values() const;
template std::span<const std::uint8_t> NpyFile::values() const;

void NpyFile::read_row(std::size_t row, std::span<float> out) const {
  const std::size_t first = row * state_->columns;
  const auto copy = [&]<typename T>(const T* values) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = static_cast<float>(values[first + i]);
    }
  };
  switch (state_->type) {
    case NpyType::kFloat16:
      copy(reinterpret_cast<const Eigen::half*>(state_->data));
      return;
    case NpyType::kFloat32:
      copy(reinterpret_cast<const float*>(state_->data));
      return;
    case NpyType::kFloat64:
      copy(reinterpret_cast<const double*>(state_->data));
      return;
    case NpyType::kInt32:
    case NpyType::kInt64:
    case NpyType::kUint8:
      fail(ErrorKind::kData, "{}: holds whole numbers, not features", state_->name);
  }
}

struct NpyWriter::State {
  std::string name;
  std::FILE* file = nullptr;
  NpyType type = NpyType::kFloat32;
  std::size_t columns = 0;
  std::size_t rows = 0;

  State() = default;

  ~State() {
    if (file != nullptr) {
      std::fclose(file);
    }
  }

  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void write(const void* data, std::size_t bytes) const {
    // An empty span may stand at no address at all, which fwrite must not be given.
    const bool written = bytes == 0 || std::fwrite(data, 1, bytes, file) == bytes;
    require(written, ErrorKind::kIo, "{}: {}", name, std::strerror(errno));
  }

  template <typename T>
  void append(std::span<const T> values) {
    rows += columns == 0 ? 0 : values.size() / columns;
    write(values.data(), values.size_bytes());
  }

  [[nodiscard]] std::string head() const {
    return header(type, fmt::format("({}, {})", rows, columns));
  }
};

NpyWriter::NpyWriter(const std::filesystem::path& file, NpyType type, std::size_t columns)
    : state_(std::make_unique<State>()) {
  state_->name = file.string();
  state_->type = type;
  state_->columns = columns;
  state_->file = std::fopen(file.c_str(), "wb");
  require(state_->file != nullptr, ErrorKind::kIo, "{}: {}", file.string(), std::strerror(errno));
  const std::string head = state_->head();
  state_->write(head.data(), head.size());
}

NpyWriter::~NpyWriter() = default;

void NpyWriter::append(std::span<const float> values) {
  if (state_->type == NpyType::kFloat32) {
    state_->append(values);
    return;
  }
  const std::vector<Eigen::half> halves(values.begin(), values.end());
  state_->append(std::span(halves));
}

void NpyWriter::append(std::span<const std::int32_t> values) {
  state_->append(values);
}

void NpyWriter::append(std::span<const std::int64_t> values) {
  state_->append(values);
}

void NpyWriter::append(std::span<const std::uint8_t> values) {
  state_->append(values);
}

void NpyWriter::finish() {
  const std::string head = state_->head();
  const bool rewound = std::fseek(state_->file, 0, SEEK_SET) == 0;
  require(rewound, ErrorKind::kIo, "{}: {}", state_->name, std::strerror(errno));
  state_->write(head.data(), head.size());
  const int closed = std::fclose(std::exchange(state_->file, nullptr));
  require(closed == 0, ErrorKind::kIo, "{}: {}", state_->name, std::strerror(errno));
}

template <typename T>
void write_npy(const std::filesystem::path& file, std::span<const T> values) {
  std::FILE* stream = std::fopen(file.c_str(), "wb");
  require(stream != nullptr, ErrorKind::kIo, "{}: {}", file.string(), std::strerror(errno));
  const std::string head = header(kTypeOf<T>, fmt::format("({},)", values.size()));
  const bool written =
      std::fwrite(head.data(), 1, head.size(), stream) == head.size() &&
      (values.empty() ||
       std::fwrite(values.data(), sizeof(T), values.size(), stream) == values.size());
  const int reason = errno;
  const bool closed = std::fclose(stream) == 0;
  require(written && closed, ErrorKind::kIo, "{}: {}", file.string(), std::strerror(reason));
}

template void write_npy(const std::filesystem::path&, std::span<const float>);
template void write_npy(const std::filesystem::path&, std::span<const double>);
template void write_npy(const std::filesystem::path&, std::span<const std::int32_t>);
template void write_npy(const std::filesystem::path&, std::span<const std::int64_t>);
template void write_npy(const std::filesystem::path&, std::span<const std::uint8_t>);

float round_to_half(float value) {
  return static_cast<float>(Eigen::half(value));
}

}  // namespace crossfade
