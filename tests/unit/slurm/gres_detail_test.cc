#include "libworkspace/slurm/gres_detail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;
using Found = std::vector<AllocatedGres>;

TEST(GresDetail, NamesTheDevicesOfEachName) {
  EXPECT_EQ(parse_gres_detail(""), Found());
  EXPECT_EQ(parse_gres_detail("(null)"), Found());
  EXPECT_EQ(parse_gres_detail("gpu:1(IDX:0)"), (Found{{"gpu", {0}}}));
  EXPECT_EQ(parse_gres_detail("gpu:a100:3(IDX:0-1,5),nic:1(IDX:3)"),
            (Found{{"gpu", {0, 1, 5}}, {"nic", {3}}}));
}

TEST(GresDetail, HasTheCountOfWhatHasNoDevices) {
  EXPECT_EQ(parse_gres_detail("wsslot:1(CNT:1),gpu:1(IDX:2),iops:fast:5000(CNT:5000)"),
            (Found{{"wsslot", {}, 1}, {"gpu", {2}}, {"iops", {}, 5000}}));
}

TEST(GresDetail, RefusesWhatItCannotRead) {
  for (const std::string text :
       {"gpu:1", "gpu:1(IDX:)", "gpu:1(IDX:1-0)", "gpu:1(IDX:x)", "gpu:1(IDX:1024)", "gpu:1(IDX:0",
        "gpu:1(BUS:0)", "(IDX:0)", "gpu:1(IDX:0),", "gpu:1(IDX:-1)", "iops:1(CNT:)",
        "iops:1(CNT:1K)", "iops:1(CNT:-1)", "iops:1(CNT:99999999999999999999)"}) {
    expect_error([&] { parse_gres_detail(text); }, ErrorKind::kHost,
                 "Slurm's generic resources '" + text + "' cannot be read");
  }
}

}  // namespace
}  // namespace workspace
