// SPDX-License-Identifier: Apache-2.0
#include "crossfade/core/npy.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crossfade/core/files.h"

#include "tests/core/expect_error.h"
#include "tests/core/temp_directory.h"

namespace crossfade {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A version 1.0 file as NumPy writes it, with any header text and data.
std::string npy(std::string header, const std::string& data) {
  header.resize(128 - 10 - 1, ' ');
  header += '\n';
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header +
         data;
}

class Npy : public ::testing::Test {
 protected:
  void expect_refused(const std::string& content, const std::string& message) {
    write_file(file_, content);
    testing::expect_error(
        ErrorKind::kData, file_.string() + ": " + message, [&] { const NpyFile opened(file_); });
  }

  testing::TempDirectory temp_;
  std::filesystem::path file_ = temp_ / "table.npy";
};

template <typename T>
void expect_round_trip(const std::filesystem::path& file, const std::vector<T>& values) {
  write_npy(file, std::span<const T>(values));
  const NpyFile read(file);
  EXPECT_EQ(read.rows(), values.size());
  EXPECT_EQ(read.columns(), 1U);
  const auto got = read.values<T>();
  EXPECT_TRUE(std::equal(got.begin(), got.end(), values.begin(), values.end()));
}

TEST_F(Npy, EveryTypeReadsBackToTheBit) {
  expect_round_trip<float>(file_, {1.5F, -0.0F, std::numeric_limits<float>::infinity()});
  expect_round_trip<double>(file_, {0.1, -1e300});
  expect_round_trip<std::int32_t>(file_, {-2147483647 - 1, 2147483647});
  expect_round_trip<std::int64_t>(file_, {std::numeric_limits<std::int64_t>::min(), 7});
  expect_round_trip<std::uint8_t>(file_, {0, 255});
  expect_round_trip<float>(file_, {});
}

TEST_F(Npy, ReadsWhatNumpyWrites) {
  write_file(file_,
             npy("{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }",
                 std::string("\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5\0\0\0\xff\xff\xff\xff", 24)));
  const NpyFile read(file_);
  EXPECT_EQ(read.type(), NpyType::kInt32);
  EXPECT_EQ(read.rows(), 2U);
  EXPECT_EQ(read.columns(), 3U);
  EXPECT_THAT(read.values<std::int32_t>(), ElementsAre(1, 2, 3, 4, 5, -1));
}

// A vector that was never filled has no memory; the sanitizers look at what is done with it.
TEST_F(Npy, EmptyPortionsAddNothing) {
  NpyWriter writer(file_, NpyType::kInt32, 1);
  const std::vector<std::int32_t> none;
  const std::vector<std::int32_t> one{7};
  writer.append(none);
  writer.append(one);
  writer.append(none);
  writer.finish();
  EXPECT_THAT(NpyFile(file_).values<std::int32_t>(), ElementsAre(7));
}

TEST_F(Npy, RowsAreWrittenInPortions) {
  NpyWriter writer(file_, NpyType::kFloat32, 2);
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  writer.append(std::span(values).first(2));
  writer.append(std::span(values).subspan(2));
  writer.finish();
  const NpyFile read(file_);
  EXPECT_EQ(read.rows(), 3U);
  std::vector<float> row(2);
  read.read_row(1, row);
  EXPECT_THAT(row, ElementsAre(3, 4));
}

TEST_F(Npy, WholeNumbersAreWrittenInPortions) {
  NpyWriter writer(file_, NpyType::kInt64, 1);
  for (const std::int64_t value : {std::int64_t{1} << 40, std::int64_t{-1}}) {
    writer.append(std::span(&value, 1));
  }
  writer.finish();
  EXPECT_THAT(NpyFile(file_).values<std::int64_t>(), ElementsAre(std::int64_t{1} << 40, -1));
}

TEST_F(Npy, AWriterWithoutRowsWritesAnEmptyTable) {
  NpyWriter(file_, NpyType::kFloat32, 4).finish();
  const NpyFile read(file_);
  EXPECT_EQ(read.rows(), 0U);
  EXPECT_EQ(read.columns(), 4U);
  EXPECT_THAT(read.values<float>(), IsEmpty());
}

TEST_F(Npy, HalfPrecisionKeepsElevenBits) {
  // 1 + 2^-11 lies half way between 1 and 1 + 2^-10: ties go to the even mantissa.
  const std::vector<float> values = {
      1.0F, 1.0F + 0x1p-10F, 1.0F + 0x1p-11F, 65504.0F, 1e6F, 0x1p-24F, -2.5F};
  NpyWriter writer(file_, NpyType::kFloat16, 7);
  writer.append(std::span<const float>(values));
  writer.finish();
  std::vector<float> row(7);
  NpyFile(file_).read_row(0, row);
  EXPECT_THAT(row,
              ElementsAre(1.0F,
                          1.0F + 0x1p-10F,
                          1.0F,
                          65504.0F,
                          std::numeric_limits<float>::infinity(),
                          0x1p-24F,
                          -2.5F));
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(round_to_half(values[i]), row[i]);
  }
}

