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

// The spikes of one thread's strips on their way to the output.
template <class C>
class Output {
 public:
  Output(OutputKind kind, const Tensor& tensor, const Shape& shape)
      : kind_(kind), shape_(shape), sequence_(tensor, shape), data_(static_cast<char*>(tensor.data_ptr())) {}

  // Where to write the spikes of a chunk, which `written` then completes.
  WrittenRows<C> target(const Block& strip, int64_t t) {
    if (kind_ == OutputKind::kSpikes) return sequence_.target(strip, t, buffer_.rows);
    return {{buffer_.rows, kStrip}, false};
  }

  void written(const Block& strip, int64_t t, int64_t steps, const Rows<C>& spikes) {
    if (kind_ == OutputKind::kSpikes) return sequence_.written(strip, t, steps, spikes);
    C* count = reinterpret_cast<C*>(data_) + strip.neuron(shape_);
    if (kind_ == OutputKind::kCount && t == 0) std::fill_n(count, strip.count, C(0));
    for (int64_t step = 0; step < steps; ++step)
      if (kind_ == OutputKind::kCount)
        add_row(spikes[step], strip.count, count);
      else  // a strip begins at a whole byte
        pack_row(spikes[step], strip.count,
                 data_ + (strip.outer * shape_.steps + t + step) * packed_bytes(shape_.inner) + strip.begin / 8);
  }

 private:
  OutputKind kind_;
  const Shape& shape_;
  Sequence sequence_;
  char* data_;
  Buffer<C> buffer_;
};

}  // namespace snn::cpu
