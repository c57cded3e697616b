// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/llama/llama_model_file.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>

#include <ggml.h>
#include <gguf.h>

#include "crossfade/core/error.h"
#include "crossfade/features/llama/llama_library.h"

namespace crossfade {
namespace {

using Gguf = std::unique_ptr<gguf_context, decltype(&gguf_free)>;

// gguf.h ends the process when a value has another type than the one asked for.
std::int64_t number(const Gguf& gguf, const std::string& key) {
  const std::int64_t id = gguf_find_key(gguf.get(), key.c_str());
  switch (id < 0 ? GGUF_TYPE_ARRAY : gguf_get_kv_type(gguf.get(), id)) {
    case GGUF_TYPE_UINT32:
      return gguf_get_val_u32(gguf.get(), id);
    case GGUF_TYPE_INT32:
      return gguf_get_val_i32(gguf.get(), id);
    case GGUF_TYPE_UINT64:
      return static_cast<std::int64_t>(gguf_get_val_u64(gguf.get(), id));
    default:
      return 0;
  }
}

std::string text(const Gguf& gguf, const std::string& key) {
  const std::int64_t id = gguf_find_key(gguf.get(), key.c_str());
  const bool there = id >= 0 && gguf_get_kv_type(gguf.get(), id) == GGUF_TYPE_STRING;
  return there ? gguf_get_val_str(gguf.get(), id) : "";
}

std::int64_t length(const Gguf& gguf, const std::string& key) {
  const std::int64_t id = gguf_find_key(gguf.get(), key.c_str());
  const bool there = id >= 0 && gguf_get_kv_type(gguf.get(), id) == GGUF_TYPE_ARRAY;
  return there ? static_cast<std::int64_t>(gguf_get_arr_n(gguf.get(), id)) : 0;
}

bool is_false(const Gguf& gguf, const std::string& key) {
  const std::int64_t id = gguf_find_key(gguf.get(), key.c_str());
  return id >= 0 && gguf_get_kv_type(gguf.get(), id) == GGUF_TYPE_BOOL &&
         !gguf_get_val_bool(gguf.get(), id);
}

// Elements of a float32 tensor.
std::int64_t elements(const Gguf& gguf, const std::string& tensor) {
  const std::int64_t id = gguf_find_tensor(gguf.get(), tensor.c_str());
  const bool there = id >= 0 && gguf_get_tensor_type(gguf.get(), id) == GGML_TYPE_F32;
  return there ? static_cast<std::int64_t>(gguf_get_tensor_size(gguf.get(), id) / sizeof(float))
               : 0;
}

void add_tensors(const Gguf& gguf, LlamaModelFile& file) {
  std::map<std::string, std::int64_t> bytes;
  file.tensors = gguf_get_n_tensors(gguf.get());
  for (std::int64_t i = 0; i < file.tensors; ++i) {
    const auto size = static_cast<std::int64_t>(gguf_get_tensor_size(gguf.get(), i));
    bytes[ggml_type_name(gguf_get_tensor_type(gguf.get(), i))] += size;
    file.bytes += size;
  }
  const auto most = std::max_element(
      bytes.begin(), bytes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  file.type = most == bytes.end() ? "" : most->first;
}

}  // namespace

LlamaModelFile read_llama_model_file(const std::filesystem::path& file) {
  start_llama();
  require(std::filesystem::is_regular_file(file) && std::ifstream(file).good(),
          ErrorKind::kIo,
          "{}: cannot be read; a GGUF model file was expected",
          file.string());
  static_cast<void>(take_llama_complaint());
  const Gguf gguf(gguf_init_from_file(file.c_str(), {.no_alloc = true, .ctx = nullptr}), gguf_free);
  require(gguf != nullptr,
          ErrorKind::kData,
          "{}: is no GGUF file: {}",
          file.string(),
          take_llama_complaint());
  LlamaModelFile result;
  result.architecture = text(gguf, "general.architecture");
  result.name = text(gguf, "general.name");
  const bool clip = result.architecture == "clip";
  const std::string prefix = clip ? "clip.vision." : result.architecture + ".";
  result.width = number(gguf, prefix + "embedding_length");
  result.layers = number(gguf, prefix + "block_count");
  result.context = number(gguf, prefix + "context_length");
  result.looks_both_ways = is_false(gguf, prefix + "attention.causal");
  result.projector = text(gguf, "clip.projector_type");
  result.projected = elements(gguf, "resampler.ln_post.bias");
  result.tokenizer = text(gguf, "tokenizer.ggml.model");
  if (const std::string rule = text(gguf, "tokenizer.ggml.pre"); !rule.empty()) {
    result.tokenizer += " (" + rule + ")";
  }
  result.vocabulary = length(gguf, "tokenizer.ggml.tokens");
  add_tensors(gguf, result);
  return result;
}

std::string describe_use(const LlamaModelFile& file) {
  if (file.architecture.empty()) {
    return "nothing: the file names no architecture";
  }
  if (file.tensors == 0) {
    return "nothing: a vocabulary without weights";
  }
  if (file.architecture == "clip") {
    return "vision part of a language model, beside that model's own file";
  }
  if (file.looks_both_ways) {
    return "vectors of texts, pooling mean; reads a text in one piece";
  }
  return "vectors of texts, pooling first_last_avg, mean or last_token";
}

}  // namespace crossfade
