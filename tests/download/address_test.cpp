// SPDX-License-Identifier: Apache-2.0
#include "crossfade/download/address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

namespace crossfade {
namespace {

TEST(Address, IsEncodedWhereItMustBe) {
  const auto address = read_address("  HTTPS://Example.COM:8080/a b/\xC3\xA9?q=\"x\"%20|#part\r\n");
  ASSERT_TRUE(address.has_value());
  EXPECT_EQ(address->text, "https://Example.COM:8080/a%20b/%C3%A9?q=%22x%22%20%7C");
  EXPECT_EQ(address->host, "example.com:8080");
  EXPECT_EQ(read_address("http://host?q")->host, "host");
  EXPECT_EQ(read_address("http://me:pw@[::1]:80/")->host, "[::1]:80");
}

TEST(Address, IsHttpWithAHost) {
  for (const char* text : {"",
                           "x",
                           "//host/a",
                           "ftp://host/",
                           "file:///etc",
                           "http://",
                           "http:///a",
                           "http://:80/",
                           "http://a b/",
                           "http://a\"b/",
                           "javascript:alert(1)"}) {
    EXPECT_FALSE(read_address(text).has_value()) << text;
  }
}

bool is_public_text(const char* text) {
  if (std::array<std::uint8_t, 4> ip{}; ::inet_pton(AF_INET, text, ip.data()) == 1) {
    return is_public(ip);
  }
  std::array<std::uint8_t, 16> ip{};
  EXPECT_EQ(::inet_pton(AF_INET6, text, ip.data()), 1) << text;
  return is_public(ip);
}

TEST(Address, OfThePublicNetworkIsPublic) {
  for (const char* text :
       {"1.1.1.1",         "8.8.8.8",        "9.255.255.255",    "11.0.0.0",
        "100.63.255.255",  "100.128.0.0",    "126.255.255.255",  "128.0.0.1",
        "172.15.255.255",  "172.32.0.0",     "192.167.255.255",  "192.169.0.0",
        "198.17.255.255",  "198.20.0.0",     "223.255.255.255",  "2606:4700::1111",
        "2001:4860::8888", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"}) {
    EXPECT_TRUE(is_public_text(text)) << text;
  }
}

TEST(Address, OfAnyOtherNetworkIsNot) {
  for (const char* text : {"0.0.0.0",
                           "0.1.2.3",
                           "10.0.0.1",
                           "10.255.255.255",
                           "100.64.0.1",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.255.255.255",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.0.0.8",
                           "192.0.2.1",
                           "192.168.0.1",
                           "198.18.0.1",
                           "198.19.255.255",
                           "198.51.100.7",
                           "203.0.113.7",
                           "224.0.0.1",
                           "239.1.1.1",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "fe80::1",
                           "fec0::1",
                           "fc00::1",
                           "fdff::1",
                           "ff02::1",
                           "2001:db8::1",
                           "2001::1",
                           "100::1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.0.0.1",
                           "::127.0.0.1",
                           "64:ff9b::10.0.0.1",
                           "2002:a00:1::1",
                           "4000::1"}) {
    EXPECT_FALSE(is_public_text(text)) << text;
  }
}

}  // namespace
}  // namespace crossfade
