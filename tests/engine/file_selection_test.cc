#include "engine/metainfo/file_selection.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/metainfo/torrent_layout.h"

namespace btfast {
namespace {

constexpr std::uint32_t kPiece = 16'384;

struct Torrent {
  Metainfo metainfo;
  std::vector<storage::FileSpec> layout;

  std::uint32_t pieces() const { return metainfo.geometry.piece_count(); }
};

MetainfoFile file(std::vector<std::string> path, std::uint64_t length) {
  return {.path = std::move(path), .length = length};
}

Torrent make(std::vector<MetainfoFile> files) {
  Torrent torrent;
  std::uint64_t total = 0;
  for (auto const& f : files) total += f.length;
  torrent.metainfo.name = "top";
  torrent.metainfo.multi_file = true;
  torrent.metainfo.files = std::move(files);
  torrent.metainfo.geometry = *PieceGeometry::make(total, kPiece);
  torrent.layout = *torrent_layout(torrent.metainfo);
  return torrent;
}

// Five files and a pad: 1 a.iso, 2 empty.txt, 3 sub/b.iso, 4 the pad, 5 sub/é.txt, 6 7.
Torrent mixed() {
  auto pad = file({".pad", "100"}, kPiece - 100);
  pad.pad = true;
  return make({file({"a.iso"}, kPiece), file({"empty.txt"}, 0), file({"sub", "b.iso"}, 100), pad,
               file({"sub", "é.txt"}, 3 * kPiece), file({"7"}, 50)});
}

// The numbers, from 1, of the files selected.
std::vector<int> selected(Torrent const& torrent, std::string_view list) {
  auto const selection = parse_selection(list, torrent.metainfo, torrent.layout);
  if (!selection) {
    ADD_FAILURE() << failure_text(selection.error());
    return {};
  }
  std::vector<int> out;
  for (std::uint32_t f = 0; f < torrent.layout.size(); ++f) {
    if (selection->wants(FileIndex{f})) out.push_back(static_cast<int>(f) + 1);
  }
  return out;
}

std::string complaint(Torrent const& torrent, std::string_view list) {
  auto const selection = parse_selection(list, torrent.metainfo, torrent.layout);
  if (selection) return "";
  EXPECT_EQ(selection.error().code, Errc::kBadArgument);
  return selection.error().detail;
}

std::vector<Priority> priorities(Torrent const& torrent, FileSelection const& selection) {
  return wanted_pieces(selection, torrent.metainfo).priorities;
}

using Files = std::vector<int>;
constexpr Priority kS = Priority::kSkip;
constexpr Priority kL = Priority::kLow;
constexpr Priority kN = Priority::kNormal;
constexpr Priority kH = Priority::kHigh;
constexpr Priority kU = Priority::kUrgent;

TEST(ParseSelection, TakesNumbersRangesAndOpenRanges) {
  auto const torrent = mixed();

  EXPECT_EQ(selected(torrent, "1"), (Files{1}));
  EXPECT_EQ(selected(torrent, "3-5"), (Files{3, 5}));
  EXPECT_EQ(selected(torrent, "5-"), (Files{5, 6}));
  EXPECT_EQ(selected(torrent, "6, 1 ,1-2"), (Files{1, 2, 6}));
}

TEST(ParseSelection, GlobIsTheNameOrThePathWithOrWithoutTheTop) {
  auto const torrent = mixed();

  EXPECT_EQ(selected(torrent, "*.iso"), (Files{1, 3}));
  EXPECT_EQ(selected(torrent, "b.iso"), (Files{3}));
  EXPECT_EQ(selected(torrent, "sub/*"), (Files{3, 5}));
  EXPECT_EQ(selected(torrent, "top/a.iso"), (Files{1}));
  EXPECT_EQ(selected(torrent, "?.txt"), (Files{5}));
  EXPECT_EQ(selected(torrent, "*"), (Files{1, 2, 3, 5, 6}));
}

TEST(ParseSelection, FileNamedLikeANumberIsReachedByAGlob) {
  EXPECT_EQ(selected(mixed(), "[7]"), (Files{6}));
}

TEST(ParseSelection, CommaInANameIsEscaped) {
  auto const torrent = make({file({"a,b"}, 10), file({"a"}, 10), file({"b"}, 10)});

  EXPECT_EQ(selected(torrent, "a\\,?"), (Files{1}));
  EXPECT_EQ(selected(torrent, "a\\,b"), (Files{1}));
  EXPECT_EQ(selected(torrent, "b,a"), (Files{2, 3}));
}

TEST(ParseSelection, ANameAsItIsPrintedComesBeforeAllElse) {
  auto const torrent = make({file({"[a].txt"}, 10), file({"a.txt"}, 10), file({"b*"}, 10),
                             file({"bc"}, 10), file({"!d"}, 10), file({"e, f,g"}, 10),
                             file({"g"}, 10), file({"what?"}, 10), file({"whats"}, 10)});

  EXPECT_EQ(selected(torrent, "[a].txt"), (Files{1}));
  EXPECT_EQ(selected(torrent, "top/b*"), (Files{3}));
  EXPECT_EQ(selected(torrent, "!d"), (Files{5}));
  EXPECT_EQ(selected(torrent, "e, f,g"), (Files{6}));
  EXPECT_EQ(selected(torrent, "g,top/e, f,g,what?"), (Files{6, 7, 8}));
  EXPECT_EQ(selected(torrent, "a.txt,!!d,e, f,g,bc"), (Files{2, 4, 6}));
  EXPECT_EQ(selected(torrent, "[ab]*"), (Files{2, 3, 4}));
}

TEST(ParseSelection, ANameIsTakenAsItIsShownOnATerminalToo) {
  auto torrent = make({file({"a"}, 10), file({"b"}, 10)});
  torrent.layout[0].path = "top/tab\there";

  EXPECT_EQ(selected(torrent, "tab\\there"), (Files{1}));
  EXPECT_EQ(selected(torrent, "tab\there"), (Files{1}));
}

TEST(ParseSelection, ANumberIsAnIndexUnlessItIsAWholePathOrBeyondThem) {
  auto const torrent = make({file({"a"}, 10), file({"1"}, 10), file({"2024"}, 10)});

  EXPECT_EQ(selected(torrent, "1"), (Files{1}));
  EXPECT_EQ(selected(torrent, "top/1"), (Files{2}));
  EXPECT_EQ(selected(torrent, "2024"), (Files{3}));
  EXPECT_NE(complaint(torrent, "2025").find("files are 1 to 3"), std::string::npos);
}

TEST(ParseSelection, AFolderIsAllThatIsInIt) {
  auto const torrent = make({file({"s", "a"}, 10), file({"s", "t", "b"}, 10),
                             file({"s,x", "c"}, 10), file({"st"}, 10), file({"[s]", "d"}, 10)});

  EXPECT_EQ(selected(torrent, "s/"), (Files{1, 2}));
  EXPECT_EQ(selected(torrent, "top/s/t/"), (Files{2}));
  EXPECT_EQ(selected(torrent, "t/"), (Files{2}));
  EXPECT_EQ(selected(torrent, "s,x/,st"), (Files{3, 4}));
  EXPECT_EQ(selected(torrent, "[s]/"), (Files{5}));
  EXPECT_EQ(selected(torrent, "s*/"), (Files{1, 2, 3}));
  EXPECT_EQ(selected(torrent, "top/"), (Files{1, 2, 3, 4, 5}));
  EXPECT_NE(complaint(torrent, "s").find("\"s\": is a folder"), std::string::npos);
  EXPECT_NE(complaint(torrent, "u/").find("\"u/\": no file"), std::string::npos);
  EXPECT_NE(complaint(torrent, "st/").find("\"st/\": no file"), std::string::npos);
}

TEST(ParseSelection, PartsCountInTheirOrderAndTheFirstTakenOutIsTakenOutOfAll) {
  auto const torrent = mixed();

  EXPECT_EQ(selected(torrent, "!*.iso"), (Files{2, 5, 6}));
  EXPECT_EQ(selected(torrent, "!sub/,b.iso"), (Files{1, 2, 3, 6}));
  EXPECT_EQ(selected(torrent, "sub/,!b.iso"), (Files{5}));
  EXPECT_EQ(selected(torrent, "*,!2-3,!6"), (Files{1, 5}));
  EXPECT_EQ(selected(torrent, "!b.iso,sub/"), (Files{1, 2, 3, 5, 6}));
  EXPECT_NE(complaint(torrent, "*,!*.mkv").find("\"!*.mkv\": no file"), std::string::npos);
  EXPECT_NE(complaint(torrent, "!*").find("leaves no file"), std::string::npos);
  EXPECT_NE(complaint(torrent, "1,!").find("nothing behind"), std::string::npos);
}

TEST(ParseSelection, SingleFileIsNumberOneAndAnswersToItsName) {
  Torrent torrent = make({file({"x"}, 100)});
  torrent.metainfo.multi_file = false;
  torrent.metainfo.name = "disk.iso";
  torrent.metainfo.files = {file({}, 100)};
  torrent.layout = *torrent_layout(torrent.metainfo);

  EXPECT_EQ(selected(torrent, "1"), (Files{1}));
  EXPECT_EQ(selected(torrent, "*.iso"), (Files{1}));
  EXPECT_NE(complaint(torrent, "2").find("one file"), std::string::npos);
}

// Else each stretch between two of its commas is compared with every file.
TEST(ParseSelection, LooksAtTheFilesOncePerPartWhateverTheCommasOfANameAre) {
  Torrent const torrent = make({file({std::string(250, ',')}, kPiece), file({"1"}, 1),
                                file({"a"}, 1), file({"b"}, 1), file({"c,d"}, 1)});
  std::string list = "a,c,d";
  for (int i = 0; i < 500; ++i) list += ",3-4";
  FileNames const names{torrent.layout};

  auto const selection = parse_selection(list, torrent.metainfo, torrent.layout, names);

  ASSERT_TRUE(selection);
  EXPECT_EQ(names.looks(), 2u);
  EXPECT_TRUE(selection->wants(FileIndex{4}));
  EXPECT_FALSE(selection->wants(FileIndex{0}));
}

// Else each part of the list is tried with every number of commas that a name could have.
TEST(ParseSelection, ANameOfManyCommasMakesNoOtherPartDear) {
  std::string long_name;
  for (int i = 1; i < 60; ++i) long_name += "9,";
  Torrent const torrent = make({file({std::string(250, ','), std::string(250, ',')}, kPiece),
                                file({"x", "a," + long_name + "b"}, 1), file({"1"}, 1)});
  constexpr std::size_t kParts = 2000;
  std::string list = "x/a," + long_name + "b, !a," + long_name + "b , a," + long_name + "b";
  for (std::size_t i = 0; i < kParts; ++i) list += ",3";
  FileNames const names{torrent.layout};

  auto const selection = parse_selection(list, torrent.metainfo, torrent.layout, names);

  ASSERT_TRUE(selection);
  EXPECT_TRUE(selection->wants(FileIndex{1}));
  EXPECT_TRUE(selection->wants(FileIndex{2}));
  EXPECT_FALSE(selection->wants(FileIndex{0}));
  EXPECT_LT(names.asked(), 4 * kParts);
}

TEST(ParseSelection, NamesThePartThatIsWrong) {
  auto const torrent = mixed();

  EXPECT_NE(complaint(torrent, "1,9").find("\"9\": the torrent's files are 1 to 6"),
            std::string::npos);
  EXPECT_NE(complaint(torrent, "0").find("\"0\""), std::string::npos);
  EXPECT_NE(complaint(torrent, "2-99").find("\"2-99\""), std::string::npos);
  EXPECT_NE(complaint(torrent, "3-2").find("ends before it begins"), std::string::npos);
  EXPECT_NE(complaint(torrent, "*.iso,*.mkv").find("\"*.mkv\": no file"), std::string::npos);
  EXPECT_NE(complaint(torrent, "4").find("\"4\": is padding"), std::string::npos);
  EXPECT_NE(complaint(torrent, "1,,2").find("nothing between"), std::string::npos);
  EXPECT_NE(complaint(torrent, "").find("nothing"), std::string::npos);
  EXPECT_NE(complaint(torrent, "1,").find("nothing"), std::string::npos);
  EXPECT_NE(complaint(torrent, "99999999999999999999999"), "");
  EXPECT_NE(complaint(torrent, "a\\"), "");
}

TEST(WantedPieces, WithoutASelectionIsEveryPiece) {
  auto const torrent = mixed();
  auto const wanted = wanted_pieces({}, torrent.metainfo);

  EXPECT_TRUE(wanted.pieces.all());
  EXPECT_EQ(wanted.bytes, torrent.metainfo.geometry.total_size());
}

TEST(WantedPieces, AreThoseWithAByteOfAWantedFile) {
  auto const torrent = make({file({"a"}, kPiece + 1), file({"b"}, kPiece), file({"c"}, kPiece)});

  EXPECT_EQ(priorities(torrent, {{kS, kN, kS}}), (std::vector{kS, kN, kN, kS}));
  EXPECT_EQ(priorities(torrent, {{kN, kS, kS}}), (std::vector{kN, kN, kS, kS}));
  EXPECT_EQ(wanted_pieces({{kS, kS, kN}}, torrent.metainfo).bytes, kPiece + 1);
}

TEST(WantedPieces, TakeTheHighestPriorityOfTheirFiles) {
  auto const torrent = make({file({"a"}, kPiece + 1), file({"b"}, kPiece), file({"c"}, kPiece)});

  EXPECT_EQ(priorities(torrent, {{kL, kH, kN}}), (std::vector{kL, kH, kH, kN}));
}

TEST(WantedPieces, EmptyFilesAndPadsAskForNothing) {
  auto const torrent = mixed();

  EXPECT_TRUE(wanted_pieces({{kS, kN, kS, kS, kS, kS}}, torrent.metainfo).pieces.none());
  EXPECT_EQ(priorities(torrent, {{kS, kS, kN, kS, kS, kS}})[1], kN);
  EXPECT_EQ(wanted_pieces({{kS, kS, kN, kN, kS, kS}}, torrent.metainfo).pieces.count(), 1u);
}

TEST(WantedPieces, PieceOfPaddingAloneIsWantedOnlyWithEveryFile) {
  auto pad = file({".pad", "0"}, 2 * kPiece);
  pad.pad = true;
  auto const torrent = make({file({"a"}, kPiece), pad, file({"b"}, kPiece)});

  EXPECT_TRUE(wanted_pieces({{kN, kN, kN}}, torrent.metainfo).pieces.all());
  EXPECT_EQ(priorities(torrent, {{kN, kN, kS}}), (std::vector{kN, kS, kS, kS}));
}

TEST(WantedPieces, FirstAndLastOfEachWantedFileComeFirstWhenAsked) {
  auto const torrent = make({file({"a"}, 4 * kPiece), file({"b"}, 3 * kPiece)});
  FileSelection selection{{kN, kS}, true};

  EXPECT_EQ(priorities(torrent, selection), (std::vector{kU, kN, kN, kU, kS, kS, kS}));
}

}  // namespace
}  // namespace btfast
