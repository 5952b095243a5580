#include "libworkspace/lifecycle/user_folders.h"

#include <gtest/gtest.h>

namespace workspace {
namespace {

UserAccount user_with_home(const std::string& home) {
  UserAccount user;
  user.name = "user1";
  user.home = home;
  return user;
}

TEST(PlanMounts, IsATableOfWhatAJobSees) {
  struct Case {
    std::string what;
    std::string home;
    std::string work_dir;
    std::string requested;
    std::string planned;
  };
  const Case cases[] = {
      {"the home alone holds the submission folder", "/home/user1", "/home/user1/run", "",
       "/home/user1:/home/user1:rw"},
      {"a submission folder elsewhere is mounted too", "/home/user1", "/data/run", "",
       "/data/run:/data/run:rw,/home/user1:/home/user1:rw"},
      {"a folder with the home's name as its beginning is not in it", "/home/user1", "/home/user10",
       "", "/home/user1:/home/user1:rw,/home/user10:/home/user10:rw"},
      {"what the user asks for wins at the same place", "/home/user1", "/home/user1",
       "/data:/home/user1:ro", "/data:/home/user1:ro"},
      {"outer folders come first", "/home/user1", "/home/user1", "/data:/home/user1/data",
       "/home/user1:/home/user1:rw,/data:/home/user1/data:rw"},
      {"the system's folders are the guest's own", "/root", "/usr/share", "", ""},
      {"/tmp is the guest's own", "/home/user1", "/tmp", "", "/home/user1:/home/user1:rw"},
      {"a folder in /tmp is the node's", "/home/user1", "/tmp/run", "",
       "/tmp/run:/tmp/run:rw,/home/user1:/home/user1:rw"},
      {"an account without a home", "/", "/", "", ""},
  };
  for (const auto& c : cases) {
    std::vector<MountSpec> planned;
    WantedMounts wanted;
    wanted.request = parse_mounts(c.requested);
    for (const auto& mount : plan_mounts(user_with_home(c.home), c.work_dir, wanted))
      planned.push_back(mount.spec);
    EXPECT_EQ(format_mounts(planned), c.planned) << c.what;
  }
}

TEST(PlanMounts, TheUsersWishIsBeforeTheImagesAndThatBeforeTheSites) {
  WantedMounts wanted;
  wanted.request = parse_mounts("/mine:/data");
  wanted.image = parse_mounts("/of-image:/data,/of-image:/opt/sw:ro");
  wanted.site = parse_mounts("/of-site:/opt/sw,/of-site:/opt/other:ro");
  std::string planned;
  for (const auto& mount : plan_mounts(user_with_home("/home/user1"), "/data/run", wanted))
    planned += mount.spec.to_string() + " " + std::to_string(static_cast<int>(mount.origin)) + "\n";
  EXPECT_EQ(planned,
            "/mine:/data:rw 0\n"
            "/of-image:/opt/sw:ro 1\n"
            "/of-site:/opt/other:ro 2\n"
            "/home/user1:/home/user1:rw 3\n");
}

}  // namespace
}  // namespace workspace
