// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>

#include <llama.h>

namespace crossfade {

/// One batch for llama_decode, of tokens or of vectors that take their place. Every row of it is
/// flagged as an output.
class LlamaBatch {
 public:
  /// Rows at most; `vector_width` elements each, or tokens where that is 0.
  LlamaBatch(std::size_t capacity, std::size_t vector_width)
      : capacity_(capacity),
        vector_width_(vector_width),
        batch_(llama_batch_init(
            static_cast<std::int32_t>(capacity), static_cast<std::int32_t>(vector_width), 1)) {}
  ~LlamaBatch() { llama_batch_free(batch_); }
  LlamaBatch(const LlamaBatch&) = delete;
  LlamaBatch& operator=(const LlamaBatch&) = delete;

  void clear() { batch_.n_tokens = 0; }

  void add(llama_token token, std::size_t position, llama_seq_id sequence) {
    batch_.token[batch_.n_tokens] = token;
    place(position, sequence);
  }

  void add(const float* vector, std::size_t position, llama_seq_id sequence) {
    std::copy_n(vector, vector_width_, batch_.embd + size() * vector_width_);
    place(position, sequence);
  }

  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(batch_.n_tokens); }
  [[nodiscard]] std::size_t room() const { return capacity_ - size(); }
  [[nodiscard]] const llama_batch& get() const { return batch_; }

 private:
  void place(std::size_t position, llama_seq_id sequence) {
    const auto i = batch_.n_tokens++;
    batch_.pos[i] = static_cast<llama_pos>(position);
    batch_.n_seq_id[i] = 1;
    batch_.seq_id[i][0] = sequence;
    batch_.logits[i] = 1;
  }

  std::size_t capacity_;
  std::size_t vector_width_;
  llama_batch batch_;
};

}  // namespace crossfade
