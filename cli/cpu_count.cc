#include "cli/cpu_count.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

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

bool names_cpu(std::string const& controllers) {
  return ("," + controllers + ",").find(",cpu,") != std::string::npos;
}

// A cgroup that has the "cpu" controller: "0::/path" (v2) or "4:cpu,cpuacct:/path" (v1).
struct Cgroup {
  bool v2 = false;
  std::string path;
};

std::vector<Cgroup> cgroups(std::string const& list) {
  std::vector<Cgroup> found;
  std::ifstream in{list};
  for (std::string line; std::getline(in, line);) {
    auto const first = line.find(':');
    auto const second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    auto const controllers = line.substr(first + 1, second - first - 1);
    if (!controllers.empty() && !names_cpu(controllers)) continue;
    found.push_back({.v2 = controllers.empty(), .path = line.substr(second + 1)});
  }
  return found;
}

std::optional<double> quota_v2(std::string const& directory) {
  std::ifstream in{directory + "/cpu.max"};
  std::string quota;
  double period = 0;
  if (!(in >> quota >> period) || quota == "max" || period <= 0) return std::nullopt;
  return std::strtod(quota.c_str(), nullptr) / period;
}

std::optional<double> quota_v1(std::string const& directory) {
  double quota = 0;
  double period = 0;
  std::ifstream quota_in{directory + "/cpu.cfs_quota_us"};
  std::ifstream period_in{directory + "/cpu.cfs_period_us"};
  bool const read = (quota_in >> quota) && (period_in >> period);
  if (!read || quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

// Of the cgroup and all above it, the mount's own directory included: a container may see
// its path from outside while its mount begins at itself.
double least_quota(Cgroup const& cgroup, std::string const& mount, double least) {
  std::string const root = cgroup.v2 ? mount : mount + "/cpu";
  std::string path = cgroup.path;
  while (true) {
    while (!path.empty() && path.back() == '/') path.pop_back();
    auto const quota = cgroup.v2 ? quota_v2(root + path) : quota_v1(root + path);
    if (quota) least = std::min(least, *quota);
    if (path.empty()) return least;
    path.resize(path.find_last_of('/') == std::string::npos ? 0 : path.find_last_of('/'));
  }
}

}  // namespace

int usable_cpus(CpuSources const& sources) {
  double cpus = std::max(1, sources.affinity_cpus);
  for (auto const& cgroup : cgroups(sources.cgroup_list)) {
    cpus = least_quota(cgroup, sources.cgroup_mount, cpus);
  }
  return std::max(1, static_cast<int>(std::ceil(cpus)));
}

int usable_cpus() {
  CpuSources sources;
  sources.affinity_cpus = affinity_cpus();
  return usable_cpus(sources);
}

}  // namespace btfast::cli
