// How many processors this process may use: the affinity mask, less what the CPU quotas of
// its cgroup and of those above leave (v2 cpu.max, v1 cpu.cfs_quota_us), rounded up, at
// least one.
#pragma once

#include <string>

namespace btfast::cli {

int usable_cpus();

// Where the kernel says it; tests have their own.
struct CpuSources {
  int affinity_cpus = 1;
  std::string cgroup_list = "/proc/self/cgroup";
  std::string cgroup_mount = "/sys/fs/cgroup";
};
int usable_cpus(CpuSources const& sources);

}  // namespace btfast::cli
