// SPDX-License-Identifier: Apache-2.0
#include "crossfade/download/image_list.h"

#include <gmock/gmock.h>

#include "tests/core/expect_error.h"
#include "tests/ingest/ingest_fixture.h"

namespace crossfade {
namespace {

using ::testing::ElementsAre;

class ImageListTest : public testing::IngestFixture {
 protected:
  std::vector<std::string> pairs_;
  OnAddress on_address_ = [this](std::string_view item, std::string_view address) {
    pairs_.push_back(fmt::format("{}={}", item, address));
  };
};

TEST_F(ImageListTest, ReadsAFilePlainOrPacked) {
  const std::string text = "1\thttp://a\r\n\n2\t\n\thttp://b\n3\thttp://c\td";
  for (const std::string& file : {write("a.tsv", text), write("b", testing::gzipped(text))}) {
    pairs_.clear();
    read_address_file(file, on_address_);
    EXPECT_THAT(pairs_, ElementsAre("1=http://a", "2=", "=http://b", "3=http://c\td"));
  }
}

TEST_F(ImageListTest, NamesALineWithoutATab) {
  const std::string file = write("a.tsv", "1\thttp://a\nhttp://b\n");
  testing::expect_error(
      ErrorKind::kData,
      file + ":2: \"http://b\" has no tab; a line is an item, a tab and an address",
      [&] { read_address_file(file, on_address_); });
}

TEST_F(ImageListTest, ReadsTheAddressesOfBothShops) {
  IngestConfig config = two_shops();
  config.source.items =
      write("items.csv", "item_id,title,image\ns1,One,http://a/1.jpg\ns2,Two,b.jpg\n");
  config.target.items = write("more.csv", "item_id,title,image\nt1,One,http://a/1.jpg\nt2,Two,\n");
  run(config);
  read_ingest_addresses(out(), on_address_);
  EXPECT_THAT(pairs_, ElementsAre("source/s1=http://a/1.jpg", "target/t1=http://a/1.jpg"));
}

}  // namespace
}  // namespace crossfade
