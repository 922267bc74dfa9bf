// Divides the neurons of a scan into blocks, hands blocks to threads, and gives each thread its scratch memory.
#pragma once

#include <torch/csrc/stable/ops.h>
#include <torch/csrc/stable/tensor.h>
#include <torch/headeronly/util/Exception.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <optional>
#include <vector>

#include "../sizes.h"
#include "large.h"
#include "parallel.h"
#include "strip/stream.h"
#include "strip/strips.h"

namespace snn::cpu {

template <class C>
constexpr ScalarType compute_type() {
  return sizeof(C) == sizeof(double) ? ScalarType::Double : ScalarType::Float;
}

// The element type of a tensor, as the functions of a strip take it.
inline ElementType stored_type(const Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case ScalarType::Float:
      return ElementType::kFloat;
    case ScalarType::Double:
      return ElementType::kDouble;
    case ScalarType::BFloat16:
      return ElementType::kBFloat16;
    case ScalarType::Half:
      return ElementType::kHalf;
    case ScalarType::Byte:
      return ElementType::kBits;
    default:
      STD_TORCH_CHECK(false, "values must be float64, float32, bfloat16, float16 or bits in uint8");
  }
}

// The most neurons in a block. A row this long is read at the speed of memory, and the states of a block stay in the
// second-level cache.
constexpr int64_t kBlock = 4096;

// Neuron-steps below which a second thread costs more than it saves.
constexpr int64_t kSerial = 1 << 15;

// The sizes of a scan, and the blocks of its neurons. A block lies in one outer index and has whole strips. Only the
// last strip of an outer index may be shorter.
struct Shape : Sizes {
  int64_t block;  // the most neurons in a block of this scan

  Shape(const Tensor& x, int64_t time_dim, int64_t steps) : Sizes(x, time_dim, steps) {
    int64_t blocks = std::max<int64_t>(1, (inner + kBlock - 1) / kBlock);
    // Every thread should have a block, and all threads equally many.
    if (!serial()) blocks = round_up(blocks, (torch::stable::get_num_threads() + outer - 1) / outer);
    block = round_up(std::max<int64_t>(1, (inner + blocks - 1) / blocks), kStrip);
  }

  bool serial() const { return neurons() * steps < kSerial; }

  int64_t blocks_per_outer() const { return (inner + block - 1) / block; }
  int64_t blocks() const { return outer * blocks_per_outer(); }
};

// Some neurons that are neighbours in memory.
struct Block {
  int64_t outer, begin, count;

  Block(int64_t outer_, int64_t begin_, int64_t count_) : outer(outer_), begin(begin_), count(count_) {}

  Block(const Shape& shape, int64_t index)
      : Block(index / shape.blocks_per_outer(), index % shape.blocks_per_outer() * shape.block, 0) {
    count = std::min(shape.block, shape.inner - begin);
  }

  // The strip that begins with neuron i of this block. The block's last strip may be shorter than the others.
  Block strip(int64_t i) const { return {outer, begin + i, std::min(kStrip, count - i)}; }

  // Where this block's row of step t begins in a [outer, T, inner] tensor.
  int64_t row(const Shape& shape, int64_t t) const { return (outer * shape.steps + t) * shape.inner + begin; }

  // Where this block begins in a [outer, inner] tensor.
  int64_t neuron(const Shape& shape) const { return outer * shape.inner + begin; }
};

// Gives threads the numbers of blocks. A thread first takes the blocks of its own part, which its caches may still
// hold. Then it takes what is left of other parts, because some threads begin late or are interrupted.
class BlockQueue {
 public:
  BlockQueue(int64_t blocks, int64_t parts, bool reversed) : blocks_(blocks), reversed_(reversed), taken_(parts) {}

