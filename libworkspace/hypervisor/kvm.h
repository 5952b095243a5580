#pragma once

namespace workspace {

/// Whether KVM can run an ordinary guest here: the CPU's virtualization is there and /dev/kvm makes
/// a VM. The device alone proves nothing; a machine may offer it with a software back end (pvm) on
/// which only a guest made for it boots, and every other hangs.
bool kvm_works();

}  // namespace workspace
