// Each rule shown to fire on what it forbids, and to leave alone what it does not.
#include "tests/tidy/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace btfast::tidy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

using Rule = void (*)(Source const&, Findings&);

std::vector<std::size_t> lines_found(Rule rule, std::string path, std::string_view text) {
  Findings findings;
  rule(make_source(std::move(path), text), findings);
  std::vector<std::size_t> lines;
  for (auto const& finding : findings) lines.push_back(finding.line);
  return lines;
}

std::string function_of(std::size_t lines) {
  std::string text = "int f(int a)\n    noexcept {\n";
  for (std::size_t i = 0; i + 3 < lines; ++i) text += "  if (a) { a = 1; }\n";
  return text + "}\n";
}

TEST(TidyRules, CountsColumnsInCharactersNotBytes) {
  std::string const wide(100, 'x');
  std::string const dashes = "// " + std::string(94, 'x') + "—";

  EXPECT_THAT(lines_found(check_columns, "net/a.cc", wide + "\n" + wide + "x\n" + dashes),
              ElementsAre(2));
}

TEST(TidyRules, AFunctionMayHaveSeventyLines) {
  EXPECT_THAT(lines_found(check_function_size, "net/a.cc", function_of(70)), IsEmpty());
  EXPECT_THAT(lines_found(check_function_size, "net/a.cc", "\n" + function_of(71)), ElementsAre(2));
}

TEST(TidyRules, FindsLongFunctionsInNamespacesAndClasses) {
  std::string const nested = "namespace a {\nclass B {\n" + function_of(71) + "};\n}\n";

  EXPECT_THAT(lines_found(check_function_size, "net/a.cc", nested), ElementsAre(3));
}

TEST(TidyRules, MemberInitialisersDoNotHideAConstructor) {
  std::string text = "B::B(int x) : a_{x}, b_{x} {\n";
  for (int i = 0; i < 75; ++i) text += "  f(x);\n";
  text += "}\n";

  EXPECT_THAT(lines_found(check_function_size, "net/a.cc", text), ElementsAre(1));
}

TEST(TidyRules, ManyShortFunctionsAreNotALongOne) {
  EXPECT_THAT(lines_found(check_function_size, "net/a.cc", function_of(60) + function_of(60)),
              IsEmpty());
}

TEST(TidyRules, NetAndStorageDoNotIncludeEachOther) {
  EXPECT_THAT(
      lines_found(check_includes, "net/a.cc", "#include \"net/b.h\"\n#include \"storage/c.h\"\n"),
      ElementsAre(2));
  EXPECT_THAT(lines_found(check_includes, "storage/a.cc", "#include \"net/b.h\"\n"), SizeIs(1));
  EXPECT_THAT(lines_found(check_includes, "net/a.cc", "#include \"engine/metainfo/metainfo.h\"\n"),
              SizeIs(1));
  EXPECT_THAT(lines_found(check_includes, "engine/a.cc", "#include \"storage/c.h\"\n"), IsEmpty());
}

TEST(TidyRules, BaseIncludesOnlyBase) {
  EXPECT_THAT(lines_found(check_includes, "engine/base/a.h",
                          "#include \"engine/base/b.h\"\n#include \"engine/b.h\"\n"),
              ElementsAre(2));
}

TEST(TidyRules, TheEnginesFoldersHaveADirectionToo) {
  EXPECT_THAT(lines_found(check_includes, "engine/download/a.cc",
                          "#include \"engine/swarm/peer.h\"\n#include \"engine/upload/b.h\"\n"),
              ElementsAre(2));
  EXPECT_THAT(lines_found(check_includes, "engine/pieces/a.h", "#include \"engine/config.h\"\n"),
              SizeIs(1));
  EXPECT_THAT(lines_found(check_includes, "engine/torrent/a.h", "#include \"engine/upload/b.h\"\n"),
              IsEmpty());
}

TEST(TidyRules, HeavyDependenciesHaveOneOwner) {
  EXPECT_THAT(
      lines_found(check_includes, "engine/torrent/torrent.cc", "#include <tbb/task_arena.h>\n"),
      SizeIs(1));
  EXPECT_THAT(lines_found(check_includes, "engine/worker_pool.cc", "#include <tbb/task_arena.h>\n"),
              IsEmpty());
  EXPECT_THAT(lines_found(check_includes, "net/reactor.cc", "#include <sys/epoll.h>\n"), SizeIs(1));
}

