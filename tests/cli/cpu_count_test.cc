#include "cli/cpu_count.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.h"

namespace btfast::cli {
namespace {

class CpuCountTest : public ::testing::Test {
 protected:
  void write(std::string const& name, std::string const& text) {
    std::filesystem::path const path = dir_.path() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream{path} << text;
  }
  int cpus(int affinity) const {
    return usable_cpus({.affinity_cpus = affinity,
                        .cgroup_list = (dir_.path() / "list").string(),
                        .cgroup_mount = (dir_.path() / "mount").string()});
  }

  test::TempDir dir_;
};

TEST_F(CpuCountTest, IsTheAffinityWhereThereIsNoCgroup) { EXPECT_EQ(cpus(6), 6); }

TEST_F(CpuCountTest, AQuotaOfVersion2IsRoundedUp) {
  write("list", "0::/box\n");
  write("mount/box/cpu.max", "250000 100000\n");

  EXPECT_EQ(cpus(8), 3);
  EXPECT_EQ(cpus(2), 2);
}

TEST_F(CpuCountTest, NoQuotaIsNoLimit) {
  write("list", "0::/box\n");
  write("mount/box/cpu.max", "max 100000\n");

  EXPECT_EQ(cpus(8), 8);
}

TEST_F(CpuCountTest, AQuotaFurtherUpCounts) {
  write("list", "0::/user.slice/box\n");
  write("mount/user.slice/cpu.max", "100000 100000\n");
  write("mount/user.slice/box/cpu.max", "400000 100000\n");

  EXPECT_EQ(cpus(8), 1);
}

TEST_F(CpuCountTest, AContainersMountMayBeginAtItself) {
  write("list", "0::/docker/0123456789\n");
  write("mount/cpu.max", "150000 100000\n");

  EXPECT_EQ(cpus(8), 2);
}

TEST_F(CpuCountTest, AQuotaOfVersion1Counts) {
  write("list", "5:cpuset:/box\n4:cpu,cpuacct:/box\n");
  write("mount/cpu/box/cpu.cfs_quota_us", "50000\n");
  write("mount/cpu/box/cpu.cfs_period_us", "100000\n");

  EXPECT_EQ(cpus(8), 1);
}

TEST_F(CpuCountTest, MinusOneIsNoQuotaInVersion1) {
  write("list", "4:cpu,cpuacct:/\n");
  write("mount/cpu/cpu.cfs_quota_us", "-1\n");
  write("mount/cpu/cpu.cfs_period_us", "100000\n");

  EXPECT_EQ(cpus(8), 8);
}

TEST_F(CpuCountTest, GarbageIsNoLimit) {
  write("list", "nonsense\n0::/box\n::\n");
  write("mount/box/cpu.max", "\n");

  EXPECT_EQ(cpus(4), 4);
}

TEST_F(CpuCountTest, ThisMachineHasAtLeastOne) { EXPECT_GE(usable_cpus(), 1); }

}  // namespace
}  // namespace btfast::cli
