// SPDX-License-Identifier: Apache-2.0
#include "crossfade/ingest/input_file.h"

#include <gtest/gtest.h>

#include "tests/ingest/ingest_fixture.h"

namespace crossfade {
namespace {

using Fields = std::vector<std::string>;
using InputFiles = testing::IngestFixture;

TEST(SplitFields, KeepsDelimitersAndDoubledQuotesInsideQuotes) {
  EXPECT_EQ(split_fields("a,,c", ',', true), (Fields{"a", "", "c"}));
  EXPECT_EQ(split_fields(R"("a,b","say ""hi""")", ',', true), (Fields{"a,b", R"(say "hi")"}));
  EXPECT_EQ(split_fields(R"(5" disc,"b)", ',', false), (Fields{R"(5" disc)", R"("b)"}));
}

TEST_F(InputFiles, AreRecognisedByContentAndName) {
  const auto layout = [&](const char* name, const char* content) {
    return inspect_file(write(name, content), "auto").layout;
  };
  EXPECT_EQ(layout("x.jsonl", "{\"a\": 1}\n"), Layout::kJsonLines);
  EXPECT_EQ(layout("x.txt", "  {\"a\": 1}\n"), Layout::kJsonLines);
  EXPECT_EQ(layout("x.JSON", "no object\n{\"a\": 1}\n"), Layout::kJsonLines);
  EXPECT_EQ(layout("x.json", "{'a': 1}\n"), Layout::kPythonLines);
  EXPECT_EQ(layout("x.json", "PAR1..."), Layout::kParquet);
  EXPECT_EQ(layout("x.dat", "a,b\n"), Layout::kDelimited);
}

TEST_F(InputFiles, DelimitersFollowTheNameThenTheHeader) {
  const auto delimiter = [&](const char* name, const char* content) {
    return inspect_file(write(name, content), "auto").delimiter;
  };
  EXPECT_EQ(delimiter("x.csv", "a,b;c,d\n"), ',');
  EXPECT_EQ(delimiter("x.csv", "a;b;c\n"), ';');
  EXPECT_EQ(delimiter("x.txt", "a|b|c,d\n"), '|');
  EXPECT_EQ(delimiter("x.csv", "a\tb\n"), '\t');
  EXPECT_EQ(delimiter("x.inter", "a,b\n"), '\t');
}

TEST_F(InputFiles, AFormatThatIsGivenDecides) {
  const std::string file = write("x.txt", "a,b\tc\n");
  EXPECT_EQ(inspect_file(file, "csv").columns, (Fields{"a", "b\tc"}));
  EXPECT_EQ(inspect_file(file, "tsv").columns, (Fields{"a,b", "c"}));
}

TEST_F(InputFiles, ColumnsOfJsonAreThoseOfAllTheFirstLines) {
  EXPECT_EQ(inspect_file(write("x.jsonl", "{\"a\": 1}\n{\"b\": 1, \"a\": 2}\n"), "auto").columns,
            (Fields{"a", "b"}));
}

TEST_F(InputFiles, LongFilesAreInspectedByTheirBeginning) {
  std::string text = "user,item\n";
  while (text.size() < 3'000'000) {
    text += "some user,some item\n";
  }
  EXPECT_EQ(inspect_file(write("x.csv.gz", testing::gzipped(text)), "auto").columns,
            (Fields{"user", "item"}));
}

}  // namespace
}  // namespace crossfade
