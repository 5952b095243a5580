#include <gtest/gtest.h>

#include <cstdlib>
#include <string_view>

namespace {

bool in_ci() {
  const char* ci = std::getenv("CI");
  return ci != nullptr && std::string_view(ci) == "true";
}

/// A test that is skipped proves nothing. On a developer's machine it may lack what it needs; in CI
/// everything is there, so a skip is a fault of the test or of the machine.
class FailOnSkip : public testing::EmptyTestEventListener {
  void OnTestEnd(const testing::TestInfo& test) override {
    if (test.result()->Skipped()) ADD_FAILURE() << "skipped, which CI=true does not allow";
  }
};

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (in_ci()) testing::UnitTest::GetInstance()->listeners().Append(new FailOnSkip);
  return RUN_ALL_TESTS();
}
