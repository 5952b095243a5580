#include "guest/memory_watch.h"

#include <gtest/gtest.h>

namespace workspace::agent {
namespace {

constexpr std::uint64_t kMib = std::uint64_t{1} << 20;

TEST(RoomForFiles, IsWhatTheKernelCanTakeBack) {
  const struct {
    const char* stat;
    std::optional<std::uint64_t> room;
  } cases[] = {
      {"anon 100\nfile 900\nkernel 50\nshmem 20\nslab_reclaimable 30\n", 860},
      {"anon 100\nfile 900\nshmem 20\n", 880},  // before Linux 5.18
      {"anon 100\nshmem 0\nkernel 5\nslab_reclaimable 9\n", 900},
      {"anon 900\nshmem 200\n", 0},
      {"anon_thp 5\nshmem_thp 6\nanon 7\nshmem 8\n", 985},
      {"anon\nshmem 8\n", std::nullopt},
      {"anon x\nshmem 8\n", std::nullopt},
      {"anon 8\n", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& c : cases) EXPECT_EQ(room_for_files(c.stat, 1000), c.room) << c.stat;
}

TEST(RoomForFiles, MustHoldTheProgramsThatRun) {
  EXPECT_EQ(least_room_for_files(64 * kMib), 2 * kMib);
  EXPECT_EQ(least_room_for_files(1024 * kMib), 16 * kMib);
  EXPECT_EQ(least_room_for_files(65536 * kMib), 32 * kMib);
}

}  // namespace
}  // namespace workspace::agent
