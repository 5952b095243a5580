#pragma once

#include "guest/boot.h"

namespace workspace::agent {

/// Answers on the control link for the guest's life: a process for each connection, so that nothing
/// one of them receives can hurt another or PID 1. Reaps every orphan of the guest.
[[noreturn]] void serve(const BootedGuest& guest);

}  // namespace workspace::agent
