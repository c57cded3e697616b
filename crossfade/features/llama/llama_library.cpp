// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/llama/llama_library.h"

#include <fstream>
#include <mutex>

#include <ggml-backend.h>
#include <llama.h>
#include <mtmd-helper.h>

#include "crossfade/core/error.h"

namespace crossfade {
namespace {

thread_local std::string complaint;

void keep_complaint(ggml_log_level level, const char* text, void*) {
  if (level == GGML_LOG_LEVEL_ERROR && complaint.empty()) {  // the first is the most specific
    complaint = text;
  }
}

}  // namespace

void FreeLlamaModel::operator()(llama_model* model) const noexcept {
  llama_model_free(model);
}

void start_llama() {
  static std::once_flag once;
  std::call_once(once, [] {
    llama_log_set(keep_complaint, nullptr);
    mtmd_helper_log_set(keep_complaint, nullptr);
    ggml_backend_load_all_from_path(CROSSFADE_LLAMA_BACKENDS);
    llama_backend_init();
  });
}

std::string take_llama_complaint() {
  std::string text = std::move(complaint);
  complaint.clear();
  while (!text.empty() && text.back() == '\n') {
    text.pop_back();
  }
  return text.substr(0, text.find('\n'));
}

LlamaModelPtr load_llama_model(const std::filesystem::path& file, int gpu_layers) {
  start_llama();
  require(std::ifstream(file).good() && std::filesystem::is_regular_file(file),
          ErrorKind::kIo,
          "{}: cannot be read; a GGUF model file was expected",
          file.string());
  require(ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU) != nullptr,
          ErrorKind::kIo,
          "{}: llama.cpp's code for this processor is not there; run tools/bootstrap",
          CROSSFADE_LLAMA_BACKENDS);
  llama_model_params params = llama_model_default_params();
  params.n_gpu_layers = gpu_layers;
  static_cast<void>(take_llama_complaint());
  LlamaModelPtr model(llama_model_load_from_file(file.c_str(), params));
  require(model != nullptr,
          ErrorKind::kData,
          "{}: llama.cpp cannot load it: {}",
          file.string(),
          take_llama_complaint());
  return model;
}

}  // namespace crossfade
