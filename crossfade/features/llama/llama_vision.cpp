// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/llama/llama_vision.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <thread>

#include <mtmd-helper.h>

#include "crossfade/core/error.h"
#include "crossfade/features/image_file.h"
#include "crossfade/features/llama/llama_library.h"
#include "crossfade/features/llama/llama_model_file.h"

namespace crossfade {
namespace {

constexpr int kMaxSide = 16384;  // llama.cpp counts the pixels of an image in 32 bits

// The tokens of a part that is text.
LlamaTokens tokens_of(const mtmd_input_chunk* chunk) {
  std::size_t count = 0;
  const llama_token* tokens = mtmd_input_chunk_get_tokens_text(chunk, &count);
  return {tokens, tokens + count};
}

bool is_text(const mtmd_input_chunk* chunk) {
  return mtmd_input_chunk_get_type(chunk) == MTMD_INPUT_CHUNK_TYPE_TEXT;
}

}  // namespace

LlamaVision::LlamaVision(const llama_model* model,
                         const LlamaOptions& options,
                         const VisionOptions& vision)
    : options_(options),
      vision_(vision),
      vector_width_(static_cast<std::size_t>(llama_model_n_embd_inp(model))) {
  require(vision_.max_image_side >= 1 && vision_.max_image_side <= kMaxSide,
          ErrorKind::kUsage,
          "{}: max_image_side = {} is outside [1, {}]",
          vision_.projector.string(),
          vision_.max_image_side,
          kMaxSide);
  load(model);
  check_kind();
  check_marks();
}

void LlamaVision::load(const llama_model* model) {
  const LlamaModelFile file = read_llama_model_file(vision_.projector);
  require(file.architecture == "clip",
          ErrorKind::kUsage,
          "{}: is a model of architecture \"{}\", not the vision part of one; the name of such a "
          "file mostly begins with mmproj",
          vision_.projector.string(),
          file.architecture);
  // llama.cpp checks this too, for all kinds, but does not give back what it has loaded.
  require(file.projected == 0 || file.projected == static_cast<std::int64_t>(vector_width_),
          ErrorKind::kUsage,
          "{}: makes vectors of width {}, but {} reads {}; take the two files of one model",
          vision_.projector.string(),
          file.projected,
          options_.model.string(),
          vector_width_);
  mtmd_context_params params = mtmd_context_params_default();
  params.use_gpu = options_.gpu_layers != 0;
  params.print_timings = false;
  params.warmup = false;
  params.n_threads = options_.threads > 0 ? options_.threads
                                          : static_cast<int>(std::thread::hardware_concurrency());
  if (options_.exact) {
    params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
  }
  static_cast<void>(take_llama_complaint());
  context_.reset(mtmd_init_from_file(vision_.projector.c_str(), model, params));
  require(context_ != nullptr,
          ErrorKind::kData,
          "{}: llama.cpp cannot use it with {}: {}",
          vision_.projector.string(),
          options_.model.string(),
          take_llama_complaint());
}

void LlamaVision::check_kind() const {
  require(mtmd_support_vision(context_.get()),
          ErrorKind::kUsage,
          "{}: hears, but does not see; a vision part was expected",
          vision_.projector.string());
  require(!mtmd_decode_use_non_causal(context_.get(), nullptr),
          ErrorKind::kUsage,
          "{}: its model looks both ways within an image, which is not supported; use another "
          "model, such as MiniCPM-V",
          vision_.projector.string());
  require(!mtmd_decode_use_mrope(context_.get()),
          ErrorKind::kUsage,
          "{}: gives the parts of an image positions in rows and columns (M-RoPE), which is not "
          "supported; use another model, such as MiniCPM-V",
          options_.model.string());
}

// llama.cpp looks up the marks around an image by name, and goes on when they are not there.
void LlamaVision::check_marks() const {
  for (const int side : {1, vision_.max_image_side}) {
    const Chunks chunks = split(side, side, nullptr);
    for (std::size_t i = 0; chunks != nullptr && i < mtmd_input_chunks_size(chunks.get()); ++i) {
      const mtmd_input_chunk* chunk = mtmd_input_chunks_get(chunks.get(), i);
      const LlamaTokens tokens = is_text(chunk) ? tokens_of(chunk) : LlamaTokens();
      require(std::ranges::find(tokens, LLAMA_TOKEN_NULL) == tokens.end(),
              ErrorKind::kUsage,
              "{}: lacks the marks that {} puts around an image; take the two files of one model",
              options_.model.string(),
              vision_.projector.string());
    }
  }
}

// Nothing when llama.cpp cannot do it. Without pixels, only the sizes are worked out.
LlamaVision::Chunks LlamaVision::split(int width, int height, const unsigned char* pixels) const {
  const std::unique_ptr<mtmd_bitmap, Free> bitmap(mtmd_bitmap_init(
      static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height), pixels));
  const std::string marker = mtmd_get_marker(context_.get());
  const mtmd_input_text text{.text = marker.data(),
                             .text_len = marker.size(),
                             .add_special = false,
                             .parse_special = false};
  const mtmd_bitmap* bitmaps[] = {bitmap.get()};
  Chunks chunks(mtmd_input_chunks_init());
  static_cast<void>(take_llama_complaint());
  if (mtmd_tokenize(context_.get(), chunks.get(), &text, bitmaps, 1) != 0) {
    chunks.reset();
  }
  return chunks;
}

std::variant<LlamaSegment, std::string> LlamaVision::encode(const mtmd_input_chunk* chunk) {
  if (mtmd_encode_chunk(context_.get(), chunk) != 0) {
    return "llama.cpp cannot encode it: " + take_llama_complaint();
  }
  LlamaSegment segment{.rows = mtmd_input_chunk_get_n_tokens(chunk), .tokens = {}, .vectors = {}};
  const std::span vectors(mtmd_get_output_embd(context_.get()), segment.rows * vector_width_);
  if (!std::ranges::all_of(vectors, [](float value) { return std::isfinite(value); })) {
    return "its vectors are not finite";
  }
  segment.vectors.assign(vectors.begin(), vectors.end());
  return segment;
}

std::variant<std::vector<LlamaSegment>, std::string> LlamaVision::read(
    const std::filesystem::path& file, std::size_t room) {
  auto decoded = read_rgb_image(file, vision_.max_image_side);
  if (auto* problem = std::get_if<std::string>(&decoded)) {
    return std::move(*problem);
  }
  const Image& image = std::get<Image>(decoded);
  const Chunks chunks = split(image.width, image.height, image.pixels.data());
  if (chunks == nullptr) {
    return "llama.cpp cannot split it: " + take_llama_complaint();
  }
  const std::size_t tokens = mtmd_helper_get_n_tokens(chunks.get());
  if (tokens > room) {
    return fmt::format(
        "takes {} tokens, max_tokens = {} leaves room for {}", tokens, options_.max_tokens, room);
  }
  std::vector<LlamaSegment> segments;
  for (std::size_t i = 0; i < mtmd_input_chunks_size(chunks.get()); ++i) {
    const mtmd_input_chunk* chunk = mtmd_input_chunks_get(chunks.get(), i);
    if (is_text(chunk)) {
      append_tokens(segments, tokens_of(chunk));
      continue;
    }
    auto encoded = encode(chunk);
    if (auto* problem = std::get_if<std::string>(&encoded)) {
      return std::move(*problem);
    }
    segments.push_back(std::get<LlamaSegment>(std::move(encoded)));
  }
  return segments;
}

}  // namespace crossfade
