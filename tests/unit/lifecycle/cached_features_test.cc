#include "libworkspace/lifecycle/cached_features.h"

#include <gtest/gtest.h>

#include "libworkspace/model/image_ref.h"

namespace workspace {
namespace {

using Names = std::set<std::string>;

TEST(CachedFeatures, AnImagesFeatureHasItsName) {
  EXPECT_EQ(node_feature(ImageName::parse("a.b-1_c")), "ws_a.b-1_c");
}

TEST(CachedFeatures, TheNodesOwnStay) {
  const NodeFeatures own{{"gpu", "intel", "off"}, {"gpu", "intel"}};
  EXPECT_EQ(with_cached_images(own, {}), own);
  const auto shown = with_cached_images(own, {"ws_a"});
  EXPECT_EQ(shown.available, (Names{"gpu", "intel", "off", "ws_a"}));
  EXPECT_EQ(shown.active, (Names{"gpu", "intel", "ws_a"}));
}

TEST(CachedFeatures, WhatIsNoLongerCachedGoes) {
  const NodeFeatures before{{"gpu", "ws_a", "ws_b", "ws_gone"}, {"ws_a", "ws_gone"}};
  const auto after = with_cached_images(before, {"ws_b"});
  EXPECT_EQ(after.available, (Names{"gpu", "ws_b"}));
  EXPECT_EQ(after.active, (Names{"ws_b"}));
  EXPECT_EQ(with_cached_images(after, {"ws_b"}), after);
}

}  // namespace
}  // namespace workspace
