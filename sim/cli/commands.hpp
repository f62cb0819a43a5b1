// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace quatrain::cli {

/// What a subcommand does once its options are parsed; gives the exit status.
using Action = std::function<int()>;

/// Each adds its subcommand to the program and sets `action` when the user has chosen it.
void add_run(CLI::App& program, Action& action);
void add_train(CLI::App& program, Action& action);
void add_compare(CLI::App& program, Action& action);
void add_compile(CLI::App& program, Action& action);
void add_describe(CLI::App& program, Action& action);

}  // namespace quatrain::cli
