// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/llama/llama_vision_encoder.h"

#include <utility>
#include <variant>

#include "crossfade/core/error.h"
#include "crossfade/features/llama/llama_engine.h"
#include "crossfade/features/llama/llama_vision.h"
#include "crossfade/features/llama/read_ahead.h"

namespace crossfade {
namespace {

using ImageResult = std::variant<std::vector<LlamaSegment>, std::string>;

constexpr std::size_t kImagesAhead = 4;

// The files of the images, without the texts that have none.
std::vector<std::filesystem::path> image_files(std::span<const ImageText> texts) {
  std::vector<std::filesystem::path> files;
  for (const ImageText& text : texts) {
    if (!text.image.empty()) {
      files.push_back(text.image);
    }
  }
  return files;
}

// Makes jobs of texts with images.
class ImageJobs {
 public:
  ImageJobs(LlamaEngine& engine,
            LlamaVision& vision,
            std::span<const ImageText> texts,
            LlamaEngine::Problems& problems)
      : prompt_(engine.prompt()),
        counts_(engine.counts()),
        texts_(texts),
        problems_(problems),
        files_(image_files(texts)),
        reader_(files_.size(), kImagesAhead, [this, &vision](std::size_t i) {
          return vision.read(files_[i], prompt_.room());
        }) {}

  std::optional<LlamaJob> next() {
    if (next_ == texts_.size()) {
      return std::nullopt;
    }
    const std::size_t text = next_++;
    const auto& [before, file, after] = texts_[text];
    std::vector<LlamaSegment> image = image_of(text);
    if (image.empty()) {
      return LlamaJob{
          .text = text,
          .segments = prompt_.arrange(prompt_.tokenize(before + after), {}, {}, counts_)};
    }
    counts_.images += 1;
    counts_.image_tokens += static_cast<std::int64_t>(count_rows(image));
    return LlamaJob{
        .text = text,
        .segments = prompt_.arrange(
            prompt_.tokenize(before), std::move(image), prompt_.tokenize(after), counts_)};
  }

 private:
  // Empty where the text has no image that can be used.
  std::vector<LlamaSegment> image_of(std::size_t text) {
    if (texts_[text].image.empty()) {
      return {};
    }
    ImageResult result = reader_.take();
    if (auto* problem = std::get_if<std::string>(&result)) {
      problems_[text] = std::move(*problem);
      return {};
    }
    return std::get<std::vector<LlamaSegment>>(std::move(result));
  }

  const LlamaPrompt& prompt_;
  LlamaCounts& counts_;
  std::span<const ImageText> texts_;
  LlamaEngine::Problems& problems_;
  std::size_t next_ = 0;
  std::vector<std::filesystem::path> files_;
  ReadAhead<ImageResult> reader_;
};

}  // namespace

LlamaVisionEncoder::LlamaVisionEncoder(LlamaOptions options, const VisionOptions& vision)
    : engine_(std::make_unique<LlamaEngine>(std::move(options), true)) {
  require(!engine_->looks_both_ways(),
          ErrorKind::kUsage,
          "{}: looks both ways and takes no images; use another model, such as MiniCPM-V",
          engine_->options().model.string());
  vision_ = std::make_unique<LlamaVision>(engine_->model(), engine_->options(), vision);
}

LlamaVisionEncoder::~LlamaVisionEncoder() = default;

std::size_t LlamaVisionEncoder::width() const noexcept {
  return engine_->width();
}

const LlamaCounts& LlamaVisionEncoder::counts() const noexcept {
  return engine_->counts();
}

std::vector<std::optional<std::string>> LlamaVisionEncoder::encode(std::span<const ImageText> texts,
                                                                   std::span<float> out) {
  std::vector<std::optional<std::string>> problems(texts.size());
  ImageJobs jobs(*engine_, *vision_, texts, problems);
  engine_->run([&jobs] { return jobs.next(); }, out, problems);
  return problems;
}

}  // namespace crossfade
