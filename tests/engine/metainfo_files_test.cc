#include "engine/metainfo/metainfo_files.h"

#include <gtest/gtest.h>

#include "engine/base/byte_io.h"
#include "engine/base/limits.h"
#include "tests/support/torrent_text.h"

namespace btfast {
namespace {

using namespace test;  // NOLINT: the vocabulary of every line below

Result<FileList> read(DictText const& info, std::vector<std::string>* warned = nullptr) {
  std::string const text = bdict(info);
  auto const tree = bencode::parse(as_bytes(text));
  BTF_CHECK(tree);
  std::vector<std::string> ignored;
  return read_files(tree->root(), warned ? *warned : ignored);
}
Result<FileList> read_list(std::vector<std::string> const& files) {
  return read({{"files", blist(files)}});
}
std::string refusal(Result<FileList> const& read) { return read ? "" : read.error().detail; }
std::string file_with(std::string const& key, std::string const& value) {
  DictText file{{"length", bint(5)}, {"path", bpath({"a"})}};
  file.insert_or_assign(key, value);
  return bdict(file);
}

TEST(MetainfoFiles, LengthAloneIsOneFileWithoutAPath) {
  auto const list = read({{"length", bint(9)}, {"name", bstr("n")}});

  ASSERT_TRUE(list) << list.error().detail;
  EXPECT_FALSE(list->multi_file);
  ASSERT_EQ(list->files.size(), 1u);
  EXPECT_TRUE(list->files[0].path.empty());
  EXPECT_EQ(list->total_size, 9u);
}

TEST(MetainfoFiles, FilesKeepTheirOrderAndAddUp) {
  auto const list = read_list({bfile({"b", "c"}, 3), bfile({"a"}, 0), bfile({"d"}, 4)});

  ASSERT_TRUE(list) << list.error().detail;
  EXPECT_TRUE(list->multi_file);
  ASSERT_EQ(list->files.size(), 3u);
  EXPECT_EQ(list->files[0].path, (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(list->files[1].length, 0u);
  EXPECT_EQ(list->files[2].path, (std::vector<std::string>{"d"}));
  EXPECT_EQ(list->total_size, 7u);
}

TEST(MetainfoFiles, AttributesAreReadAndALinkTakesNoRoom) {
  auto const list = read_list({file_with("attr", bstr("xh")), file_with("attr", bstr("p")),
                               file_with("attr", bstr("l")), file_with("attr", bstr("?"))});

  ASSERT_TRUE(list) << list.error().detail;
  auto const& files = list->files;
  EXPECT_TRUE(files[0].executable && files[0].hidden && !files[0].pad && !files[0].symlink);
  EXPECT_TRUE(files[1].pad && !files[1].executable);
  EXPECT_TRUE(files[2].symlink);
  EXPECT_EQ(files[2].length, 0u);
  EXPECT_FALSE(files[3].pad || files[3].executable || files[3].hidden || files[3].symlink);
  EXPECT_EQ(list->total_size, 15u);
}

TEST(MetainfoFiles, TheUtf8PathIsPreferredWhereItIsOne) {
  std::vector<std::string> warnings;

  auto const list = read({{"files", blist({file_with("path.utf-8", bpath({"better"})),
                                           file_with("path.utf-8", bstr("not a list")),
                                           file_with("path.utf-8", bpath({})),
                                           file_with("path.utf-8", blist({bint(1)}))})}},
                         &warnings);

  ASSERT_TRUE(list) << list.error().detail;
  EXPECT_EQ(list->files[0].path, std::vector<std::string>{"better"});
  for (std::size_t i = 1; i < 4; ++i) EXPECT_EQ(list->files[i].path, std::vector<std::string>{"a"});
  EXPECT_EQ(warnings,
            std::vector<std::string>{"\"path.utf-8\" is not a path in 3 files and was ignored"});
}

TEST(MetainfoFiles, OfFilesBesideALengthTheListCountsUnlessItIsNone) {
  std::vector<std::string> warnings;

  auto const many = read({{"files", blist({bfile({"a"}, 5)})}, {"length", bint(9)}}, &warnings);
  auto const empty = read({{"files", "le"}, {"length", bint(9)}}, &warnings);
  auto const dict = read({{"files", "de"}, {"length", bint(9)}}, &warnings);

  ASSERT_TRUE(many && empty && dict);
  EXPECT_TRUE(many->multi_file);
  EXPECT_EQ(many->total_size, 5u);
  EXPECT_FALSE(empty->multi_file || dict->multi_file);
  EXPECT_EQ(empty->total_size, 9u);
  EXPECT_EQ(warnings.size(), 3u);
}

TEST(MetainfoFiles, APadNeedsNoPath) {
  std::string const nameless = bdict({{"attr", bstr("p")}, {"length", bint(7)}});
  std::string const empty = bdict({{"attr", bstr("p")}, {"length", bint(7)}, {"path", "le"}});
  std::string const text = bdict({{"attr", bstr("p")}, {"length", bint(7)}, {"path", bstr("x")}});

  std::string const named =
      bdict({{"attr", bstr("p")}, {"length", bint(7)}, {"path", bpath({".pad", "7"})}});
  std::vector<std::string> warnings;

  auto const list = read({{"files", blist({bfile({"a"}, 5), nameless, empty, text})}}, &warnings);
  auto const one = read({{"files", blist({bfile({"a"}, 5), nameless, named})}}, &warnings);
  auto const none = read({{"files", blist({bfile({"a"}, 5), named})}}, &warnings);

  ASSERT_TRUE(list && one && none);
  EXPECT_EQ(warnings,
            (std::vector<std::string>{"\"path\" is no path in 3 pad files, which need none",
                                      "\"path\" is no path in a pad file, which needs none"}));
  EXPECT_TRUE(list->files[1].pad && list->files[2].pad && list->files[3].pad);
  EXPECT_EQ(list->total_size, 26u);
}

TEST(MetainfoFiles, AttributesThatAreNoTextAreIgnoredWithOneWarning) {
  std::vector<std::string> warnings;

  auto const list = read({{"files", blist({file_with("attr", bint(1))})}}, &warnings);

  ASSERT_TRUE(list) << list.error().detail;
  EXPECT_FALSE(list->files[0].pad);
  EXPECT_EQ(warnings,
            std::vector<std::string>{"\"attr\" is not a string in a file and was ignored"});
}

TEST(MetainfoFiles, EachFaultIsNamed) {
  std::string const good = bfile({"a"}, 5);

  EXPECT_NE(refusal(read({})).find("both missing"), std::string::npos);
  EXPECT_NE(refusal(read_list({})).find("is empty"), std::string::npos);
  EXPECT_NE(refusal(read({{"files", bint(1)}})).find("not a list"), std::string::npos);
  EXPECT_NE(refusal(read_list({good, bint(1)})).find("not a dictionary"), std::string::npos);
  EXPECT_NE(refusal(read_list({file_with("length", bint(-1))})).find("negative"),
            std::string::npos);
  EXPECT_NE(refusal(read_list({file_with("length", bstr("5"))})).find("not an integer"),
            std::string::npos);
  EXPECT_NE(refusal(read_list({file_with("path", bpath({}))})).find("is empty"), std::string::npos);
  EXPECT_NE(refusal(read_list({file_with("path", blist({bint(1)}))})).find("not a string"),
            std::string::npos);
  EXPECT_NE(refusal(read_list({"d6:lengthi5e4:path1:a6:lengthi6ee"})).find("twice"),
            std::string::npos);
}

TEST(MetainfoFiles, APathAsDeepAsTheLimitIsReadAndADeeperOneIsNot) {
  std::vector<std::string> deep(limits::kPathDepth, "d");
  EXPECT_TRUE(read_list({bfile(deep, 5)}));

  deep.push_back("d");

  EXPECT_NE(refusal(read_list({bfile(deep, 5)})).find("too deep"), std::string::npos);
}

TEST(MetainfoFiles, ASumPastTheLimitIsRefusedEvenWhereItOverflows) {
  constexpr std::int64_t kMost = std::int64_t{limits::kTotalBytes};
  constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();

  EXPECT_TRUE(read_list({bfile({"a"}, kMost - 1), bfile({"b"}, 1)}));
  EXPECT_NE(refusal(read_list({bfile({"a"}, kMost), bfile({"b"}, 1)})).find("too large"),
            std::string::npos);
  EXPECT_NE(refusal(read({{"length", bint(kHuge)}})).find("too large"), std::string::npos);
}

TEST(MetainfoFiles, PadsAndEmptyFilesAloneAreNoContent) {
  EXPECT_NE(refusal(read_list({file_with("attr", bstr("p")), bfile({"e"}, 0)})).find("0 bytes"),
            std::string::npos);
  EXPECT_NE(refusal(read({{"length", bint(0)}})).find("0 bytes"), std::string::npos);
}

}  // namespace
}  // namespace btfast
