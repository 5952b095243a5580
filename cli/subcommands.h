#pragma once

#include "cli/arguments.h"

/// What `workspace` can do: a function for each subcommand, in a file of its name. Each returns the
/// exit status, writes its answer to stdout and throws Error for what it refuses.
namespace workspace::cli {

int run_list(const Arguments& arguments);
int run_image_register(const Arguments& arguments);
int run_image_list(const Arguments& arguments);
int run_image_build(const Arguments& arguments);
int run_image_import(const Arguments& arguments);
int run_image_flatten(const Arguments& arguments);
int run_image_saves(const Arguments& arguments);
int run_image_remove(const Arguments& arguments);
int run_image_inspect(const Arguments& arguments);
int run_image_diff(const Arguments& arguments);
int run_image_verify(const Arguments& arguments);
int run_image_history(const Arguments& arguments);
int run_image_search(const Arguments& arguments);
int run_image_cached(const Arguments& arguments);
int run_image_prefetch(const Arguments& arguments);
int run_image_gc(const Arguments& arguments);
int run_image_pin(const Arguments& arguments);
int run_image_unpin(const Arguments& arguments);
int run_image_approve(const Arguments& arguments);
int run_image_revoke(const Arguments& arguments);
int run_image_key_new(const Arguments& arguments);
int run_image_key_list(const Arguments& arguments);
int run_image_key_revoke(const Arguments& arguments);
int run_image_lint(const Arguments& arguments);
int run_catalog_publish(const Arguments& arguments);
int run_catalog_trust(const Arguments& arguments);
int run_catalog_fetch(const Arguments& arguments);
int run_catalog_update(const Arguments& arguments);
int run_catalog_list(const Arguments& arguments);
int run_catalog_show(const Arguments& arguments);
int run_config_check(const Arguments& arguments);
int run_image_show(const Arguments& arguments);
int run_resolve(const Arguments& arguments);
int run_report(const Arguments& arguments);
int run_ps(const Arguments& arguments);
int run_resize(const Arguments& arguments);
int run_top(const Arguments& arguments);
int run_node_check(const Arguments& arguments);
int run_node_features(const Arguments& arguments);
int run_node_config(const Arguments& arguments);
int run_node_metrics(const Arguments& arguments);
int run_enter(const Arguments& arguments);
int run_console(const Arguments& arguments);
int run_node_reconcile(const Arguments& arguments);

}  // namespace workspace::cli
