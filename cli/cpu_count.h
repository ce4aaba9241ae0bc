// How many processors this process may use: the affinity mask, less what a cgroup's CPU
// quota leaves (v2 cpu.max, v1 cpu.cfs_quota_us), rounded up, at least one.
#pragma once

namespace btfast::cli {

int usable_cpus();

}  // namespace btfast::cli
