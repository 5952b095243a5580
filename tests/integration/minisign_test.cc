#include "libworkspace/catalog/minisign.h"

#include <gtest/gtest.h>

#include "libworkspace/base/fd.h"
#include "libworkspace/base/process.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace::minisign {
namespace {

using testing::TemporaryFolder;

/// minisign(1) itself, so that what one of the two makes the other is seen to take.
class MinisignProgramTest : public ::testing::Test {
 protected:
  [[nodiscard]] static CommandResult minisign(std::vector<std::string> arguments) {
    Command command;
    command.argv = {"minisign"};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    return run_command(command, Deadline::in(std::chrono::seconds(60)));
  }

  void make_keys() const {
    const auto made = minisign({"-G", "-W", "-p", public_file_, "-s", secret_file_});
    ASSERT_EQ(made.exit_status, 0) << made.error_output;
  }

  [[nodiscard]] PublicKey public_key() const {
    const std::string text = read_file(public_file_, kMaxFileBytes);
    const auto begin = text.find('\n') + 1;
    return PublicKey::parse(text.substr(begin, text.size() - begin - 1));
  }

  TemporaryFolder folder_;
  std::string content_ = "name: tiny\nversion: \"1\"\n";
  std::string file_ = folder_.write("manifest.yaml", content_);
  std::string public_file_ = folder_.file("minisign.pub");
  std::string secret_file_ = folder_.file("minisign.key");
};

TEST_F(MinisignProgramTest, WhatItSignsIsVerified) {
  make_keys();
  const auto made = minisign({"-S", "-s", secret_file_, "-m", file_});
  ASSERT_EQ(made.exit_status, 0) << made.error_output;
  const auto signature = Signature::parse(read_file(file_ + ".minisig", kMaxFileBytes));
  EXPECT_EQ(fault_of(signature, public_key(), content_), std::nullopt);
  EXPECT_TRUE(signature.signed_at().has_value());
  EXPECT_TRUE(fault_of(signature, public_key(), content_ + "x").has_value());
}

TEST_F(MinisignProgramTest, ItVerifiesWhatIsSignedHere) {
  const auto secret = SecretKey::generate();
  const std::string public_text = secret.public_key().to_string();
  write_file_atomic(file_ + ".minisig",
                    secret.sign(content_, "timestamp:1700000000\timage:tiny:1").to_text(), 0644);
  const auto good = minisign({"-V", "-P", public_text, "-m", file_});
  EXPECT_EQ(good.exit_status, 0) << good.error_output;
  EXPECT_THAT(good.output, ::testing::HasSubstr("Trusted comment: timestamp:1700000000\timage:"));
  folder_.write("manifest.yaml", content_ + "x");
  EXPECT_NE(minisign({"-V", "-P", public_text, "-m", file_}).exit_status, 0);
}

TEST_F(MinisignProgramTest, EachSignsWithTheOthersSecretKey) {
  make_keys();
  const auto theirs = SecretKey::parse(read_file(secret_file_, kMaxFileBytes));
  EXPECT_EQ(theirs.public_key(), public_key());

  const auto ours = SecretKey::generate();
  write_file_atomic(secret_file_, ours.to_text(), 0600);
  const auto made = minisign({"-S", "-s", secret_file_, "-m", file_});
  ASSERT_EQ(made.exit_status, 0) << made.error_output;
  const auto signature = Signature::parse(read_file(file_ + ".minisig", kMaxFileBytes));
  EXPECT_EQ(fault_of(signature, ours.public_key(), content_), std::nullopt);
}

TEST_F(MinisignProgramTest, ItsOlderFormIsRefused) {
  make_keys();
  const auto made = minisign({"-S", "-l", "-s", secret_file_, "-m", file_});
  ASSERT_EQ(made.exit_status, 0) << made.error_output;
  testing::expect_error(
      [&] { (void)Signature::parse(read_file(file_ + ".minisig", kMaxFileBytes)); },
      ErrorKind::kInvalid,
      "it is of minisign's older form, which is not accepted; sign without -l");
}

}  // namespace
}  // namespace workspace::minisign
