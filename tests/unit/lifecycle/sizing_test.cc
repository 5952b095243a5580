#include "libworkspace/lifecycle/sizing.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;

Manifest image_needing(std::uint64_t memory_mib, std::uint32_t vcpus, std::uint64_t disk_mib) {
  Manifest image(ImageName::parse("legacy"), ImageVersion::parse("1"));
  image.needs = {memory_mib, vcpus, disk_mib};
  return image;
}

Allocation allocation_of(std::uint32_t cpus, std::uint64_t memory_mib) {
  Allocation allocation{JobId(42)};
  allocation.node_name = "node1";
  allocation.cpus = cpus;
  allocation.memory_mib = memory_mib;
  return allocation;
}

TEST(SizeVm, GivesTheAllocationLessTheOverhead) {
  const VmSize size = size_vm(allocation_of(2, 400), image_needing(192, 1, 0), SiteConfig{});
  EXPECT_EQ(size.vcpus, 2U);
  EXPECT_EQ(size.memory_mib, 336U);
}

TEST(SizeVm, KeepsA64thOfALargeJobForTheTablesOfItsPages) {
  const std::uint64_t gib = 1024;
  EXPECT_EQ(size_vm(allocation_of(2, 4 * gib), image_needing(0, 1, 0), SiteConfig{}).memory_mib,
            4 * gib - 64);
  EXPECT_EQ(size_vm(allocation_of(2, 256 * gib), image_needing(0, 1, 0), SiteConfig{}).memory_mib,
            252 * gib);
}

TEST(LeastJobMemory, IsWhatTheImageFitsInto) {
  for (const std::uint64_t needed : {48U, 192U, 4031U, 4032U, 4033U, 64512U, 100000U}) {
    const Manifest image = image_needing(needed, 1, 0);
    const std::uint64_t least = least_job_memory_mib(image, SiteConfig{});
    EXPECT_GE(size_vm(allocation_of(1, least), image, SiteConfig{}).memory_mib, needed);
    EXPECT_LE(least, needed + std::max<std::uint64_t>(64, needed / 63 + 1));
  }
}

TEST(SizeVm, TakesExactlyWhatTheImageNeeds) {
  EXPECT_EQ(size_vm(allocation_of(2, 256), image_needing(192, 2, 0), SiteConfig{}).memory_mib,
            192U);
}

TEST(SizeVm, RefusesLessThanTheImageNeeds) {
  struct Case {
    std::uint32_t cpus;
    std::uint64_t memory_mib;
    Manifest image;
    std::string message;
  };
  const Case cases[] = {
      {1, 1024, image_needing(192, 2, 0),
       "image 'legacy:1' needs 2 CPUs on each node, but the job has 1 on node1; ask for more with "
       "--cpus-per-task"},
      {1, 255, image_needing(192, 1, 0),
       "image 'legacy:1' needs 192M of memory and its VM 64M, but the job has 255M on node1; ask "
       "for --mem=256M"},
      {1, 64, image_needing(0, 1, 0),
       "image 'legacy:1' needs 48M of memory and its VM 64M, but the job has 64M on node1; ask for "
       "--mem=112M"},
  };
  for (const auto& c : cases) {
    expect_error([&] { size_vm(allocation_of(c.cpus, c.memory_mib), c.image, SiteConfig{}); },
                 ErrorKind::kExceeded, c.message);
  }
}

/// Of a site that passes GPUs through, where `passed`.
SiteConfig site_with_gpus(bool passed) {
  SiteConfig site;
  site.devices = {{passed ? "gpu" : "nic", {{PciAddress::parse("0000:3b:00.0")}, {}}}};
  return site;
}

TEST(KindOfNode, ItsGpusAreThoseOfTheJobThatTheSitePassesThrough) {
  Manifest image = image_needing(0, 1, 0);
  Allocation allocation = allocation_of(1, 400);
  EXPECT_NO_THROW(check_kind_of_node(allocation, image, SiteConfig{}, "x86_64"));
  image.needs.gpus = 2;
  const auto check = [&](bool passed) {
    check_kind_of_node(allocation, image, site_with_gpus(passed), "x86_64");
  };
  const auto refused_with = [](const std::string& count) {
    return "image 'legacy:1' needs 2 GPUs on each node, but the job's VM has " + count +
           " on node1; ask for --gpus-per-node=2, where the site passes GPUs to VMs";
  };
  expect_error([&] { check(true); }, ErrorKind::kExceeded, refused_with("0"));
  allocation.gres = {{"gpu", {1}}, {"nic", {0, 1}}};
  expect_error([&] { check(true); }, ErrorKind::kExceeded, refused_with("1"));
  allocation.gres = {{"gpu", {0, 1}}};
  expect_error([&] { check(false); }, ErrorKind::kExceeded, refused_with("0"));
  EXPECT_NO_THROW(check(true));
}

TEST(KindOfNode, AnImageOfAnotherArchitectureIsRefused) {
  Manifest image = image_needing(0, 1, 0);
  image.needs.architecture = "aarch64";
  const auto check = [&](const char* machine) {
    check_kind_of_node(allocation_of(1, 400), image, SiteConfig{}, machine);
  };
  expect_error([&] { check("x86_64"); }, ErrorKind::kDenied,
               "image 'legacy:1' is for aarch64, but node1 is x86_64; ask for nodes of its kind "
               "with --constraint or --partition");
  EXPECT_NO_THROW(check("aarch64"));
}

TEST(SizeDisk, TakesTheSitesDefaultTheImagesNeedOrTheUsersWish) {
  SiteConfig site;
  site.disk_default_mib = 2048;
  EXPECT_EQ(size_disk_mib(0, image_needing(0, 1, 0), site), 2048U);
  EXPECT_EQ(size_disk_mib(0, image_needing(0, 1, 4096), site), 4096U);
  EXPECT_EQ(size_disk_mib(8192, image_needing(0, 1, 4096), site), 8192U);
}

TEST(SizeDisk, RefusesWhatIsTooMuchOrTooLittle) {
  SiteConfig site;
  site.disk_max_mib = 10240;
  expect_error(
      [&] { size_disk_mib(10241, image_needing(0, 1, 0), site); }, ErrorKind::kExceeded,
      "a scratch disk of 10241M is more than this site gives; ask for --workspace-disk=10G at "
      "most");
  expect_error([&] { size_disk_mib(100, image_needing(0, 1, 1024), site); }, ErrorKind::kExceeded,
               "image 'legacy:1' needs a scratch disk of 1G; ask for --workspace-disk=1G");
}

}  // namespace
}  // namespace workspace
