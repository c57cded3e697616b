// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <llama.h>
#include <mtmd-helper.h>
#include <mtmd.h>

#include "crossfade/features/llama/llama_library.h"

namespace crossfade {
namespace {

// What llama.cpp itself makes of the generated MiniCPM-V 2.5 pair: the ground that an encoder of
// images stands on.
class TinyMiniCpmV : public ::testing::Test {
 protected:
  TinyMiniCpmV() : model_(load_llama_model(CROSSFADE_TINY_MODELS "/tiny-minicpmv.gguf", 0)) {
    mtmd_context_params params = mtmd_context_params_default();
    params.use_gpu = false;
    params.print_timings = false;
    params.warmup = false;
    params.n_threads = 1;
    vision_.reset(
        mtmd_init_from_file(CROSSFADE_TINY_MODELS "/tiny-minicpmv-mm.gguf", model_.get(), params));
  }

  // The chunks of a prompt around an image of one colour.
  auto tokenize(std::uint32_t width, std::uint32_t height, unsigned char grey) const {
    const std::vector<unsigned char> pixels(std::size_t{3} * width * height, grey);
    const std::unique_ptr<mtmd_bitmap, decltype(&mtmd_bitmap_free)> bitmap(
        mtmd_bitmap_init(width, height, pixels.data()), mtmd_bitmap_free);
    std::unique_ptr<mtmd_input_chunks, decltype(&mtmd_input_chunks_free)> chunks(
        mtmd_input_chunks_init(), mtmd_input_chunks_free);
    const std::string prompt =
        std::string("Title: kettle ") + mtmd_default_marker() + " Summarise.";
    const mtmd_input_text text{.text = prompt.data(),
                               .text_len = prompt.size(),
                               .add_special = true,
                               .parse_special = false};
    const mtmd_bitmap* images[] = {bitmap.get()};
    EXPECT_EQ(mtmd_tokenize(vision_.get(), chunks.get(), &text, images, 1), 0);
    return chunks;
  }

  // The vectors that the first image piece of a prompt becomes.
  std::vector<float> image_vectors(const mtmd_input_chunks* chunks) const {
    for (std::size_t i = 0; i < mtmd_input_chunks_size(chunks); ++i) {
      const mtmd_input_chunk* chunk = mtmd_input_chunks_get(chunks, i);
      if (mtmd_input_chunk_get_type(chunk) == MTMD_INPUT_CHUNK_TYPE_IMAGE) {
        EXPECT_EQ(mtmd_encode_chunk(vision_.get(), chunk), 0);
        const float* vectors = mtmd_get_output_embd(vision_.get());
        return {vectors, vectors + mtmd_input_chunk_get_n_tokens(chunk) * std::size_t{128}};
      }
    }
    return {};
  }

  // The final state of the last token after the whole prompt.
  std::vector<float> last_state(const mtmd_input_chunks* chunks) const {
    llama_context_params params = llama_context_default_params();
    params.n_ctx = 2048;
    params.n_batch = params.n_ubatch = 128;
    params.n_threads = params.n_threads_batch = 1;
    params.embeddings = true;
    params.pooling_type = LLAMA_POOLING_TYPE_NONE;
    const std::unique_ptr<llama_context, decltype(&llama_free)> context(
        llama_init_from_model(model_.get(), params), llama_free);
    llama_pos end = 0;
    EXPECT_EQ(mtmd_helper_eval_chunks(vision_.get(), context.get(), chunks, 0, 0, 128, true, &end),
              0);
    EXPECT_EQ(static_cast<std::size_t>(end), mtmd_helper_get_n_tokens(chunks));
    const float* state = llama_get_embeddings_ith(context.get(), -1);
    return {state, state + 128};
  }

  LlamaModelPtr model_;
  std::unique_ptr<mtmd_context, decltype(&mtmd_free)> vision_{nullptr, mtmd_free};
};

bool all_finite(const std::vector<float>& values) {
  return std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); });
}

TEST_F(TinyMiniCpmV, LoadsAndSeesImages) {
  ASSERT_NE(vision_, nullptr);
  EXPECT_TRUE(mtmd_support_vision(vision_.get()));
}

TEST_F(TinyMiniCpmV, AnImageBecomes96Vectors) {
  const auto vectors = image_vectors(tokenize(448, 448, 200).get());
  EXPECT_EQ(vectors.size(), 96U * 128U);
  EXPECT_TRUE(all_finite(vectors));
}

TEST_F(TinyMiniCpmV, TheImageChangesTheStateAndTheSameImageDoesNot) {
  const auto bright = last_state(tokenize(448, 448, 200).get());
  EXPECT_TRUE(all_finite(bright));
  EXPECT_EQ(bright, last_state(tokenize(448, 448, 200).get()));
  EXPECT_NE(bright, last_state(tokenize(448, 448, 20).get()));
}

TEST_F(TinyMiniCpmV, ALargeImageIsCutIntoSlices) {
  const std::size_t one = mtmd_helper_get_n_tokens(tokenize(448, 448, 0).get());
  // An overview and 2 x 1 slices of 96 vectors each; the marks around them come on top.
  const std::size_t three = mtmd_helper_get_n_tokens(tokenize(896, 448, 0).get());
  EXPECT_GE(three, one + 2 * 96);
  EXPECT_LT(three, one + 2 * 96 + 12);
}

}  // namespace
}  // namespace crossfade
