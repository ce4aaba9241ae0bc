#include "engine/swarm/peer_table.h"

#include <gtest/gtest.h>

namespace btfast {
namespace {

TEST(PeerTable, APeerIsFoundByItsHandleAndByItsSlot) {
  PeerTable table{3};
  Peer& peer = table.add();

  EXPECT_EQ(peer.handle.net_thread, 3);
  EXPECT_EQ(table.find(peer.handle), &peer);
  EXPECT_EQ(table.at(peer.handle.slot), &peer);
  EXPECT_EQ(table.size(), 1u);
}

TEST(PeerTable, AHandleEndsWithItsPeerThoughTheSlotIsUsedAgain) {
  PeerTable table{0};
  PeerHandle const gone = table.add().handle;
  auto const owned = table.remove(gone);
  ASSERT_NE(owned, nullptr);

  Peer& next = table.add();

  EXPECT_EQ(next.handle.slot, gone.slot);
  EXPECT_EQ(table.find(gone), nullptr);
  EXPECT_EQ(table.find(next.handle), &next);
  EXPECT_EQ(table.remove(gone), nullptr);
  EXPECT_EQ(table.size(), 1u);
}

TEST(PeerTable, VisitsEachPeerOnceAndAVisitMayRemoveIt) {
  PeerTable table{0};
  for (int i = 0; i < 5; ++i) table.add();
  ASSERT_NE(table.remove({0, 2, 0}), nullptr);

  int visits = 0;
  table.for_each([&](Peer& peer) {
    ++visits;
    (void)table.remove(peer.handle);
  });

  EXPECT_EQ(visits, 4);
  EXPECT_EQ(table.size(), 0u);
}

TEST(PeerTable, ASlotThatNeverWasHasNobody) {
  PeerTable table{0};

  EXPECT_EQ(table.at(7), nullptr);
  EXPECT_EQ(table.find({0, 7, 0}), nullptr);
}

}  // namespace
}  // namespace btfast
