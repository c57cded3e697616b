// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ggml.h>
#include <llama.h>

#include "crossfade/features/llama/llama_batch.h"
#include "crossfade/features/llama/llama_library.h"
#include "crossfade/features/llama/llama_options.h"
#include "crossfade/features/llama/llama_pool.h"
#include "crossfade/features/llama/llama_prompt.h"

namespace crossfade {

/// A text that is to become a vector.
struct LlamaJob {
  std::size_t text = 0;                ///< Its place in the result.
  std::vector<LlamaSegment> segments;  ///< What LlamaPrompt::arrange makes of it.
};

/// Evaluates many texts with few, full batches: several texts share a batch, a text may straddle
/// batches, and the prefix is evaluated once. As llama.cpp takes either tokens or vectors in a
/// batch, a text with an image waits at each change between the two until a batch of that kind is
/// worth it. Which batch a row lands in depends on the texts and the options alone.
class LlamaEngine {
 public:
  using NextJob = std::function<std::optional<LlamaJob>()>;
  using Problems = std::vector<std::optional<std::string>>;

  /// Loads the model and evaluates the prefix; `images` makes room for texts with images.
  LlamaEngine(LlamaOptions options, bool images);

  [[nodiscard]] const LlamaOptions& options() const { return options_; }
  [[nodiscard]] const llama_model* model() const { return model_.get(); }
  [[nodiscard]] const LlamaPrompt& prompt() const { return prompt_; }
  [[nodiscard]] std::size_t width() const { return width_; }
  [[nodiscard]] LlamaCounts& counts() { return counts_; }

  /// Whether the model looks both ways and therefore reads a text in one piece.
  [[nodiscard]] bool looks_both_ways() const { return memory_ == nullptr; }

  /// Takes jobs from `next` until it has none, and writes their vectors to `out` [texts, width()].
  /// Where a vector is not finite, it becomes zero and problems[text] says so; as its states can
  /// spoil those of the texts beside it, these are evaluated again.
  void run(const NextJob& next, std::span<float> out, Problems& problems);

 private:
  struct FreeContext {
    void operator()(llama_context* context) const noexcept { llama_free(context); }
  };

  // A job that is being evaluated.
  struct Running {
    LlamaJob job;
    LlamaPool pool;
    llama_seq_id sequence = 0;
    std::size_t length = 0;   // Rows of all segments.
    std::size_t segment = 0;  // The one to go on with,
    std::size_t at = 0;       // the row of it,
    std::size_t done = 0;     // and how many came before.
  };

  static bool on_tensor(ggml_tensor* tensor, bool ask, void* self);
  [[nodiscard]] std::string where() const { return options_.model.string(); }
  [[nodiscard]] std::size_t sequences() const;
  [[nodiscard]] std::size_t first_position() const;
  void check_options() const;
  void open_context();
  void evaluate_prefix();
  [[nodiscard]] std::optional<LlamaJob> take(const NextJob& next) const;
  void start(LlamaJob job);
  void admit(const NextJob& next);
  [[nodiscard]] std::size_t pending(bool images) const;
  void add_rows(Running& running, LlamaBatch& batch);
  void step();
  void evaluate(const LlamaBatch& batch);
  void add_states(std::size_t row, LlamaPool& pool) const;
  void finish(Running& running, std::span<float> out, Problems& problems);
  void finish_done(std::span<float> out, Problems& problems);
  void run_failed_alone(std::span<float> out, Problems& problems);
  void forget();

  LlamaOptions options_;
  LlamaModelPtr model_;
  LlamaPrompt prompt_;
  std::size_t width_;
  std::size_t cells_;  // Of the memory, beside those of the prefix.
  std::unique_ptr<llama_context, FreeContext> context_;
  llama_memory_t memory_ = nullptr;  // Of keys and values; none in models that look both ways.
  LlamaPool prefix_;                 // Evaluated once, as sequence 0, where there is a memory.
  LlamaBatch tokens_;
  LlamaBatch vectors_;
  std::deque<Running> running_;
  std::optional<LlamaJob> waiting_;                     // For free cells.
  std::vector<std::pair<Running*, std::size_t>> rows_;  // Whose each row of a batch is.
  std::vector<llama_seq_id> free_sequences_;
  std::vector<float> first_;  // The first layer's output [batch, width].
  LlamaCounts counts_;
  std::vector<LlamaJob> failed_;  // Their vectors are not finite, perhaps through others' fault.
  bool spoiled_ = false;          // The memory may hold states that are not finite.
  bool alone_ = false;            // One job runs by itself.
};

}  // namespace crossfade
