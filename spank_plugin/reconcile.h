#pragma once

namespace workspace {

/// For slurmd at its start: has `workspace node reconcile` remove what a crash of the node left of
/// jobs that are no more, before slurmd registers and any prolog can run. A failure is logged and
/// holds up nothing: each prolog clears its own job's ground again.
void reconcile_node() noexcept;

}  // namespace workspace
