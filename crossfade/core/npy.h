// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace crossfade {

/// The element types crossfade stores in .npy files.
enum class NpyType : std::uint8_t { kFloat16, kFloat32, kFloat64, kInt32, kInt64, kUint8 };

/// A .npy file (NumPy format 1.0 or 2.0, C order, little endian, one or two dimensions), mapped
/// read-only: pages come in when they are touched, and nothing is copied.
class NpyFile {
 public:
  /// @throws Error  kIo when it cannot be read, kData when it is no such .npy file.
  explicit NpyFile(const std::filesystem::path& file);
  ~NpyFile();
  NpyFile(NpyFile&&) noexcept;
  NpyFile& operator=(NpyFile&&) noexcept;
  NpyFile(const NpyFile&) = delete;
  NpyFile& operator=(const NpyFile&) = delete;

  [[nodiscard]] NpyType type() const noexcept;
  [[nodiscard]] std::size_t rows() const noexcept;
  [[nodiscard]] std::size_t columns() const noexcept;  ///< 1 for a one-dimensional file.

  /// All elements, row by row.
  /// @throws Error  kData when the file holds another type than T.
  template <typename T>
  [[nodiscard]] std::span<const T> values() const;

  /// Row `row` as float32, converted from float16 or float64 where needed. `out` has columns()
  /// elements.
  void read_row(std::size_t row, std::span<float> out) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Writes a .npy file in bounded memory: two-dimensional, row by row.
class NpyWriter {
 public:
  /// @throws Error  kIo.
  NpyWriter(const std::filesystem::path& file, NpyType type, std::size_t columns);
  ~NpyWriter();
  NpyWriter(const NpyWriter&) = delete;
  NpyWriter& operator=(const NpyWriter&) = delete;

  /// Appends `values` (whole rows), converted to the file's type: kFloat16 or kFloat32.
  void append(std::span<const float> values);

  /// Appends whole numbers to a file of their own type.
  void append(std::span<const std::int32_t> values);
  void append(std::span<const std::int64_t> values);
  void append(std::span<const std::uint8_t> values);

  /// Writes the final row count into the header and closes the file.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Writes a one-dimensional .npy file.
template <typename T>
void write_npy(const std::filesystem::path& file, std::span<const T> values);

/// Rounds to float16 and back: what a value becomes when it is stored as kFloat16.
[[nodiscard]] float round_to_half(float value);

}  // namespace crossfade
