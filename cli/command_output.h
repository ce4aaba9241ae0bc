// CommandOutput: how a command says what came of it: the result on one stream; warnings and the
// reason of a failure on the other, a line each, in the form that --json, -q and --log-format ask.
//
// Threads: the thread that runs the command.
#pragma once

#include <iosfwd>
#include <span>
#include <string>
#include <string_view>

#include "cli/exit_status.h"
#include "cli/output_options.h"
#include "engine/base/log.h"

namespace btfast::cli {

class CommandOutput {
 public:
  // All three outlive it.
  CommandOutput(OutputOptions const& options, std::ostream& out, std::ostream& err)
      : options_(options), out_(out), err_(err) {}

  std::ostream& result() const noexcept { return out_; }
  bool json() const noexcept { return options_.json; }
  bool quiet() const noexcept { return options_.quiet; }

  void warn(std::string const& text) const;  // nothing with -q
  // The reason, whatever -q says: a line that begins with the program's name, or a record where
  // records are JSON.
  void complain(ExitStatus status, std::string const& text) const;
  // A record on standard error that somebody asked for: whatever -q says.
  void record(std::string_view event, std::span<LogField const> fields) const;
  // As complain(), and with --json the object of a command that has nothing else to tell.
  ExitStatus fail(ExitStatus status, std::string const& text) const;
  ExitStatus fail(Failure const& failure) const;
  // The result is complete: `status`, unless it could not be written.  That its reader went away
  // is no failure.
  ExitStatus finish(ExitStatus status) const;
  // Of a transfer or a failure, whose status stays what it was, whoever can hear of it.
  ExitStatus finish_transfer(ExitStatus status) const;

 private:
  OutputOptions const& options_;
  std::ostream& out_;
  std::ostream& err_;
};

}  // namespace btfast::cli
