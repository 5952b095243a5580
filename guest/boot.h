#pragma once

#include "guest/control_namespace.h"
#include "guest/modules.h"
#include "libworkspace/model/guest_config.h"

namespace workspace::agent {

/// What boot leaves for the serving part.
struct BootedGuest {
  GuestConfig config;
  Modules modules;
  ControlNamespace control;
};

/// Turns the bare initrd into the job's workspace, step by step. Errors: any, with the step's name
/// in front; the guest cannot be used then.
BootedGuest boot();

}  // namespace workspace::agent