TEST(TidyRules, BannedCallsAreFoundInCodeOnly) {
  EXPECT_THAT(
      lines_found(check_banned, "engine/a.cc",
                  "// printf(x)\nauto s = \"printf(\";\nstd::printf(s);\nsnprintf(b, 1, s);\n"),
      ElementsAre(3));
  EXPECT_THAT(lines_found(check_banned, "cli/a.cc", "std::printf(s);\n"), IsEmpty());
}

TEST(TidyRules, LocksAreBannedOnTheDataPlaneOnly) {
  EXPECT_THAT(lines_found(check_banned, "net/a.h", "std::mutex mutex_;\n"), SizeIs(1));
  EXPECT_THAT(lines_found(check_banned, "engine/session.h", "std::mutex mutex_;\n"), IsEmpty());
}

TEST(TidyRules, FencesAndUsingNamespaceAreBannedEverywhere) {
  EXPECT_THAT(lines_found(check_banned, "tests/a.cc",
                          "std::atomic_thread_fence(x);\nusing namespace std;\n"
                          "using namespace std::chrono_literals;\n"),
              UnorderedElementsAre(1, 2));
}

TEST(TidyRules, ExceptionsAreForCli) {
  EXPECT_THAT(lines_found(check_banned, "storage/a.cc", "try {\n} catch (...) {\n  throw;\n}\n"),
              ElementsAre(1, 2, 3));
  EXPECT_THAT(lines_found(check_banned, "storage/a.cc", "if (auto c = map.try_claim(p)) {\n"),
              IsEmpty());
}

TEST(TidyRules, AHeaderOpensWithItsPurpose) {
  EXPECT_THAT(lines_found(check_header_block, "net/a.h", "#pragma once\n"), SizeIs(1));
  EXPECT_THAT(lines_found(check_header_block, "net/a.h", "// A: what for.\n#pragma once\n"),
              IsEmpty());
}

TEST(TidyRules, UnfinishedWorkAndMachinePathsAreFound) {
  EXPECT_THAT(lines_found(check_words, "Makefile",
                          "# TO"
                          "DO: later\ncd /ro"
                          "ot/x\nperf/wo"
                          "rk/\n"),
              ElementsAre(1, 2));
}

TEST(TidyRules, RawStringsAndDigitSeparatorsDoNotConfuse) {
  EXPECT_THAT(lines_found(check_banned, "engine/a.cc",
                          "auto a = R\"(printf(\nprintf( )\"; auto b = 1'000; printf(a);\n"),
              ElementsAre(2));
}

TEST(TidyRules, EverySourceNeedsATest) {
  std::vector<Source> const tree = {
      make_source("net/a.cc", ""),
      make_source("net/b.cc", ""),
      make_source("net/b.h", ""),
      make_source("net/c.cc", ""),
      make_source("net/a_part.cc", ""),
      make_source("net/a_whole.cc", ""),
      make_source("net/a_whole.h", ""),
      make_source("tests/net/a_test.cc", ""),
      make_source("tests/contract/x_test.cc", "#include \"net/b.h\""),
  };
  Findings findings;

  check_tests_exist(tree, findings);

  ASSERT_THAT(findings, SizeIs(2));
  EXPECT_EQ(findings[0].path, "net/c.cc");
  EXPECT_EQ(findings[1].path, "net/a_whole.cc");
}

TEST(TidyRules, FilesNamedInTheDocumentsExist) {
  std::vector<Source> const tree = {make_source("ARCHITECTURE.md", "`net/a.h` and `net/gone.h`"),
                                    make_source("net/a.h", "")};
  Findings findings;

  check_named_files(tree, findings);

  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].text, "net/gone.h does not exist");
}

TEST(TidyRules, ExceptionsTolerateExactlyWhatTheySay) {
  Findings const findings = {{"columns", "a.cc", 1, "x"}, {"columns", "a.cc", 2, "x"}};

  EXPECT_THAT(complaints(findings, parse_exceptions("# why\ncolumns a.cc 2\n")), IsEmpty());
  EXPECT_THAT(complaints(findings, parse_exceptions("columns a.cc\n")), SizeIs(1));
  EXPECT_THAT(complaints(findings, parse_exceptions("columns a.cc 3\n")), SizeIs(1));
}

}  // namespace
}  // namespace btfast::tidy
