// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/llama/llama_encoder.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <string_view>
#include <thread>

#include <ggml-backend.h>
#include <llama.h>

#include "crossfade/core/error.h"
#include "crossfade/features/llama/llama_library.h"

namespace crossfade {
namespace {

using Tokens = std::vector<llama_token>;

struct FreeContext {
  void operator()(llama_context* context) const noexcept { llama_free(context); }
};

// Sums over the tokens of one text, and the last final state.
struct Sums {
  explicit Sums(std::size_t width) : first(width), last(width), last_state(width) {}

  std::vector<double> first;
  std::vector<double> last;
  std::vector<float> last_state;
  std::int64_t tokens = 0;
};

// A text that is being evaluated.
struct Job {
  std::size_t text = 0;
  llama_seq_id sequence = 0;
  Tokens tokens;
  std::size_t done = 0;
  Sums sums;
};

// One batch for llama_decode. Every token is flagged as an output.
class Batch {
 public:
  explicit Batch(std::size_t capacity)
      : capacity_(capacity), batch_(llama_batch_init(static_cast<std::int32_t>(capacity), 0, 1)) {}
  ~Batch() { llama_batch_free(batch_); }
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  void clear() { batch_.n_tokens = 0; }

  void add(llama_token token, std::size_t position, llama_seq_id sequence) {
    const auto i = batch_.n_tokens++;
    batch_.token[i] = token;
    batch_.pos[i] = static_cast<llama_pos>(position);
    batch_.n_seq_id[i] = 1;
    batch_.seq_id[i][0] = sequence;
    batch_.logits[i] = 1;
  }

  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(batch_.n_tokens); }
  [[nodiscard]] std::size_t room() const { return capacity_ - size(); }
  [[nodiscard]] const llama_batch& get() const { return batch_; }

 private:
  std::size_t capacity_;
  llama_batch batch_;
};

std::int32_t as_int(std::size_t value) {
  return static_cast<std::int32_t>(value);
}

}  // namespace

class LlamaEncoder::Impl {
 public:
  explicit Impl(LlamaOptions options);

  [[nodiscard]] std::size_t width() const { return width_; }
  [[nodiscard]] const LlamaCounts& counts() const { return counts_; }
  [[nodiscard]] Tokens tokenize(const std::string& text) const;
  void encode(std::span<const std::string> texts, std::span<float> out);

 private:
  static bool on_tensor(ggml_tensor* tensor, bool ask, void* self);
  [[nodiscard]] std::string where() const { return options_.model.string(); }
  // How many texts a batch holds at most; llama.cpp wants an output for each, and the prefix.
  [[nodiscard]] std::size_t sequences() const {
    return std::min<std::size_t>(options_.batch_tokens - 1, 128);
  }
  void check_options() const;
  void open_context();
  void prepare_prompt();
  void evaluate_prefix();
  Job start(std::size_t text, const std::string& content);
  void fill(std::span<const std::string> texts, std::size_t& next);
  void add_to_batch(Job& job);
  void evaluate();
  void add_states(std::size_t row, Sums& sums) const;
  void finish(const Job& job, std::span<float> out);

  LlamaOptions options_;
  LlamaModelPtr model_;
  const llama_vocab* vocabulary_ = nullptr;
  std::unique_ptr<llama_context, FreeContext> context_;
  llama_memory_t memory_ = nullptr;  // of keys and values; none in models that look both ways
  std::size_t width_ = 0;
  Tokens before_;  // evaluated once, as sequence 0, where there is a memory
  Tokens after_;
  Sums prefix_{0};
  Batch batch_;
  std::deque<Job> jobs_;                            // in the batch, the last one perhaps in part
  std::vector<std::pair<Job*, std::size_t>> rows_;  // whose each row of the batch is
  std::vector<llama_seq_id> free_sequences_;
  std::vector<float> first_;  // the first layer's output [batch, width]
  LlamaCounts counts_;
};

LlamaEncoder::Impl::Impl(LlamaOptions options)
    : options_(std::move(options)),
      model_(load_llama_model(options_.model, options_.gpu_layers)),
      vocabulary_(llama_model_get_vocab(model_.get())),
      width_(static_cast<std::size_t>(llama_model_n_embd_out(model_.get()))),
      batch_(options_.batch_tokens) {
  prepare_prompt();
  check_options();
  open_context();
  for (std::size_t i = sequences(); i > 0; --i) {
    free_sequences_.push_back(static_cast<llama_seq_id>(i));
  }
  evaluate_prefix();
}

