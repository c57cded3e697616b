// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/llama/llama_vision_encoder.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <llama.h>
#include <mtmd-helper.h>
#include <mtmd.h>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "crossfade/core/files.h"
#include "crossfade/core/random.h"
#include "crossfade/features/llama/llama_encoder.h"
#include "crossfade/features/llama/llama_library.h"

#include "tests/core/temp_directory.h"
#include "tests/features/llama/vectors.h"
#include "tests/features/support.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;
using testing::copy_spoiled;
using testing::failure_of;
using testing::relative_distance;
using testing::row_distance;
using testing::TempDirectory;

// A pair of random weights with the real image geometry: an image of up to 448 x 448 pixels takes
// 96 tokens and two marks.
const fs::path kModels = CROSSFADE_TINY_MODELS;
constexpr std::size_t kWidth = 128;
constexpr std::int64_t kImageTokens = 98;

LlamaOptions tiny_options() {
  LlamaOptions options;
  options.model = kModels / "tiny-minicpmv.gguf";
  options.max_tokens = 2048;
  options.batch_tokens = 128;
  options.exact = true;
  options.threads = 1;
  return options;
}

VisionOptions tiny_vision() {
  return {.projector = kModels / "tiny-minicpmv-mm.gguf", .max_image_side = 1344};
}

// One for the tests that need nothing special: loading the vocabulary takes most of a second.
LlamaVisionEncoder& tiny_encoder() {
  static LlamaVisionEncoder encoder(tiny_options(), tiny_vision());
  return encoder;
}

using Texts = std::vector<ImageText>;
using Problems = std::vector<std::optional<std::string>>;

std::vector<float> encode(LlamaVisionEncoder& encoder, const Texts& texts) {
  std::vector<float> out(texts.size() * encoder.width());
  for (const auto& problem : encoder.encode(texts, out)) {
    EXPECT_FALSE(problem.has_value()) << *problem;
  }
  return out;
}

std::vector<float> encode_plain(const LlamaOptions& options,
                                const std::vector<std::string>& texts) {
  LlamaEncoder encoder(options);
  std::vector<float> out(texts.size() * encoder.width());
  encoder.encode(texts, out);
  return out;
}

// Noise of one seed; a PNG keeps it exactly.
cv::Mat noise(int width, int height, std::uint64_t seed = 1) {
  cv::Mat image(height, width, CV_8UC3);
  Rng rng(seed);
  for (auto pixel = image.begin<cv::Vec3b>(); pixel != image.end<cv::Vec3b>(); ++pixel) {
    const std::uint64_t bits = rng.below(1 << 24);
    *pixel = cv::Vec3b(bits & 0xFF, bits >> 8 & 0xFF, bits >> 16);
  }
  return image;
}

// Pictures that the tests share.
class LlamaVisionEncoderTest : public ::testing::Test {
 protected:
  fs::path picture(const std::string& name, const cv::Mat& image) const {
    cv::imwrite((directory_ / name).string(), image);
    return directory_ / name;
  }

  // Texts with images of several sizes and without any.
  Texts mixed_texts(int count, std::uint64_t seed) const {
    const std::vector<std::string> words{" kettle", " blue", " Größe", " 1234", " works,"};
    const std::vector<fs::path> images{
        "", picture("a.png", noise(30, 50)), picture("b.png", noise(500, 300, 2)), ""};
    Rng rng(seed);
    Texts texts;
    for (int i = 0; i < count; ++i) {
      ImageText& text = texts.emplace_back();
      text.image = images[rng.below(images.size())];
      for (std::string* part : {&text.before, &text.after}) {
        for (std::uint64_t n = rng.below(25); n > 0; --n) {
          *part += words[rng.below(words.size())];
        }
      }
    }
    return texts;
  }

  TempDirectory directory_;
};

// What llama.cpp's own helpers make of one image and the text around it.
class Reference {
 public:
  Reference() : model_(load_llama_model(tiny_options().model, 0)) {
    mtmd_context_params params = mtmd_context_params_default();
    params.use_gpu = params.print_timings = params.warmup = false;
    params.n_threads = 1;
    params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
    vision_.reset(mtmd_init_from_file(tiny_vision().projector.c_str(), model_.get(), params));
  }

