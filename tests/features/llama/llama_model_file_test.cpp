// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/llama/llama_model_file.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "crossfade/core/files.h"

#include "tests/core/temp_directory.h"
#include "tests/features/support.h"

namespace crossfade {
namespace {

using testing::failure_of;

const std::filesystem::path kModels = CROSSFADE_TINY_MODELS;

TEST(LlamaModelFile, TellsArchitectureWidthLayersAndTokenizer) {
  const LlamaModelFile file = read_llama_model_file(kModels / "tiny-llama.gguf");
  EXPECT_EQ(file.architecture, "llama");
  EXPECT_EQ(file.width, 64);
  EXPECT_EQ(file.layers, 4);
  EXPECT_EQ(file.context, 8192);
  EXPECT_EQ(file.tokenizer, "gpt2 (llama-bpe)");
  EXPECT_EQ(file.vocabulary, 128256);
  EXPECT_EQ(file.type, "f32");
  // Embedding; per layer q, k, v and output, three of the feed-forward part, two norms; the norm.
  const std::int64_t layer = 64 * (64 + 32 + 32 + 64) + 3 * 64 * 160 + 2 * 64;
  EXPECT_EQ(file.bytes, 4 * (128256 * 64 + 4 * layer + 64));
  EXPECT_EQ(describe_use(file), "vectors of texts, pooling first_last_avg, mean or last_token");
}

TEST(LlamaModelFile, NamesTheTypeMostWeightsHave) {
  EXPECT_EQ(read_llama_model_file(kModels / "tiny-llama-q8.gguf").type, "q8_0");
}

TEST(LlamaModelFile, KnowsAVisionPart) {
  const LlamaModelFile file = read_llama_model_file(kModels / "tiny-minicpmv-mm.gguf");
  EXPECT_EQ(file.architecture, "clip");
  EXPECT_EQ(file.projector, "resampler");
  EXPECT_EQ(file.projected, 128);
  EXPECT_EQ(file.layers, 2);
  EXPECT_EQ(describe_use(file), "vision part of a language model, beside that model's own file");
}

TEST(LlamaModelFile, SaysWhatIsOfNoUse) {
  LlamaModelFile file;
  EXPECT_EQ(describe_use(file), "nothing: the file names no architecture");
  file.architecture = "llama";
  EXPECT_EQ(describe_use(file), "nothing: a vocabulary without weights");
  file.tensors = 1;
  file.looks_both_ways = true;
  EXPECT_EQ(describe_use(file), "vectors of texts, pooling mean; reads a text in one piece");
}

TEST(LlamaModelFile, RefusesOtherFiles) {
  const testing::TempDirectory directory;
  const std::filesystem::path file = directory / "model.gguf";
  EXPECT_EQ(failure_of([&] { static_cast<void>(read_llama_model_file(file)); }),
            "kIo: " + file.string() + ": cannot be read; a GGUF model file was expected");
  write_file(file, "no model");
  EXPECT_EQ(failure_of([&] { static_cast<void>(read_llama_model_file(file)); }),
            "kData: " + file.string() +
                ": is no GGUF file: gguf_init_from_reader: invalid magic characters: 'no m', "
                "expected 'GGUF'");
}

}  // namespace
}  // namespace crossfade
