// What a scan leaves of its spikes: each of them, their sum over time, or a bit for each.
#pragma once

#include "blocks.h"
#include "pack.h"

namespace snn::cpu {

// The spikes of one thread's strips on their way to the output.
template <class C>
class Output {
 public:
  Output(OutputKind kind, const Tensor& tensor, const Shape& shape)
      : kind_(kind), shape_(shape), sequence_(tensor, shape), data_(static_cast<char*>(tensor.mutable_data_ptr())) {}

  // Where to write the spikes of a chunk, which `written` then completes.
  WrittenRows target(const Block& strip, int64_t t) {
    const bool whole = strip.count == kStrip;
    switch (kind_) {
      case OutputKind::kCount: {
        C* count = counts(strip);
        if (t == 0) std::fill_n(count, strip.count, C(0));
        if (!whole) std::memcpy(buffer_.bytes, count, strip.count * sizeof(C));
        return {whole ? reinterpret_cast<char*>(count) : buffer_.bytes, 0, element_type<C>(), Way::kAdded};
      }
      case OutputKind::kPacked:
        return {whole ? bits(strip, t) : buffer_.bytes, whole ? packed_bytes(shape_.inner) : kStrip / 8,
                ElementType::kBits, Way::kPacked};
      default:
        return sequence_.target(strip, t, buffer_.bytes);
    }
  }

  void written(const Block& strip, int64_t t, int64_t steps, const WrittenRows& rows) {
    if (strip.count == kStrip) return;
    switch (kind_) {
      case OutputKind::kCount:
        std::memcpy(counts(strip), rows.data, strip.count * sizeof(C));
        break;
      case OutputKind::kPacked:
        for (int64_t step = 0; step < steps; ++step) {
          char* row = rows.data + step * rows.stride;
          if (strip.count % 8 != 0) row[strip.count / 8] &= static_cast<char>((1 << strip.count % 8) - 1);
          std::memcpy(bits(strip, t + step), row, packed_bytes(strip.count));
        }
        break;
      default:
        sequence_.written(strip, t, steps, rows);
    }
  }

 private:
  C* counts(const Block& strip) const { return reinterpret_cast<C*>(data_) + strip.neuron(shape_); }

  // A strip begins at a whole byte.
  char* bits(const Block& strip, int64_t t) const {
    return data_ + (strip.outer * shape_.steps + t) * packed_bytes(shape_.inner) + strip.begin / 8;
  }

  OutputKind kind_;
  const Shape& shape_;
  OutputSequence sequence_;
  char* data_;
  Buffer<C> buffer_;
};

}  // namespace snn::cpu