  // Means over tokens of (first layer's output + final state) / 2.
  std::vector<float> encode(const ImageText& text, cv::Mat image) {
    cv::cvtColor(image, image, cv::COLOR_BGR2RGB);
    const std::unique_ptr<mtmd_bitmap, decltype(&mtmd_bitmap_free)> bitmap(
        mtmd_bitmap_init(image.cols, image.rows, image.data), mtmd_bitmap_free);
    const std::unique_ptr<mtmd_input_chunks, decltype(&mtmd_input_chunks_free)> chunks(
        mtmd_input_chunks_init(), mtmd_input_chunks_free);
    const std::string prompt = text.before + mtmd_default_marker() + text.after;
    const mtmd_input_text input{.text = prompt.data(),
                                .text_len = prompt.size(),
                                .add_special = true,
                                .parse_special = false};
    const mtmd_bitmap* bitmaps[] = {bitmap.get()};
    EXPECT_EQ(mtmd_tokenize(vision_.get(), chunks.get(), &input, bitmaps, 1), 0);
    tokens_ = mtmd_helper_get_n_tokens(chunks.get());
    evaluate(chunks.get());
    std::vector<float> vector(kWidth);
    for (std::size_t j = 0; j < kWidth; ++j) {
      vector[j] = static_cast<float>(sums_[j] / (2 * static_cast<double>(tokens_)));
    }
    return vector;
  }

  [[nodiscard]] std::size_t tokens() const { return tokens_; }

 private:
  void evaluate(const mtmd_input_chunks* chunks) {
    llama_context_params params = llama_context_default_params();
    params.n_ctx = 2048;
    params.n_batch = params.n_ubatch = 64;
    params.n_threads = params.n_threads_batch = 1;
    params.embeddings = true;
    params.pooling_type = LLAMA_POOLING_TYPE_NONE;
    params.type_k = params.type_v = GGML_TYPE_F32;
    params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
    params.cb_eval = add_rows;
    params.cb_eval_user_data = this;
    const std::unique_ptr<llama_context, decltype(&llama_free)> context(
        llama_init_from_model(model_.get(), params), llama_free);
    sums_.assign(kWidth, 0);
    rows_ = 0;
    llama_pos end = 0;
    EXPECT_EQ(mtmd_helper_eval_chunks(vision_.get(), context.get(), chunks, 0, 0, 64, true, &end),
              0);
    EXPECT_EQ(static_cast<std::size_t>(end), tokens_);
    EXPECT_EQ(rows_, 2 * tokens_);
  }

  static bool add_rows(ggml_tensor* tensor, bool ask, void* self) {
    const std::string name = ggml_get_name(tensor);
    const bool wanted = name == "l_out-0" || name == "result_embd_pooled";
    if (ask || !wanted) {
      return wanted;
    }
    auto& reference = *static_cast<Reference*>(self);
    std::vector<float> rows(static_cast<std::size_t>(ggml_nelements(tensor)));
    ggml_backend_tensor_get(tensor, rows.data(), 0, ggml_nbytes(tensor));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      reference.sums_[i % kWidth] += double{rows[i]};
    }
    reference.rows_ += rows.size() / kWidth;
    return true;
  }

  LlamaModelPtr model_;
  std::unique_ptr<mtmd_context, decltype(&mtmd_free)> vision_{nullptr, mtmd_free};
  std::vector<double> sums_;
  std::size_t rows_ = 0;
  std::size_t tokens_ = 0;
};

TEST_F(LlamaVisionEncoderTest, TheImageChangesTheVectorAndTheSameImageDoesNot) {
  const fs::path a = picture("a.png", noise(100, 80));
  const fs::path same = picture("same.bmp", noise(100, 80));
  const fs::path b = picture("b.png", noise(100, 80, 2));
  const auto vector = [](const fs::path& image) {
    return encode(tiny_encoder(), {{.before = "Title: kettle ", .image = image, .after = "!"}});
  };
  EXPECT_EQ(vector(a), vector(same));
  EXPECT_GT(relative_distance(vector(b), vector(a)), 1e-3);
  EXPECT_GT(relative_distance(vector(""), vector(a)), 1e-2);
}

