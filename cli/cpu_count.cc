#include "cli/cpu_count.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

namespace btfast::cli {
namespace {

int affinity_cpus() {
#ifdef __linux__
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
  return static_cast<int>(std::thread::hardware_concurrency());
}

// The path of our cgroup below the mount: the line "0::/path" (v2).
std::string cgroup_path() {
  std::ifstream in{"/proc/self/cgroup"};
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("0::", 0) == 0) return line.substr(3);
  }
  return {};
}

std::optional<double> quota_v2() {
  for (std::string const& dir : {cgroup_path(), std::string{}}) {
    std::ifstream in{"/sys/fs/cgroup" + dir + "/cpu.max"};
    std::string quota;
    double period = 0;
    if (in >> quota >> period && quota != "max" && period > 0) {
      return std::strtod(quota.c_str(), nullptr) / period;
    }
  }
  return std::nullopt;
}

std::optional<double> quota_v1() {
  double quota = 0;
  double period = 0;
  std::ifstream quota_in{"/sys/fs/cgroup/cpu/cpu.cfs_quota_us"};
  std::ifstream period_in{"/sys/fs/cgroup/cpu/cpu.cfs_period_us"};
  if (quota_in >> quota && period_in >> period && quota > 0 && period > 0) return quota / period;
  return std::nullopt;
}

}  // namespace

int usable_cpus() {
  int cpus = std::max(1, affinity_cpus());
  for (auto const& quota : {quota_v2(), quota_v1()}) {
    if (quota) cpus = std::min(cpus, std::max(1, static_cast<int>(std::ceil(*quota))));
  }
  return cpus;
}

}  // namespace btfast::cli
