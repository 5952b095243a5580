#include "libworkspace/hypervisor/capabilities.h"

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::IsEmpty;

constexpr char kQemu[] = R"(<capabilities>
  <host>
    <topology><cells num='2'><cell id='0'><memory unit='KiB'>1</memory><cpus num='3'>
      <cpu id='0' socket_id='0' die_id='0' core_id='0' siblings='0,2'/>
      <cpu id='1'/>
    </cpus></cell><cell id='3'><cpus num='1'>
      <cpu id='2' socket_id='1' die_id='0' core_id='7' siblings='0,2'/>
    </cpus></cell></cells></topology>
    <secmodel><model>apparmor</model><doi>0</doi></secmodel>
    <secmodel><model>dac</model><doi>0</doi>
      <baselabel type='kvm'>+64055:+108</baselabel><baselabel type='qemu'>+64055:+108</baselabel>
    </secmodel>
  </host>
  <guest><os_type>hvm</os_type><arch name='i686'><domain type='kvm'/></arch></guest>
  <guest><os_type>hvm</os_type><arch name='x86_64'><domain type='qemu'/>KVM</arch></guest>
</capabilities>)";

TEST(CapabilitiesTest, ReadsQemusHost) {
  const Capabilities found = parse_capabilities(kQemu);
  EXPECT_FALSE(found.offers_kvm);  // only for another architecture
  EXPECT_EQ(found.qemu_user, (QemuUser{64055, 108}));
  EXPECT_THAT(found.cpus, ElementsAre(MachineCpu{0, 0, 0, 0}, MachineCpu{2, 1, 7, 3}));
}

TEST(CapabilitiesTest, SeesWhatTheHypervisorOffers) {
  const std::string start = "<capabilities><guest><os_type>";
  const std::string end = "</guest></capabilities>";
  EXPECT_TRUE(parse_capabilities(start +
                                 "hvm</os_type><arch name='x86_64'><domain type='qemu'/>"
                                 "<domain type='kvm'/></arch>" +
                                 end)
                  .offers_kvm);
  EXPECT_TRUE(
      parse_capabilities(start + "xenpvh</os_type><arch name='x86_64'/>" + end).offers_xen_pvh);
  EXPECT_FALSE(
      parse_capabilities(start + "linux</os_type><arch name='x86_64'/>" + end).offers_xen_pvh);
}

TEST(CapabilitiesTest, LeavesOutWhatIsNotTold) {
  const std::string start = "<capabilities><host><secmodel><model>dac</model><baselabel>";
  const std::string end = "</baselabel></secmodel></host></capabilities>";
  for (const char* label : {"", "libvirt-qemu:kvm", "+1", "+1:2", "+1:+2:+3", "+-1:+2", "+:+"})
    EXPECT_EQ(parse_capabilities(start + label + end).qemu_user, std::nullopt) << label;
  EXPECT_THAT(parse_capabilities("<capabilities/>").cpus, IsEmpty());
}

TEST(CapabilitiesTest, RefusesWhatIsNoXml) {
  expect_error([] { parse_capabilities("<capabilities>"); }, ErrorKind::kHost,
               "libvirt's capabilities are not XML");
}

}  // namespace
}  // namespace workspace