// Both add up floats of 24 bits, in batches of other sizes.
TEST_F(LlamaVisionEncoderTest, TheMeanOfAllStatesIsThatOfLlamaCppsHelpers) {
  Reference reference;
  ImageText text{.before = "Title: kettle ", .image = "", .after = " Summarise this product."};
  for (const auto& [width, height] : {std::pair{448, 448}, {60, 20}, {900, 448}, {1000, 1000}}) {
    const cv::Mat image = noise(width, height);
    text.image = picture("a.png", image);
    const LlamaCounts before = tiny_encoder().counts();
    const std::vector<float> vector = encode(tiny_encoder(), {text});
    const LlamaCounts& counts = tiny_encoder().counts();
    EXPECT_LT(relative_distance(vector, reference.encode(text, image)), 1e-4) << width;
    // The begin-of-text mark is the prefix, which was evaluated before.
    EXPECT_EQ(counts.tokens - before.tokens, static_cast<std::int64_t>(reference.tokens()) - 1);
    EXPECT_EQ(counts.images - before.images, 1);
  }
}

TEST_F(LlamaVisionEncoderTest, ATextWithoutAnImageIsThatOfTheTextEncoder) {
  const Texts texts{{.before = "Title: kettl", .image = "", .after = "e"},
                    {.before = "", .image = "", .after = ""},
                    {.before = " works", .image = "", .after = ""}};
  EXPECT_EQ(encode(tiny_encoder(), texts),
            encode_plain(tiny_options(), {"Title: kettle", "", " works"}));
}

TEST_F(LlamaVisionEncoderTest, PromptAndTextStandAroundTheImage) {
  LlamaOptions options = tiny_options();
  options.prefix = "Look at this product:";
  options.suffix = " Summarise it.";
  LlamaVisionEncoder encoder(options, tiny_vision());
  const fs::path image = picture("a.png", noise(64, 64));
  const auto prompted = encode(encoder, {{.before = " Title", .image = image, .after = " kettle"}});
  const auto plain = encode(
      tiny_encoder(),
      {{.before = options.prefix + " Title", .image = image, .after = " kettle" + options.suffix}});
  EXPECT_LT(relative_distance(prompted, plain), 1e-5);
}

TEST_F(LlamaVisionEncoderTest, TheOtherTextsAndTheSizeOfBatchesDoNotMatter) {
  const Texts texts = mixed_texts(14, 3);
  const std::vector<float> together = encode(tiny_encoder(), texts);
  std::vector<float> alone;
  for (const ImageText& text : texts) {
    const std::vector<float> row = encode(tiny_encoder(), {text});
    alone.insert(alone.end(), row.begin(), row.end());
  }
  EXPECT_LT(row_distance(together, alone, kWidth), 1e-5);
  LlamaOptions options = tiny_options();
  options.batch_tokens = 33;
  LlamaVisionEncoder small(options, tiny_vision());
  // 8-bit weights have activations rounded to 8 bits; with float weights this is below 1e-5 too.
  EXPECT_LT(row_distance(encode(small, texts), together, kWidth), 1e-3);
}

TEST_F(LlamaVisionEncoderTest, WhatWasEncodedBeforeLeavesNoTrace) {
  const Texts a = mixed_texts(9, 4);
  const Texts b = mixed_texts(13, 5);
  for (const bool exact : {true, false}) {
    LlamaOptions options = tiny_options();
    options.exact = exact;
    options.max_tokens = 512;
    LlamaVisionEncoder encoder(options, tiny_vision());
    const std::vector<float> first = encode(encoder, a);
    encode(encoder, b);
    EXPECT_EQ(encode(encoder, a), first);
    LlamaVisionEncoder fresh(options, tiny_vision());
    EXPECT_EQ(encode(fresh, a), first);
  }
}

TEST_F(LlamaVisionEncoderTest, BatchesOfManyImagesAreFull) {
  Texts texts(12, {.before = "", .image = picture("a.png", noise(20, 20)), .after = ""});
  LlamaVisionEncoder encoder(tiny_options(), tiny_vision());
  encode(encoder, texts);
  EXPECT_EQ(encoder.counts().images, 12);
  EXPECT_EQ(encoder.counts().image_tokens, 12 * kImageTokens);
  // 9 full ones of 128 vectors each; marks come in batches of their own between them.
  EXPECT_LE(encoder.counts().batches, 9 + 12);
}

