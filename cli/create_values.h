// What the writer of torrents would refuse is refused of the option that says it.
//
// Threads: pure functions.
// Errors:  what is wrong with the value; empty where nothing is.
#pragma once

#include <string>

namespace btfast::cli {

std::string tracker_fault(std::string const& url);
std::string tier_fault(std::string const& urls);  // with commas between them
std::string web_seed_fault(std::string const& url);
std::string pattern_fault(std::string const& pattern);
std::string remark_fault(std::string const& text);  // of --comment and --source

}  // namespace btfast::cli