// The scheduler asks of each tensor whether it is wanted, then shows those that are.
bool LlamaEncoder::Impl::on_tensor(ggml_tensor* tensor, bool ask, void* self) {
  auto& impl = *static_cast<Impl*>(self);
  const std::string_view name = ggml_get_name(tensor);
  const bool first = name == "l_out-0" && impl.options_.pooling == Pooling::kFirstLastAvg;
  const bool last = name == "result_norm";
  if (ask) {
    return first || last;
  }
  if (first && tensor->type == GGML_TYPE_F32) {
    impl.first_.resize(static_cast<std::size_t>(ggml_nelements(tensor)));
    ggml_backend_tensor_get(tensor, impl.first_.data(), 0, ggml_nbytes(tensor));
  }
  return !last;  // what would follow is the product with the vocabulary, which nobody reads
}

void LlamaEncoder::Impl::check_options() const {
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
  const std::size_t prompt = before_.size() + after_.size();
  require(prompt < options_.max_tokens,
          ErrorKind::kUsage,
          "{}: the prompt takes {} tokens and leaves no room for a text; max_tokens = {}",
          where(),
          prompt,
          options_.max_tokens);
}

void LlamaEncoder::Impl::open_context() {
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  llama_context_params params = llama_context_default_params();
  params.n_ctx =
      static_cast<std::uint32_t>(before_.size() + options_.max_tokens + options_.batch_tokens);
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
      memory_ != nullptr || options_.max_tokens <= options_.batch_tokens,
      ErrorKind::kUsage,
      "{}: max_tokens = {} is more than batch_tokens = {}; this model reads a text in one piece",
      where(),
      options_.max_tokens,
      options_.batch_tokens);
}

std::vector<llama_token> LlamaEncoder::Impl::tokenize(const std::string& text) const {
  Tokens tokens(text.size() + 2);
  const auto tokenize_into = [&] {
    return llama_tokenize(vocabulary_,
                          text.data(),
                          as_int(text.size()),
                          tokens.data(),
                          as_int(tokens.size()),
                          false,
                          false);
  };
  std::int32_t count = tokenize_into();
  if (count < 0) {
    tokens.resize(static_cast<std::size_t>(-count));
    count = tokenize_into();
  }
  tokens.resize(static_cast<std::size_t>(count));
  return tokens;
}

void LlamaEncoder::Impl::prepare_prompt() {
  if (llama_vocab_get_add_bos(vocabulary_)) {
    before_.push_back(llama_vocab_bos(vocabulary_));
  }
  const Tokens prefix = tokenize(options_.prefix);
  before_.insert(before_.end(), prefix.begin(), prefix.end());
  after_ = tokenize(options_.suffix);
  if (llama_vocab_get_add_sep(vocabulary_)) {
    after_.push_back(llama_vocab_sep(vocabulary_));
  } else if (llama_vocab_get_add_eos(vocabulary_)) {
    after_.push_back(llama_vocab_eos(vocabulary_));
  }
}

// In models that look back only, the states of the prefix are the same before every text.
void LlamaEncoder::Impl::evaluate_prefix() {
  prefix_ = Sums(width_);
  if (memory_ == nullptr) {
    return;
  }
  for (std::size_t at = 0; at < before_.size(); at += options_.batch_tokens) {
    batch_.clear();
    const std::size_t end = std::min(before_.size(), at + options_.batch_tokens);
    for (std::size_t i = at; i < end; ++i) {
      batch_.add(before_[i], i, 0);
    }
    evaluate();
    for (std::size_t i = at; i < end; ++i) {
      add_states(i - at, prefix_);
    }
  }
}

Job LlamaEncoder::Impl::start(std::size_t text, const std::string& content) {
  Job job{.text = text, .sequence = 0, .tokens = {}, .done = 0, .sums = prefix_};
  const std::size_t room = options_.max_tokens - before_.size() - after_.size();
  Tokens tokens = tokenize(content);
  counts_.texts += 1;
  if (tokens.size() > room) {
    counts_.texts_cut += 1;
    counts_.tokens_cut += static_cast<std::int64_t>(tokens.size() - room);
    tokens.resize(room);
  }
  if (memory_ == nullptr) {
    job.tokens = before_;
  }
  job.tokens.insert(job.tokens.end(), tokens.begin(), tokens.end());
  job.tokens.insert(job.tokens.end(), after_.begin(), after_.end());
  return job;
}

