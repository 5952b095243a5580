#include "libworkspace/catalog/minisign.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace::minisign {
namespace {

using testing::expect_error;

constexpr std::string_view kContent = "name: tiny\n";

/// The first lines of what `minisign -S` writes, by the key of kPublicKey.
constexpr char kPublicKey[] = "RWTSCSlaVVZeL9ROxBMdNSc5TlFN0GBlIS9ngcoG5mvU7Ff0RX3ErrzQ";

/// The text with its `number`th line (from 1) replaced.
std::string with_line(const std::string& text, std::size_t number, const std::string& line) {
  std::size_t begin = 0;
  for (std::size_t i = 1; i < number; ++i) begin = text.find('\n', begin) + 1;
  return text.substr(0, begin) + line + text.substr(text.find('\n', begin));
}

TEST(Minisign, ShowsKeysAsItsProgramDoes) {
  const auto key = PublicKey::parse(kPublicKey);
  EXPECT_EQ(key.id.to_string(), "2F5E56555A2909D2");
  EXPECT_EQ(key.to_string(), kPublicKey);
  EXPECT_EQ(KeyId::parse("2f5e56555A2909D2"), key.id);
}

TEST(Minisign, RefusesWhatIsNoKey) {
  struct Case {
    std::string text;
    const char* message;
  };
  const std::string key = kPublicKey;
  for (const auto& [text, message] : {
           Case{"", "the public key is not the base64 of 42 bytes"},
           Case{key + "\n", "the public key is not the base64 of 42 bytes"},
           Case{key.substr(0, 52), "the public key is not the base64 of 42 bytes"},
           Case{key + "AAAA", "the public key is not the base64 of 42 bytes"},
           Case{"!" + key.substr(1), "the public key is not the base64 of 42 bytes"},
           Case{"RUT" + key.substr(3), "the public key is not an Ed25519 key of minisign's"},
       }) {
    expect_error([&] { (void)PublicKey::parse(text); }, ErrorKind::kInvalid, message);
  }
  for (const char* text : {"", "2F5E56555A2909D", "2F5E56555A2909D2A", "2F5E56555A2909DX"}) {
    expect_error(
        [&] { (void)KeyId::parse(text); }, ErrorKind::kInvalid,
        "'" + std::string(text) + "' is not the id of a key; expected 16 hexadecimal digits");
  }
}

TEST(Minisign, WhatASecretKeySignsItsPublicKeyVerifies) {
  const auto secret = SecretKey::parse(SecretKey::generate().to_text());
  const auto signature =
      Signature::parse(secret.sign(kContent, "timestamp:1700000000\timage:tiny:1").to_text());
  EXPECT_EQ(fault_of(signature, secret.public_key(), kContent), std::nullopt);
  EXPECT_EQ(signature.key_id, secret.public_key().id);
  EXPECT_EQ(format_utc_time(*signature.signed_at()), "2023-11-14T22:13:20Z");
}

TEST(Minisign, TheTimeIsThatOfTheTrustedCommentOrUnknown) {
  const auto secret = SecretKey::generate();
  for (const char* comment : {"", "timestamp:", "timestamp:-1", "timestamp:99999999999999999999",
                              "made timestamp:1", "timestamp:1x"})
    EXPECT_EQ(secret.sign(kContent, comment).signed_at(), std::nullopt) << comment;
  EXPECT_NE(secret.sign(kContent, "file:x\ttimestamp:1").signed_at(), std::nullopt);
}

TEST(Minisign, EveryChangedBitIsSeen) {
  const auto secret = SecretKey::generate();
  const auto signature = secret.sign(kContent, "timestamp:1");
  const auto key = secret.public_key();
  const auto expect_fault = [&](const Signature& changed, std::string_view content,
                                const std::string& fault) {
    EXPECT_EQ(fault_of(changed, key, content), fault);
  };
  const std::string of_content = "is not one of this content by that key";
  for (std::size_t byte = 0; byte < 64; ++byte) {
    Signature changed = signature;
    changed.of_content[byte] ^= 0x10;
    expect_fault(changed, kContent, of_content);
    changed = signature;
    changed.of_comment[byte] ^= 0x10;
    expect_fault(changed, kContent, "has a trusted comment that was changed");
  }
  for (std::size_t byte = 0; byte < kContent.size(); ++byte) {
    std::string content(kContent);
    content[byte] ^= 1;
    expect_fault(signature, content, of_content);
  }
  Signature changed = signature;
  changed.trusted_comment = "timestamp:2";
  expect_fault(changed, kContent, "has a trusted comment that was changed");
  expect_fault(signature, std::string(kContent) + " ", of_content);
  EXPECT_EQ(fault_of(signature, SecretKey::generate().public_key(), kContent), of_content);
}

TEST(Minisign, RefusesWhatIsNoSignature) {
  const std::string good = SecretKey::generate().sign(kContent, "timestamp:1").to_text();
  const std::string line_2 = good.substr(good.find('\n') + 1, 100);
  struct Case {
    std::string text;
    std::string message;
  };
  for (const auto& [text, message] : {
           Case{"", "a signature has 4 lines, not 1"},
           Case{good + "more\n", "a signature has 4 lines, not 5"},
           Case{good + "\n", "a signature has 4 lines, not 5"},
           Case{std::string(20000, 'x'), "a signature has at most 16384 bytes"},
           Case{with_line(good, 1, "comment"), "line 1 does not begin with 'untrusted comment: '"},
           Case{with_line(good, 2, ""), "line 2 is not the base64 of 74 bytes"},
           Case{with_line(good, 2, line_2 + "\r"), "line 2 is not the base64 of 74 bytes"},
           Case{with_line(good, 2, " " + line_2), "line 2 is not the base64 of 74 bytes"},
           // `Ed`: of the content itself.
           Case{with_line(good, 2, "RWQ" + line_2.substr(3)),
                "it is of minisign's older form, which is not accepted; sign without -l"},
           Case{with_line(good, 2, "AAA" + line_2.substr(3)), "line 2 names no known algorithm"},
           Case{with_line(good, 3, "timestamp:1"),
                "line 3 does not begin with 'trusted comment: '"},
           Case{with_line(good, 3, "trusted comment: \x1b[0m"), "line 3 has a control byte"},
           Case{with_line(good, 3, std::string("trusted comment: \0x", 19)),
                "line 3 has a control byte"},
           Case{with_line(good, 4, line_2), "line 4 is not the base64 of 64 bytes"},
       }) {
    SCOPED_TRACE(message);
    expect_error([&] { (void)Signature::parse(text); }, ErrorKind::kInvalid, message);
  }
}

TEST(Minisign, RefusesWhatIsNoSecretKey) {
  const std::string good = SecretKey::generate().to_text();
  const std::string other = SecretKey::generate().to_text();
  const std::string line_2 = good.substr(good.find('\n') + 1, 212);
  const std::string protected_key = line_2.substr(0, 2) + "RTY" + line_2.substr(5);
  struct Case {
    std::string text;
    std::string message;
  };
  for (const auto& [text, message] : {
           Case{kPublicKey, "a secret key has 2 lines, not 1"},
           Case{with_line(good, 2, "AAAA"), "line 2 is not the base64 of 158 bytes"},
           Case{with_line(good, 2, "AAAA" + line_2.substr(4)),
                "it is not an Ed25519 key of minisign's"},
           Case{with_line(good, 2, "RWRTY" + line_2.substr(5)),
                "a password protects it; sign the manifest with `minisign -S` and give the result "
                "by --signature"},
           // The seed of one key, the public half of another.
           Case{
               with_line(good, 2, line_2.substr(0, 124) + other.substr(other.find('\n') + 125, 88)),
               "its two halves do not belong together"},
       }) {
    SCOPED_TRACE(message);
    expect_error([&] { (void)SecretKey::parse(text); }, ErrorKind::kInvalid, message);
  }
}

TEST(Minisign, SignsNoCommentThatItWouldNotRead) {
  expect_error([&] { (void)SecretKey::generate().sign(kContent, "a\nb"); }, ErrorKind::kInvalid,
               "the trusted comment has a control byte");
}

}  // namespace
}  // namespace workspace::minisign