  // The next block for the thread of a part, or -1 if none is left.
  int64_t take(int64_t part) {
    const int64_t parts = static_cast<int64_t>(taken_.size());
    for (int64_t i = 0; i < parts; ++i) {
      const int64_t from = (part + i) % parts, first = begin(from), count = begin(from + 1) - first;
      const int64_t taken = taken_[from].fetch_add(1, std::memory_order_relaxed);
      if (taken < count) return first + (reversed_ ? count - 1 - taken : taken);
    }
    return -1;
  }

 private:
  int64_t begin(int64_t part) const { return part * blocks_ / static_cast<int64_t>(taken_.size()); }

  const int64_t blocks_;
  const bool reversed_;
  std::vector<std::atomic<int64_t>> taken_;  // how many blocks of each part were taken
};

// Call a function on each thread. Its argument is a function that returns the number of the next block, or -1.
template <class Function>
void for_blocks(const Shape& shape, bool reversed, const Function& function) {
  const int64_t blocks = shape.blocks();
  const int64_t parts = shape.serial() ? 1 : std::min<int64_t>(blocks, torch::stable::get_num_threads());
  BlockQueue queue(blocks, parts, reversed);
  const auto run = [&](int64_t first, int64_t last) {
    for (int64_t part = first; part < last; ++part) function([&] { return queue.take(part); });
    finish_streams();
  };
  if (parts == 1) return run(0, 1);
  parallel_for(0, parts, 1, run);
}

// The scratch memory of one thread: rows as long as a block, and after them chunks, each one strip for kInterval steps.
template <class C>
class Scratch {
 public:
  Scratch(const Shape& shape, int64_t rows, int64_t chunks)
      : block_(shape.block), memory_((rows * shape.block + chunks * kChunk) * sizeof(C)),
        next_(static_cast<C*>(memory_.get())) {
    // The last strip of an outer index may be short. The loops compute its unused lanes too, which must hold numbers.
    if (shape.inner % kStrip == 0) return;
    const int64_t last = shape.inner - (shape.blocks_per_outer() - 1) * block_;
    for (int64_t row = 0; row < rows; ++row)
      std::fill(next_ + row * block_ + last, next_ + row * block_ + round_up(last, kStrip), C(0));
  }

  C* take_rows(int64_t rows) { return take(rows * block_); }
  C* take_chunks(int64_t chunks) { return take(chunks * kChunk); }

  // Memory for a copy of the rows of a short strip, for one chunk. The loops compute its unused lanes too, which must
  // hold numbers.
  char* take_buffer() {
    C* taken = take_chunks(1);
    std::fill_n(taken, kChunk, C(0));
    return reinterpret_cast<char*>(taken);
  }

 private:
  static constexpr int64_t kChunk = kInterval * kStrip;

  C* take(int64_t values) {
    C* taken = next_;
    next_ += values;
    return taken;
  }

  int64_t block_;
  const Loan memory_;
  C* next_;
};

// Copy the states of a block from a [S, outer, inner] tensor. Null stands for zeros.
template <class C>
void load_states(const C* states, const Shape& shape, const Block& block, int64_t count, C* rows) {
  for (int64_t k = 0; k < count; ++k, rows += shape.block) {
    if (states != nullptr)
      std::copy_n(states + k * shape.neurons() + block.neuron(shape), block.count, rows);
    else
      std::fill_n(rows, block.count, C(0));
  }
}

template <class C>
void load_states(const std::optional<Tensor>& states, const Shape& shape, const Block& block, int64_t count, C* rows) {
  load_states(states.has_value() ? static_cast<const C*>(states->const_data_ptr()) : nullptr, shape, block, count,
              rows);
}

// Copy the states of a block to a [S, outer, inner] tensor.
template <class C>
void store_states(const C* rows, const Shape& shape, const Block& block, int64_t count, C* states) {
  for (int64_t k = 0; k < count; ++k)
    std::copy_n(rows + k * shape.block, block.count, states + k * shape.neurons() + block.neuron(shape));
}

}  // namespace snn::cpu