TEST_F(Npy, RowsOfDoublesReadAsFloats) {
  const std::vector<double> values = {0.5, 0.1};
  write_npy(file_, std::span<const double>(values));
  float value = 0;
  NpyFile(file_).read_row(1, std::span(&value, 1));
  EXPECT_EQ(value, 0.1F);
}

TEST_F(Npy, TheWrongTypeIsRefused) {
  const std::vector<std::int32_t> values = {1};
  write_npy(file_, std::span<const std::int32_t>(values));
  const NpyFile read(file_);
  testing::expect_error(ErrorKind::kData, file_.string() + ": holds <i4, not <f4", [&] {
    static_cast<void>(read.values<float>());
  });
  float out = 0;
  testing::expect_error(ErrorKind::kData,
                        file_.string() + ": holds whole numbers, not features",
                        [&] { read.read_row(0, std::span(&out, 1)); });
}

TEST_F(Npy, FilesThatCannotBeOpenedAreNamed) {
  testing::expect_error(ErrorKind::kIo, file_.string() + ": No such file or directory", [&] {
    const NpyFile opened(file_);
  });
  testing::expect_error(ErrorKind::kIo,
                        (temp_ / "none/x.npy").string() + ": No such file or directory",
                        [&] { const NpyWriter writer(temp_ / "none/x.npy", NpyType::kInt32, 1); });
  testing::expect_error(ErrorKind::kData,
                        temp_.path().string() + ": is empty or no regular file",
                        [&] { const NpyFile opened(temp_.path()); });
}

TEST_F(Npy, AFullDiskIsAnError) {
  const std::vector<float> values(100000, 1.0F);
  testing::expect_error(ErrorKind::kIo, "/dev/full: No space left on device", [&] {
    write_npy("/dev/full", std::span<const float>(values));
  });
  testing::expect_error(ErrorKind::kIo, "/dev/full: No space left on device", [&] {
    NpyWriter writer("/dev/full", NpyType::kFloat32, 1);
    writer.append(std::span<const float>(values));
  });
}

TEST_F(Npy, MalformedFilesAreRefused) {
  const std::string four(4, '\0');
  expect_refused("", "is empty or no regular file");
  expect_refused("PK\3\4 this is an archive", "is no .npy file");
  expect_refused(npy("", "").substr(0, 60), "the header is cut off");
  expect_refused(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", four),
                 "holds 4 bytes, fewer than 2 x 1 elements of 4 bytes");
  expect_refused(
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }", four),
      "holds 4 bytes, fewer than 4611686018427387904 x 4 elements of 4 bytes");
  expect_refused(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1), }", four),
                 "has 3 dimensions; one or two are supported");
  expect_refused(npy("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 1), }", four),
                 "is in Fortran order; save it with numpy.ascontiguousarray");
  expect_refused(npy("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", four),
                 "has element type '>f4'; float16, float32, float64, int32, int64 and uint8 are "
                 "supported");
}

TEST_F(Npy, DataThatIsNotAlignedIsRefused) {
  std::string content = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", "");
  content[8] = static_cast<char>(content[8] + 1);
  expect_refused(content + std::string(5, '\0'),
                 "its data is not aligned; save it again with numpy.save");
}

}  // namespace
}  // namespace crossfade
