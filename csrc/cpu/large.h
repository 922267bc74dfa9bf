// Memory for large outputs, and for what threads need while they work.
#pragma once

#include <torch/csrc/stable/tensor.h>
#include <torch/headeronly/core/ScalarType.h>

#include <cstdint>
#include <new>
#include <vector>

namespace snn::cpu {

// The exception that becomes a MemoryError in Python. Its text has the size that was asked for.
class OutOfMemory : public std::bad_alloc {
 public:
  explicit OutOfMemory(size_t bytes);
  const char* what() const noexcept override { return text_; }

 private:
  char text_[80];  // no string, which needs memory
};

// The next multiple of `unit`.
template <class Integer>
constexpr Integer round_up(Integer value, Integer unit) {
  return (value + unit - 1) / unit * unit;
}

// An uninitialised, contiguous CPU tensor. A large one takes the memory of a large tensor that was freed, if there is
// some, because the first touch of new pages costs more than the arithmetic of a neuron.
torch::stable::Tensor empty(const std::vector<int64_t>& sizes, torch::headeronly::ScalarType type);

// Uninitialised memory, aligned to cache lines, for as long as this object lives. It comes from the same pool as
// outputs.
class Loan {
 public:
  explicit Loan(size_t bytes);
  ~Loan();
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;

  void* get() const { return data_; }

 private:
  void* data_;
};

}  // namespace snn::cpu
