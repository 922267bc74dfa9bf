// Gives the gradient of any kind of output as rows of a strip at all steps.
#pragma once

#include <optional>

#include "sequences.h"

namespace snn::cpu {

// The gradient of a scan's output. It may be one value expanded over all time steps or all neurons, because a loss may
// sum over them. It is not copied to a full tensor, which would cost more than the neurons do. The gradient of the last
// or of the largest output belongs to one step. For the largest, `index` has that step.
class Gradient {
 public:
  Gradient(const Tensor& grad, const std::optional<Tensor>& index, OutputKind kind, const Shape& shape)
      : data_(static_cast<const char*>(grad.const_data_ptr())), type_(stored_type(grad)),
        size_(static_cast<int64_t>(grad.element_size())), kind_(kind), shape_(shape) {
    if (kind == OutputKind::kLast || kind == OutputKind::kMax) {
      STD_TORCH_CHECK(grad.is_contiguous() && grad.numel() == shape.neurons(),
                      "grad_output of one step must be contiguous, [outer, 1, inner]");
      if (kind == OutputKind::kMax) index_ = read_index(index, shape);
    } else {
      const GradientStrides strides(grad, shape);
      outer_ = strides.outer, time_ = strides.time, inner_ = strides.inner;
    }
  }

  // The rows of a strip from step t on. The buffer must hold zeros when it is first used, and nothing else may write to
  // it.
  Rows read(const Block& strip, int64_t t, int64_t steps, char* buffer) const {
    if (size_ == 2) return read_as<uint16_t>(strip, t, steps, reinterpret_cast<uint16_t*>(buffer));
    if (size_ == 4) return read_as<uint32_t>(strip, t, steps, reinterpret_cast<uint32_t*>(buffer));
    return read_as<uint64_t>(strip, t, steps, reinterpret_cast<uint64_t*>(buffer));
  }

 private:
  static const int32_t* read_index(const std::optional<Tensor>& index, const Sizes& sizes) {
    STD_TORCH_CHECK(index.has_value() && index->scalar_type() == ScalarType::Int && index->is_contiguous() &&
                        index->numel() == sizes.neurons(),
                    "the gradient of the largest output needs its index: int32, contiguous, [outer, 1, inner]");
    return static_cast<const int32_t*>(index->const_data_ptr());
  }

  // Bits is an integer as large as the stored type. A zero of that type has no bit set.
  template <class Bits>
  Rows read_as(const Block& strip, int64_t t, int64_t steps, Bits* buffer) const {
    if (kind_ == OutputKind::kLast || kind_ == OutputKind::kMax) return read_one<Bits>(strip, t, steps, buffer);
    const Bits* data = reinterpret_cast<const Bits*>(data_) + strip.outer * outer_ + t * time_ + strip.begin * inner_;
    const Rows rows{reinterpret_cast<const char*>(data), time_ * size_, type_};
    char* const to = reinterpret_cast<char*>(buffer);
    if (inner_ != 0)
      return strip.count == kStrip ? rows : copy_rows(rows, steps, strip.count * size_, to, kStrip * size_);
    const int64_t copies = time_ == 0 ? 1 : steps;
    for (int64_t step = 0; step < copies; ++step) std::fill_n(buffer + step * kStrip, kStrip, data[step * time_]);
    return {to, time_ == 0 ? 0 : kStrip * size_, type_};
  }

  template <class Bits>
  Rows read_one(const Block& strip, int64_t t, int64_t steps, Bits* buffer) const {
    const int64_t first = strip.neuron(shape_);
    const Bits* values = reinterpret_cast<const Bits*>(data_) + first;
    std::fill_n(buffer, steps * kStrip, Bits(0));
    if (index_ == nullptr) {
      if (t + steps == shape_.steps) std::copy_n(values, strip.count, buffer + (steps - 1) * kStrip);
    } else {
      for (int64_t i = 0; i < strip.count; ++i) {
        const int64_t step = index_[first + i] - t;
        if (step >= 0 && step < steps) buffer[step * kStrip + i] = values[i];
      }
    }
    return {reinterpret_cast<const char*>(buffer), kStrip * size_, type_};
  }

  const char* data_;
  ElementType type_;
  int64_t size_, outer_ = 0, time_ = 0, inner_ = 0;
  OutputKind kind_;
  const int32_t* index_ = nullptr;
  const Shape& shape_;
};

}  // namespace snn::cpu
