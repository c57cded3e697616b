// SPDX-License-Identifier: Apache-2.0
#include "crossfade/download/sha256.h"

#include <gtest/gtest.h>

namespace crossfade {
namespace {

// The examples of FIPS 180-4; the last one is a million times "a".
TEST(Sha256, IsThatOfTheStandard) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// Python: hashlib.sha256(b"x" * n).hexdigest()[:8], around the sizes where padding takes a block.
TEST(Sha256, PadsEveryLength) {
  EXPECT_EQ(sha256(std::string(55, 'x')).substr(0, 8), "d5e28568");
  EXPECT_EQ(sha256(std::string(56, 'x')).substr(0, 8), "04c26261");
  EXPECT_EQ(sha256(std::string(64, 'x')).substr(0, 8), "7ce10097");
}

}  // namespace
}  // namespace crossfade
