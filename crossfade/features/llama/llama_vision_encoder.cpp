// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/llama/llama_vision_encoder.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>
#include <variant>

#include "crossfade/core/error.h"
#include "crossfade/features/llama/llama_engine.h"
#include "crossfade/features/llama/llama_vision.h"

namespace crossfade {
namespace {

// What became of one image; an exception is for whoever waits for it.
using ImageResult = std::variant<std::vector<LlamaSegment>, std::string, std::exception_ptr>;

// Reads the images of `texts` in order on a thread of its own, a few ahead of who takes them.
class ImageReader {
 public:
  ImageReader(LlamaVision& vision, std::span<const ImageText> texts, std::size_t room)
      : thread_([this, &vision, texts, room](const std::stop_token& stop) {
          for (const ImageText& text : texts) {
            if (!text.image.empty() && !put(read(vision, text.image, room), stop)) {
              return;
            }
          }
        }) {}

  // The next image.
  ImageResult take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !results_.empty(); });
    ImageResult result = std::move(results_.front());
    results_.pop_front();
    changed_.notify_all();
    return result;
  }

 private:
  static ImageResult read(LlamaVision& vision,
                          const std::filesystem::path& image,
                          std::size_t room) {
    try {
      auto segments = vision.read(image, room);
      if (auto* problem = std::get_if<std::string>(&segments)) {
        return std::move(*problem);
      }
      return std::get<std::vector<LlamaSegment>>(std::move(segments));
    } catch (...) {
      return std::current_exception();
    }
  }

  // False when nobody will take it.
  bool put(ImageResult result, const std::stop_token& stop) {
    constexpr std::size_t kAhead = 4;
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [this] { return results_.size() < kAhead; })) {
      return false;
    }
    results_.push_back(std::move(result));
    changed_.notify_all();
    return true;
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<ImageResult> results_;
  std::jthread thread_;  // the last member: it uses the others
};

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
        reader_(vision, texts, prompt_.room()) {}

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
    if (const auto* exception = std::get_if<std::exception_ptr>(&result)) {
      std::rethrow_exception(*exception);
    }
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
  ImageReader reader_;
};

}  // namespace

LlamaVisionEncoder::LlamaVisionEncoder(LlamaOptions options, const VisionOptions& vision)
    : engine_(std::make_unique<LlamaEngine>(std::move(options), true)),
      vision_(std::make_unique<LlamaVision>(engine_->model(), engine_->options(), vision)) {
  require(!engine_->looks_both_ways(),
          ErrorKind::kUsage,
          "{}: looks both ways and takes no images; use another model, such as MiniCPM-V",
          engine_->options().model.string());
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