// As much of a text as there is room for; all or nothing where it must be seen in one piece.
void LlamaEncoder::Impl::add_to_batch(Job& job) {
  const std::size_t first = memory_ != nullptr ? before_.size() : 0;
  if (memory_ == nullptr && job.tokens.size() > batch_.room()) {
    return;
  }
  const std::size_t end = std::min(job.tokens.size(), job.done + batch_.room());
  for (; job.done < end; ++job.done) {
    rows_.emplace_back(&job, batch_.size());
    batch_.add(job.tokens[job.done], first + job.done, job.sequence);
  }
}

// Goes on with the text that did not fit into the last batch, then takes further texts.
void LlamaEncoder::Impl::fill(std::span<const std::string> texts, std::size_t& next) {
  batch_.clear();
  rows_.clear();
  if (!jobs_.empty()) {
    add_to_batch(jobs_.front());
  }
  const auto unfinished = [&] {
    return !jobs_.empty() && jobs_.back().done < jobs_.back().tokens.size();
  };
  while (next < texts.size() && !unfinished() && !free_sequences_.empty()) {
    jobs_.push_back(start(next, texts[next]));
    ++next;
    Job& job = jobs_.back();
    job.sequence = free_sequences_.back();
    free_sequences_.pop_back();
    if (memory_ != nullptr) {
      llama_memory_seq_cp(memory_, 0, job.sequence, 0, -1);
    }
    add_to_batch(job);
  }
}

void LlamaEncoder::Impl::evaluate() {
  first_.clear();
  const int status = llama_decode(context_.get(), batch_.get());
  require(status == 0,
          ErrorKind::kInternal,
          "{}: llama.cpp cannot evaluate {} tokens (status {}): {}",
          where(),
          batch_.size(),
          status,
          take_llama_complaint());
  require(options_.pooling != Pooling::kFirstLastAvg || first_.size() == batch_.size() * width_,
          ErrorKind::kUsage,
          "{}: this architecture does not show its first layer; use the pooling mean or last_token",
          where());
  counts_.batches += 1;
  counts_.tokens += static_cast<std::int64_t>(batch_.size());
}

void LlamaEncoder::Impl::add_states(std::size_t row, Sums& sums) const {
  const float* last = llama_get_embeddings_ith(context_.get(), as_int(row));
  for (std::size_t j = 0; j < width_; ++j) {
    sums.last[j] += double{last[j]};
  }
  if (options_.pooling == Pooling::kFirstLastAvg) {
    for (std::size_t j = 0; j < width_; ++j) {
      sums.first[j] += double{first_[row * width_ + j]};
    }
  }
  std::copy_n(last, width_, sums.last_state.begin());
  sums.tokens += 1;
}

void LlamaEncoder::Impl::finish(const Job& job, std::span<float> out) {
  const Sums& sums = job.sums;
  const auto tokens = static_cast<double>(std::max<std::int64_t>(sums.tokens, 1));
  bool finite = true;
  for (std::size_t j = 0; j < width_; ++j) {
    double value = double{sums.last_state[j]};
    if (options_.pooling == Pooling::kMean) {
      value = sums.last[j] / tokens;
    } else if (options_.pooling == Pooling::kFirstLastAvg) {
      value = (sums.first[j] + sums.last[j]) / (2 * tokens);
    }
    out[j] = static_cast<float>(value);
    finite = finite && std::isfinite(out[j]);
  }
  require(finite, ErrorKind::kNumeric, "{}: the vector of a text is not finite", where());
  if (memory_ != nullptr) {
    llama_memory_seq_rm(memory_, job.sequence, -1, -1);
  }
  free_sequences_.push_back(job.sequence);
}

void LlamaEncoder::Impl::encode(std::span<const std::string> texts, std::span<float> out) {
  std::size_t next = 0;
  while (next < texts.size() || !jobs_.empty()) {
    fill(texts, next);
    if (batch_.size() > 0) {
      evaluate();
    }
    for (const auto& [job, row] : rows_) {
      add_states(row, job->sums);
    }
    while (!jobs_.empty() && jobs_.front().done == jobs_.front().tokens.size()) {
      finish(jobs_.front(), out.subspan(jobs_.front().text * width_, width_));
      jobs_.pop_front();
    }
  }
}

LlamaEncoder::LlamaEncoder(LlamaOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

LlamaEncoder::~LlamaEncoder() = default;

std::size_t LlamaEncoder::width() const noexcept {
  return impl_->width();
}

const LlamaCounts& LlamaEncoder::counts() const noexcept {
  return impl_->counts();
}

std::vector<std::int32_t> LlamaEncoder::tokenize(const std::string& text) const {
  return impl_->tokenize(text);
}

void LlamaEncoder::encode(std::span<const std::string> texts, std::span<float> out) {
  impl_->encode(texts, out);
}

}  // namespace crossfade
