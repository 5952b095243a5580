#pragma once

#include <gtest/gtest.h>

#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "cli/dispatch.h"
#include "libworkspace/base/error.h"
#include "tests/unit/catalog/sample_image.h"

namespace workspace::testing {

/// What a command said, and how it ended.
struct Answer {
  int status = -1;
  std::string output;
  std::string error_output;
};

/// Runs `workspace` with these words, in this process. Errors: the command's.
inline Answer run(std::vector<std::string> words) {
  words.insert(words.begin(), "workspace");
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Answer answer;
  std::exception_ptr failure;
  try {
    answer.status = cli::dispatch(static_cast<int>(argv.size()), argv.data());
  } catch (const Error&) {
    failure = std::current_exception();
  }
  answer.output = ::testing::internal::GetCapturedStdout();
  answer.error_output = ::testing::internal::GetCapturedStderr();
  if (failure) std::rethrow_exception(failure);
  return answer;
}

/// A site of its own, which `--config` names.
class SiteTest : public ::testing::Test {
 protected:
  SiteTest() {
    config_ = sample_.folder().write(
        "workspace.yaml", "store: " + sample_.store() + "\nkeys: " + sample_.keys() + "\n");
  }

  [[nodiscard]] Answer run_here(std::vector<std::string> words) const {
    words.insert(words.end(), {"--config", config_});
    return run(std::move(words));
  }

  SampleImage sample_;
  std::string config_;
};

}  // namespace workspace::testing
