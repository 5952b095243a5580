#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "libworkspace/catalog/manifest_keys.h"
#include "libworkspace/model/access.h"
#include "test_paths.h"

namespace workspace {
namespace {

using Keys = std::set<std::string>;
using nlohmann::json;

class ManifestSchema : public ::testing::Test {
 protected:
  ManifestSchema() {
    std::ifstream file(std::string(testing::kSourceDir) + "/docs/workspace-image.schema.json");
    schema_ = json::parse(file);
  }

  /// The keys that the schema lists at a place, where it must permit no others.
  [[nodiscard]] Keys keys_at(const std::string& place) const {
    const json& map = schema_.at(json::json_pointer(place));
    EXPECT_EQ(map.at("additionalProperties"), json(false)) << place;
    Keys keys;
    for (const auto& [key, value] : map.at("properties").items()) keys.insert(key);
    return keys;
  }

  json schema_;
};

template <class Names>
Keys all_of(const Names& names) {
  return {names.begin(), names.end()};
}

TEST_F(ManifestSchema, HasTheKeysThatAreRead) {
  EXPECT_EQ(keys_at(""), all_of(manifest_keys::kAll));
  EXPECT_EQ(keys_at("/properties/root"), all_of(manifest_keys::kOfRoot));
  EXPECT_EQ(keys_at("/$defs/file"), all_of(manifest_keys::kOfFile));
  EXPECT_EQ(keys_at("/properties/needs"), all_of(manifest_keys::kOfNeeds));
  EXPECT_EQ(keys_at("/properties/access"), (Keys{"allow", "deny"}));
  Keys lists;
  for (const AccessBy by : kAccessKinds) lists.emplace(name_of(by));
  EXPECT_EQ(keys_at("/$defs/rules"), lists);
}

}  // namespace
}  // namespace workspace
