// Tensors as blocks of neurons: what the time loops read and write a row at a time.
#pragma once

#include <torch/csrc/stable/ops.h>
#include <torch/csrc/stable/tensor.h>
#include <torch/headeronly/util/Exception.h>

#include <algorithm>
#include <memory>
#include <new>
#include <vector>

#include "convert.h"
#include "memory.h"

namespace snn::cpu {

using torch::stable::Tensor;

// Neurons in a block: the rows that one step touches stay in the first-level cache, and a chunk of steps in the second.
constexpr int64_t kBlock = 1024;

// Neuron-steps below which a second thread costs more than it saves.
constexpr int64_t kSerial = 1 << 15;

struct Shape {
  int64_t outer, steps, inner;
  int64_t block;  // neurons in a block of this tensor: a multiple of 64 unless one block has them all

  Shape(const Tensor& x, int64_t steps_) : outer(x.size(0)), steps(steps_), inner(x.size(2)) {
    // Few neurons with many steps are divided among the threads too, by whole cache lines.
    const int64_t threads = neurons() * steps < kSerial ? 1 : torch::stable::get_num_threads();
    const int64_t share = (neurons() / threads + 63) / 64 * 64;
    block = std::max<int64_t>(1, std::min({share, inner, kBlock}));
  }

  int64_t neurons() const { return outer * inner; }
  int64_t blocks_per_outer() const { return (inner + block - 1) / block; }
  int64_t blocks() const { return outer * blocks_per_outer(); }
};

// A run of neurons that are neighbours in memory.
struct Block {
  int64_t outer, begin, count;

  Block(const Shape& shape, int64_t index)
      : outer(index / shape.blocks_per_outer()), begin(index % shape.blocks_per_outer() * shape.block),
        count(std::min(shape.block, shape.inner - begin)) {}

  // The place of this block's row in a [outer, T, inner] and in a [outer, inner] tensor.
  int64_t row(const Shape& shape, int64_t t) const { return (outer * shape.steps + t) * shape.inner + begin; }
  int64_t neuron(const Shape& shape) const { return outer * shape.inner + begin; }
};

// A [outer, T, inner] tensor, by rows of the compute type; [outer, 1, inner] has the same row at all steps.
class Sequence {
 public:
  Sequence(const Tensor& tensor, const Shape& shape)
      : data_(static_cast<char*>(tensor.data_ptr())), type_(tensor.scalar_type()),
        size_(static_cast<int64_t>(tensor.element_size())), constant_(tensor.size(1) != shape.steps), shape_(shape) {}

  bool constant() const { return constant_; }

  template <class C>
  const C* read(const Block& block, int64_t t, C* buffer) const {
    return load_row(type_, data_, row(block, t), block.count, buffer);
  }

  void prefetch(const Block& block, int64_t t) const {
    if (t >= 0 && t < shape_.steps && !constant_) prefetch_row(data_ + row(block, t) * size_, block.count * size_);
  }

  // Where to write a row, which `written` then completes.
  template <class C>
  C* target(const Block& block, int64_t t, C* buffer) const {
    return row_target(type_, data_, row(block, t), buffer);
  }

  template <class C>
  void written(const Block& block, int64_t t, const C* values) const {
    store_row(type_, values, block.count, data_, row(block, t));
  }

 private:
  int64_t row(const Block& block, int64_t t) const { return constant_ ? block.neuron(shape_) : block.row(shape_, t); }

  char* data_;
  ScalarType type_;
  int64_t size_;
  bool constant_;
  const Shape& shape_;
};

// A neuron's parameters and constants, as the row functions take them.
template <class C>
struct Values {
  std::vector<Tensor> params;
  std::vector<C> constants;

  Values(const std::vector<Tensor>& params_, const std::vector<double>& constants_)
      : params(params_), constants(constants_.begin(), constants_.end()) {}

  // Copy this block's parameters to rows; one number is spread over a row.
  void fill(const Shape& shape, const Block& block, C* rows) const {
    for (size_t k = 0; k < params.size(); ++k) {
      const C* data = static_cast<const C*>(params[k].const_data_ptr());
      C* row = rows + k * shape.block;
      if (params[k].numel() == 1)
        std::fill_n(row, block.count, *data);
      else
        std::copy_n(data + block.neuron(shape), block.count, row);
    }
  }
};

// The gradient of the spikes, which may be the same for all time steps or all neurons: a loss on spike counts or on
// their sum expands it, and to write that out would cost more than the neurons do.
class Gradient {
 public:
  explicit Gradient(const Tensor& grad)
      : data_(static_cast<const char*>(grad.const_data_ptr())), type_(grad.scalar_type()),
        size_(static_cast<int64_t>(grad.element_size())), outer_stride_(grad.stride(0)), time_stride_(grad.stride(1)),
        one_per_row_(grad.size(2) > 1 && grad.stride(2) == 0) {
    STD_TORCH_CHECK(grad.size(2) <= 1 || grad.stride(2) <= 1, "the gradient's neurons must be neighbours in memory");
  }

  template <class C>
  const C* read(const Block& block, int64_t t, C* buffer) const {
    if (!one_per_row_) return load_row(type_, data_, offset(block, t) + block.begin, block.count, buffer);
    C value;
    std::fill_n(buffer, block.count, *load_row(type_, data_, offset(block, t), 1, &value));
    return buffer;
  }

  void prefetch(const Block& block, int64_t t) const {
    if (t >= 0 && time_stride_ != 0 && !one_per_row_)
      prefetch_row(data_ + (offset(block, t) + block.begin) * size_, block.count * size_);
  }

 private:
  int64_t offset(const Block& block, int64_t t) const { return block.outer * outer_stride_ + t * time_stride_; }

  const char* data_;
  ScalarType type_;
  int64_t size_, outer_stride_, time_stride_;
  bool one_per_row_;
};

// Scratch memory of one thread, taken by rows of a block.
template <class C>
class Scratch {
 public:
  Scratch(const Shape& shape, int64_t rows)
      : block_(shape.block), memory_(static_cast<C*>(::operator new(rows * shape.block * sizeof(C), kCacheLine))),
        next_(memory_.get()) {}

  C* take(int64_t rows) {
    C* taken = next_;
    next_ += rows * block_;
    return taken;
  }

 private:
  // A vector that straddles two cache lines costs two accesses.
  static constexpr std::align_val_t kCacheLine{64};
  struct Free {
    void operator()(C* memory) const { ::operator delete(memory, kCacheLine); }
  };

  int64_t block_;
  std::unique_ptr<C, Free> memory_;
  C* next_;
};

// Copy a block's states from, or to, a [S, outer, inner] tensor.
template <class C>
void load_states(const C* states, const Shape& shape, const Block& block, int64_t count, C* rows) {
  for (int64_t k = 0; k < count; ++k)
    std::copy_n(states + k * shape.neurons() + block.neuron(shape), block.count, rows + k * shape.block);
}

template <class C>
void store_states(const C* rows, const Shape& shape, const Block& block, int64_t count, C* states) {
  for (int64_t k = 0; k < count; ++k)
    std::copy_n(rows + k * shape.block, block.count, states + k * shape.neurons() + block.neuron(shape));
}

}  // namespace snn::cpu
