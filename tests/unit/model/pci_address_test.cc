#include "libworkspace/model/pci_address.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;

TEST(PciAddress, IsWrittenAsItIsRead) {
  for (const char* text : {"0000:3b:00.0", "ffff:ff:1f.7", "0001:00:02.1"})
    EXPECT_EQ(PciAddress::parse(text).to_string(), text);
  EXPECT_EQ(PciAddress::parse("0000:3b:1f.2"), (PciAddress{0, 0x3b, 0x1f, 2}));
}

TEST(PciAddress, RefusesWhatIsNone) {
  for (const std::string text :
       {"", "3b:00.0", "0000:3b:00", "0000:3b:00.8", "0000:3b:20.0", "0000:3B:00.0",
        "0000:3b:00.0 ", "0000-3b:00.0", "000x:3b:00.0", "+000:3b:00.0", "../../../etc"}) {
    expect_error([&] { PciAddress::parse(text); }, ErrorKind::kInvalid,
                 "'" + text + "' is no PCI address such as 0000:3b:00.0");
  }
}

}  // namespace
}  // namespace workspace