TEST_F(LlamaVisionEncoderTest, AnImageThatCannotBeUsedLeavesTheOthersAlone) {
  const fs::path good = picture("good.png", noise(80, 80));
  const std::string png = read_file(good);
  write_file(directory_ / "cut.png", png.substr(0, png.size() - 20));
  write_file(directory_ / "text.jpg", "<html>not found</html>");
  const Texts texts{{.before = "a", .image = directory_ / "none.png", .after = " kettle"},
                    {.before = "a", .image = good, .after = " kettle"},
                    {.before = "a", .image = directory_ / "cut.png", .after = " kettle"},
                    {.before = "a", .image = directory_.path(), .after = " kettle"},
                    {.before = "a", .image = good, .after = " blue"},
                    {.before = "a", .image = directory_ / "text.jpg", .after = " blue"}};
  std::vector<float> rows(texts.size() * kWidth);
  const Problems problems = tiny_encoder().encode(texts, rows);
  EXPECT_THAT(problems,
              ::testing::ElementsAre("no such file",
                                     std::nullopt,
                                     "is cut off",
                                     "is no regular file",
                                     std::nullopt,
                                     "is no JPEG, PNG, WebP or BMP image"));
  Texts expected = texts;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    expected[i].image = problems[i] ? "" : texts[i].image;
  }
  EXPECT_EQ(rows, encode(tiny_encoder(), expected));
}

TEST_F(LlamaVisionEncoderTest, AnImageThatTakesTooManyTokensIsLeftOut) {
  LlamaOptions options = tiny_options();
  options.max_tokens = 110;
  options.suffix = "!";
  LlamaVisionEncoder encoder(options, tiny_vision());
  const std::string text = " one two three four five six seven eight nine ten eleven twelve";
  const Texts texts{{.before = "", .image = picture("large.png", noise(900, 448)), .after = text},
                    {.before = "", .image = picture("small.png", noise(10, 10)), .after = text},
                    {.before = text, .image = directory_ / "small.png", .after = text}};
  std::vector<float> rows(texts.size() * kWidth);
  const Problems problems = encoder.encode(texts, rows);
  EXPECT_EQ(problems[0], "takes 296 tokens, max_tokens = 110 leaves room for 108");
  EXPECT_EQ(problems[1], std::nullopt);
  const LlamaCounts& counts = encoder.counts();
  EXPECT_EQ(counts.texts_cut, 2);
  EXPECT_EQ(counts.tokens_cut, 2 + 2 + 12);  // of 12 words each, 10 stay beside an image
  EXPECT_EQ(counts.images, 2);
  const std::string ten = " one two three four five six seven eight nine ten";
  const auto cut = encode(encoder,
                          {{.before = text, .image = "", .after = ""},
                           {.before = "", .image = directory_ / "small.png", .after = ten},
                           {.before = ten, .image = directory_ / "small.png", .after = ""}});
  EXPECT_LT(row_distance(rows, cut, kWidth), 1e-5);
}

TEST_F(LlamaVisionEncoderTest, OddImagesBecomeVectors) {
  const std::vector<fs::path> images{
      picture("1.png", noise(1, 1)),
      picture("2.png", noise(3000, 1)),
      picture("3.png", noise(1, 3000)),
      picture("4.png", noise(449, 2)),
      picture("5.jpg", noise(4000, 3000)),
      picture("6.webp", noise(600, 10)),
      picture("7.png", cv::Mat(9, 9, CV_8UC1, cv::Scalar(90))),
      picture("8.png", cv::Mat(9, 9, CV_8UC4, cv::Scalar(9, 90, 200, 128))),
      picture("9.png", cv::Mat(9, 9, CV_16UC3, cv::Scalar(900, 9000, 20000)))};
  for (const fs::path& image : images) {
    const auto vector = encode(tiny_encoder(), {{.before = "a", .image = image, .after = "b"}});
    EXPECT_TRUE(std::ranges::all_of(vector, [](float x) { return std::isfinite(x); })) << image;
  }
}

TEST_F(LlamaVisionEncoderTest, LargeImagesAreShrunkFirst) {
  VisionOptions vision = tiny_vision();
  vision.max_image_side = 448;
  LlamaVisionEncoder encoder(tiny_options(), vision);
  encode(encoder, {{.before = "", .image = picture("a.jpg", noise(1500, 1000)), .after = ""}});
  EXPECT_EQ(encoder.counts().image_tokens, kImageTokens);  // not ten times as many
  vision.max_image_side = 16384;
  const LlamaVisionEncoder largest(tiny_options(), vision);
}

