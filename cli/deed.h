#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cli/arguments.h"
#include "cli/json.h"

namespace workspace::cli {

/// Tells what a command that acts has done, and returns 0. With `--json` that is one object on
/// stdout, as workspace(1), JSON, lists it: `command`; `done`, which only `--dry-run` makes false;
/// and what `add_facts` adds. Otherwise it is `text`, which is for people. Errors: kHost.
int tell_deed(const Arguments& arguments, std::string_view command, const std::string& text,
              const std::function<void(Json&)>& add_facts);

}  // namespace workspace::cli
