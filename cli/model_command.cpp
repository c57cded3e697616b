// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include <fmt/core.h>

#include "crossfade/features/llama/llama_model_file.h"

#include "cli/commands.h"

namespace crossfade::cli {
namespace {

void print_row(const char* name, const std::string& value) {
  fmt::print("{:<13} {}\n", name, value);
}

void inspect(const std::string& path) {
  const LlamaModelFile file = read_llama_model_file(path);
  print_row("architecture", file.architecture);
  print_row("name", file.name);
  print_row("width", fmt::format("{}", file.width));
  print_row("layers", fmt::format("{}", file.layers));
  if (file.context > 0) {
    print_row("context", fmt::format("{} tokens", file.context));
  }
  if (file.vocabulary > 0) {
    print_row("tokenizer", fmt::format("{}, {} tokens", file.tokenizer, file.vocabulary));
  }
  if (!file.projector.empty()) {
    print_row("projector", file.projector);
  }
  if (file.tensors > 0) {
    const double megabytes = static_cast<double>(file.bytes) / 1e6;
    print_row("weights", fmt::format("{:.1f} MB, mostly {}", megabytes, file.type));
  }
  print_row("use", describe_use(file));
}

}  // namespace

void add_model_command(CLI::App& app, const Globals&) {
  CLI::App* command = app.add_subcommand("model", "Look into language model files");
  command->require_subcommand(1);
  CLI::App* inspection = command->add_subcommand("inspect", "What a GGUF file is and is good for");
  auto file = std::make_shared<std::string>();
  inspection->add_option("file", *file, "A GGUF file")->required();
  inspection->callback([file] { inspect(*file); });
}

}  // namespace crossfade::cli