TEST_F(LlamaVisionEncoderTest, AnImageWithoutFiniteVectorsIsLeftOut) {
  VisionOptions vision = tiny_vision();
  vision.projector = directory_ / "spoiled.gguf";
  copy_spoiled(tiny_vision().projector, vision.projector, "v.patch_embd.bias", 0, 1);
  LlamaVisionEncoder encoder(tiny_options(), vision);
  const Texts texts{{.before = "a", .image = picture("a.png", noise(9, 9)), .after = "b"}};
  std::vector<float> row(kWidth);
  EXPECT_EQ(encoder.encode(texts, row)[0], "its vectors are not finite");
  EXPECT_EQ(row, encode_plain(tiny_options(), {"ab"}));
}

TEST_F(LlamaVisionEncoderTest, RefusesFilesThatDoNotFit) {
  const std::string model = tiny_options().model.string();
  const std::string projector = tiny_vision().projector.string();
  const auto failure = [](const LlamaOptions& options, const VisionOptions& vision) {
    return failure_of([&] { LlamaVisionEncoder{options, vision}; });
  };
  VisionOptions vision{.projector = directory_ / "none.gguf"};
  EXPECT_EQ(
      failure(tiny_options(), vision),
      "kIo: " + vision.projector.string() + ": cannot be read; a GGUF model file was expected");
  vision.projector = tiny_options().model;
  EXPECT_EQ(failure(tiny_options(), vision),
            "kUsage: " + model +
                ": is a model of architecture \"llama\", not the vision part of one; the name of "
                "such a file mostly begins with mmproj");
  vision = tiny_vision();
  vision.max_image_side = 0;
  EXPECT_EQ(failure(tiny_options(), vision),
            "kUsage: " + projector + ": max_image_side = 0 is outside [1, 16384]");
  LlamaOptions narrow = tiny_options();
  narrow.model = kModels / "tiny-llama.gguf";
  EXPECT_EQ(failure(narrow, tiny_vision()),
            "kUsage: " + projector + ": makes vectors of width 128, but " + narrow.model.string() +
                " reads 64; take the two files of one model");
  const std::string bytes = read_file(tiny_vision().projector);
  vision.projector = directory_ / "cut.gguf";
  vision.max_image_side = 1344;
  write_file(vision.projector, bytes.substr(0, bytes.size() / 2));
  EXPECT_THAT(failure(tiny_options(), vision),
              ::testing::StartsWith("kData: " + vision.projector.string() + ": "));
}

TEST_F(LlamaVisionEncoderTest, RefusesModelsThatSeeInOtherWays) {
  VisionOptions vision = tiny_vision();
  vision.projector = kModels / "tiny-gemma3-mm.gguf";
  EXPECT_EQ(failure_of([&] { LlamaVisionEncoder(tiny_options(), vision); }),
            "kUsage: " + vision.projector.string() +
                ": its model looks both ways within an image, which is not supported; use another "
                "model, such as MiniCPM-V");
  LlamaOptions options = tiny_options();
  options.model = kModels / "tiny-qwen2vl.gguf";
  EXPECT_EQ(failure_of([&] { LlamaVisionEncoder(options, tiny_vision()); }),
            "kUsage: " + options.model.string() +
                ": gives the parts of an image positions in rows and columns (M-RoPE), which is "
                "not supported; use another model, such as MiniCPM-V");
  options = tiny_options();
  options.model = CROSSFADE_MINILM;
  options.max_tokens = 128;
  options.pooling = Pooling::kMean;
  if (fs::exists(options.model)) {
    EXPECT_EQ(failure_of([&] { LlamaVisionEncoder(options, tiny_vision()); }),
              "kUsage: " + options.model.string() +
                  ": looks both ways and takes no images; use another model, such as MiniCPM-V");
  }
}

TEST_F(LlamaVisionEncoderTest, RefusesALanguageModelWithoutTheMarks) {
  LlamaOptions options = tiny_options();
  std::string bytes = read_file(options.model);
  options.model = directory_ / "other.gguf";
  const std::size_t mark = bytes.find("</image>");
  ASSERT_NE(mark, std::string::npos);
  bytes.replace(mark, 8, "</other>");
  std::ofstream(options.model, std::ios::binary) << bytes;
  EXPECT_EQ(failure_of([&] { LlamaVisionEncoder(options, tiny_vision()); }),
            "kUsage: " + options.model.string() + ": lacks the marks that " +
                tiny_vision().projector.string() +
                " puts around an image; take the two files of one model");
}

}  // namespace
}  // namespace crossfade
