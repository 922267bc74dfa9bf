// What a scan leaves of its spikes: each of them, their sum over time, or a bit for each.
#pragma once

#include <string>

#include "blocks.h"
#include "pack.h"

namespace snn::cpu {

enum class OutputKind { kSpikes, kCount, kPacked };

inline OutputKind find_output(const std::string& name) {
  if (name == "spikes") return OutputKind::kSpikes;
  if (name == "count") return OutputKind::kCount;
  STD_TORCH_CHECK(name == "packed", "output must be spikes, count or packed, got ", name);
  return OutputKind::kPacked;
}

// The spikes of one thread's blocks, a row at a time, on their way to the output.
template <class C>
class Output {
 public:
  static constexpr int64_t kRows = 2;  // of scratch

  Output(OutputKind kind, const Tensor& tensor, const Shape& shape, Scratch<C>& scratch)
      : kind_(kind), shape_(shape), sequence_(tensor, shape), data_(static_cast<char*>(tensor.data_ptr())),
        buffer_(scratch.take(1)), count_(scratch.take(1)) {}

  void begin(const Block& block) {
    if (kind_ == OutputKind::kCount) std::fill_n(count_, block.count, C(0));
  }

  // Where to write the spikes of a step, which `written` then completes.
  C* target(const Block& block, int64_t t) const {
    return kind_ == OutputKind::kSpikes ? sequence_.target(block, t, buffer_) : buffer_;
  }

  void written(const Block& block, int64_t t, const C* spikes) {
    switch (kind_) {
      case OutputKind::kSpikes:
        return sequence_.written(block, t, spikes);
      case OutputKind::kCount:
        return add_row(spikes, block.count, count_);
      case OutputKind::kPacked:
        // A block begins at a whole byte: see Shape.
        return pack_row(spikes, block.count,
                        data_ + (block.outer * shape_.steps + t) * packed_bytes(shape_.inner) + block.begin / 8);
    }
  }

  void end(const Block& block) const {
    if (kind_ == OutputKind::kCount)
      std::copy_n(count_, block.count, reinterpret_cast<C*>(data_) + block.neuron(shape_));
  }

 private:
  OutputKind kind_;
  const Shape& shape_;
  Sequence sequence_;
  char* data_;
  C *buffer_, *count_;
};

}  // namespace snn::cpu
