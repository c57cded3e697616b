// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/llama/llama_engine.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <thread>

#include <ggml-backend.h>

#include "crossfade/core/error.h"

namespace crossfade {
namespace {

// Every text in the memory has room for the whole of it, so that none ever waits for another. Texts
// without images then fill all batches with two of the longest; with images a batch is filled by
// those that are about to read one, so there are more of them at a time.
std::size_t cells_for(const LlamaOptions& options, bool images) {
  const std::size_t full = options.max_tokens + options.batch_tokens;
  return options.max_tokens + (images ? std::max(full, 4 * options.batch_tokens) : full);
}

}  // namespace

LlamaEngine::LlamaEngine(LlamaOptions options, bool images)
    : options_(std::move(options)),
      model_(load_llama_model(options_.model, options_.gpu_layers)),
      prompt_(model_.get(), options_),
      width_(static_cast<std::size_t>(llama_model_n_embd_out(model_.get()))),
      cells_(cells_for(options_, images)),
      prefix_(width_),
      tokens_(options_.batch_tokens, 0),
      vectors_(images ? options_.batch_tokens : 0,
               static_cast<std::size_t>(llama_model_n_embd_inp(model_.get()))) {
  check_options();
  open_context();
  for (std::size_t i = sequences(); i > 0; --i) {
    free_sequences_.push_back(static_cast<llama_seq_id>(i));
  }
  evaluate_prefix();
}

// The scheduler asks of each tensor whether it is wanted, then shows those that are.
bool LlamaEngine::on_tensor(ggml_tensor* tensor, bool ask, void* self) {
  auto& engine = *static_cast<LlamaEngine*>(self);
  const std::string_view name = ggml_get_name(tensor);
  const bool first = name == "l_out-0" && engine.options_.pooling == Pooling::kFirstLastAvg;
  const bool last = name == "result_embd_pooled";  // so called where nothing is pooled, too
  if (ask) {
    return first || last;
  }
  if (first && tensor->type == GGML_TYPE_F32) {
    engine.first_.resize(static_cast<std::size_t>(ggml_nelements(tensor)));
    ggml_backend_tensor_get(tensor, engine.first_.data(), 0, ggml_nbytes(tensor));
  }
  return !last;  // what would follow is the product with the vocabulary, which nobody reads
}

// How many texts a batch holds at most; llama.cpp wants an output for each, and the prefix.
std::size_t LlamaEngine::sequences() const {
  return std::min<std::size_t>(options_.batch_tokens - 1, 128);
}

// Of a job's first row.
std::size_t LlamaEngine::first_position() const {
  return looks_both_ways() ? 0 : prompt_.prefix().size();
}

void LlamaEngine::check_options() const {
  const auto trained = static_cast<std::size_t>(llama_model_n_ctx_train(model_.get()));
  require(options_.max_tokens <= trained,
          ErrorKind::kUsage,
          "{}: max_tokens = {} is more than the {} tokens the model is made for",
          where(),
          options_.max_tokens,
          trained);
  require(options_.batch_tokens >= 2,
          ErrorKind::kUsage,
          "{}: batch_tokens = {} is less than 2",
          where(),
          options_.batch_tokens);
}

void LlamaEngine::open_context() {
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  llama_context_params params = llama_context_default_params();
  params.n_ctx = static_cast<std::uint32_t>(prompt_.prefix().size() + cells_);
  params.n_batch = params.n_ubatch = static_cast<std::uint32_t>(options_.batch_tokens);
  params.n_seq_max = static_cast<std::uint32_t>(sequences() + 1);
  params.n_threads = params.n_threads_batch = options_.threads > 0 ? options_.threads : cores;
  params.pooling_type = LLAMA_POOLING_TYPE_NONE;
  params.embeddings = true;
  params.kv_unified = true;  // so that texts of any length fill a batch, and share a prefix
  if (options_.exact) {
    params.type_k = params.type_v = GGML_TYPE_F32;
    params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
  }
  params.cb_eval = on_tensor;
  params.cb_eval_user_data = this;
  context_.reset(llama_init_from_model(model_.get(), params));
  require(context_ != nullptr,
          ErrorKind::kData,
          "{}: llama.cpp cannot run it: {}",
          where(),
          take_llama_complaint());
  memory_ = llama_get_memory(context_.get());
  require(
      !looks_both_ways() || options_.max_tokens <= options_.batch_tokens,
      ErrorKind::kUsage,
      "{}: max_tokens = {} is more than batch_tokens = {}; this model reads a text in one piece",
      where(),
      options_.max_tokens,
      options_.batch_tokens);
}

// In models that look back only, the states of the prefix are the same before every text.
void LlamaEngine::evaluate_prefix() {
  const LlamaTokens& prefix = prompt_.prefix();
  for (std::size_t at = 0; !looks_both_ways() && at < prefix.size(); at += tokens_.size()) {
    tokens_.clear();
    const std::size_t end = std::min(prefix.size(), at + options_.batch_tokens);
    for (std::size_t i = at; i < end; ++i) {
      tokens_.add(prefix[i], i, 0);
    }
    evaluate(tokens_);
    for (std::size_t i = at; i < end; ++i) {
      add_states(i - at, prefix_);
    }
  }
  std::vector<float> vector(width_);
  require(prefix_.write(options_.pooling, vector),
          ErrorKind::kNumeric,
          "{}: the states of the prompt are not finite; its weights may be damaged",
          where());
}

// The next job; with the prefix where that is not in the memory.
std::optional<LlamaJob> LlamaEngine::take(const NextJob& next) const {
  std::optional<LlamaJob> job = next();
  if (job && looks_both_ways()) {
    std::vector<LlamaSegment> whole;
    append_tokens(whole, prompt_.prefix());
    for (const LlamaSegment& segment : job->segments) {
      append_tokens(whole, segment.tokens);
    }
    job->segments = std::move(whole);
  }
  return job;
}

void LlamaEngine::start(LlamaJob job) {
  const std::size_t length = count_rows(job.segments);
  Running& running = running_.emplace_back(Running{.job = std::move(job), .pool = prefix_});
  running.length = length;
  running.sequence = free_sequences_.back();
  free_sequences_.pop_back();
  cells_ -= length;
  if (memory_ != nullptr) {
    llama_memory_seq_cp(memory_, 0, running.sequence, 0, -1);
  }
}

// The rows that all texts together can put into a batch of a kind.
std::size_t LlamaEngine::pending(bool images) const {
  std::size_t rows = 0;
  for (const Running& running : running_) {
    const auto& segments = running.job.segments;
    if (running.segment < segments.size() && segments[running.segment].is_image() == images) {
      rows += segments[running.segment].rows - running.at;
    }
  }
  return rows;
}

// Takes further texts until a batch of some kind is full, or until they do not fit any more.
void LlamaEngine::admit(const NextJob& next) {
  while (!spoiled_ && !free_sequences_.empty() &&
         std::max(pending(false), pending(true)) < options_.batch_tokens) {
    if (!waiting_) {
      waiting_ = take(next);
    }
    if (!waiting_ || count_rows(waiting_->segments) > cells_) {
      return;
    }
    start(std::move(*waiting_));
    waiting_.reset();
  }
}

// As much of a text's segment as there is room for; all or nothing where it must be seen in one
// piece.
void LlamaEngine::add_rows(Running& running, LlamaBatch& batch) {
  const LlamaSegment& segment = running.job.segments[running.segment];
  if (looks_both_ways() && segment.rows > batch.room()) {
    return;
  }
  const std::size_t width = segment.vectors.size() / segment.rows;
  const std::size_t end = std::min(segment.rows, running.at + batch.room());
  for (; running.at < end; ++running.at, ++running.done) {
    const std::size_t position = first_position() + running.done;
    rows_.emplace_back(&running, batch.size());
    if (segment.is_image()) {
      batch.add(segment.vectors.data() + running.at * width, position, running.sequence);
    } else {
      batch.add(segment.tokens[running.at], position, running.sequence);
    }
  }
  if (running.at == segment.rows) {
    running.segment += 1;
    running.at = 0;
  }
}

// Evaluates a batch of the kind that more rows wait for.
void LlamaEngine::step() {
  const bool images = pending(true) > pending(false);
  LlamaBatch& batch = images ? vectors_ : tokens_;
  batch.clear();
  rows_.clear();
  for (Running& running : running_) {
    const auto& segments = running.job.segments;
    if (running.segment < segments.size() && segments[running.segment].is_image() == images) {
      add_rows(running, batch);
    }
  }
  if (batch.size() > 0) {
    evaluate(batch);
  }
  for (const auto& [running, row] : rows_) {
    add_states(row, running->pool);
  }
}

void LlamaEngine::evaluate(const LlamaBatch& batch) {
  first_.clear();
  const int status = llama_decode(context_.get(), batch.get());
  require(status == 0,
          ErrorKind::kInternal,
          "{}: llama.cpp cannot evaluate {} tokens (status {}): {}",
          where(),
          batch.size(),
          status,
          take_llama_complaint());
  require(options_.pooling != Pooling::kFirstLastAvg || first_.size() == batch.size() * width_,
          ErrorKind::kUsage,
          "{}: this architecture does not show its first layer; use the pooling mean or last_token",
          where());
  counts_.batches += 1;
  counts_.tokens += static_cast<std::int64_t>(batch.size());
}

void LlamaEngine::add_states(std::size_t row, LlamaPool& pool) const {
  pool.add(first_.empty() ? nullptr : first_.data() + row * width_,
           llama_get_embeddings_ith(context_.get(), static_cast<std::int32_t>(row)));
}

void LlamaEngine::finish(Running& running, std::span<float> out, Problems& problems) {
  const std::size_t text = running.job.text;
  const bool finite = running.pool.write(options_.pooling, out.subspan(text * width_, width_));
  if (!finite && alone_) {
    problems[text] = "its vector is not finite";
  } else if (!finite) {
    failed_.push_back(std::move(running.job));
  }
  spoiled_ = spoiled_ || !finite;
  cells_ += running.length;
  free_sequences_.push_back(running.sequence);
  if (memory_ != nullptr) {
    llama_memory_seq_rm(memory_, running.sequence, -1, -1);
  }
}

void LlamaEngine::finish_done(std::span<float> out, Problems& problems) {
  const auto is_done = [](const Running& running) { return running.done == running.length; };
  for (Running& running : running_) {
    if (is_done(running)) {
      finish(running, out, problems);
    }
  }
  std::erase_if(running_, is_done);
}

// Cells that are masked count as zero times what they hold, which not-a-number survives.
void LlamaEngine::forget() {
  if (memory_ != nullptr) {
    llama_memory_clear(memory_, true);
    prefix_ = LlamaPool(width_);
    evaluate_prefix();
  }
  spoiled_ = false;
}

// Tells the texts whose own states are not finite from those that were only beside them.
void LlamaEngine::run_failed_alone(std::span<float> out, Problems& problems) {
  alone_ = true;
  for (LlamaJob& job : std::exchange(failed_, {})) {
    forget();
    start(std::move(job));
    while (!running_.empty()) {
      step();
      finish_done(out, problems);
    }
  }
  forget();
  alone_ = false;
}

void LlamaEngine::run(const NextJob& next, std::span<float> out, Problems& problems) {
  admit(next);
  while (!running_.empty()) {
    step();
    finish_done(out, problems);
    if (running_.empty() && spoiled_) {
      run_failed_alone(out, problems);
    }
    admit(next);
  }
}

}  // namespace crossfade
