// The parameters of a call, and its surrogate's slope.
#pragma once

#include <optional>
#include <vector>

#include "blocks.h"
#include "registry.h"

namespace snn::cpu {

// The parameters. Each is a number, a tensor of one number, or a tensor with a number for each neuron.
template <class C>
class Values {
 public:
  // tensors: inputs, and then the parameters that have a bit in `given`. numbers: one for each parameter, and the
  // slope; `values` takes their place.
  Values(const NeuronTable& neuron, const Sizes& sizes, const std::vector<Tensor>& tensors, int64_t given,
         const std::optional<Tensor>& values, const std::vector<double>& numbers)
      : given_(given), numbers_(numbers.begin(), numbers.end()), params_(neuron.params) {
    if (values.has_value()) take_numbers(*values);
    STD_TORCH_CHECK(given >= 0 && given < int64_t(1) << neuron.params &&
                        static_cast<int64_t>(tensors.size()) == neuron.inputs + __builtin_popcountll(given),
                    "tensors must be the inputs of this neuron and the parameters that are given");
    STD_TORCH_CHECK(static_cast<int64_t>(numbers_.size()) == neuron.params + 1,
                    "numbers must be one for each parameter of this neuron, and the slope");
    auto tensor = tensors.begin() + neuron.inputs;
    for (int64_t k = 0; k < neuron.params; ++k)
      params_[k] = is_given(k) ? read(*tensor++, sizes) : Param{&numbers_[k], true};
  }

  Values(const Values&) = delete;  // parameters lie in numbers_
  Values& operator=(const Values&) = delete;

  bool is_given(int64_t param) const { return given_ >> param & 1; }

  C slope() const { return numbers_.back(); }

  // Fill the row of each parameter that is one number. This serves for all blocks.
  void spread(const Shape& shape, C* row) const {
    for (const Param& param : params_) {
      if (param.single) std::fill_n(row, shape.block, *param.data);
      row += shape.block;
    }
  }

  // Copy the other parameters of this block to their rows.
  void fill(const Shape& shape, const Block& block, C* row) const {
    for (const Param& param : params_) {
      if (!param.single) std::copy_n(param.data + block.neuron(shape), block.count, row);
      row += shape.block;
    }
  }

 private:
  struct Param {
    const C* data;
    bool single;
  };

  void take_numbers(const Tensor& values) {
    check_type(values, "values", compute_type<C>());
    STD_TORCH_CHECK(values.is_contiguous(), "values must be contiguous");
    const C* data = static_cast<const C*>(values.const_data_ptr());
    numbers_.assign(data, data + values.numel());
  }

  static Param read(const Tensor& param, const Sizes& sizes) {
    STD_TORCH_CHECK(param.scalar_type() == compute_type<C>() && param.is_contiguous() &&
                        (param.numel() == 1 || param.numel() == sizes.neurons()),
                    "a parameter must be contiguous, [1] or [outer, inner], of the states' dtype");
    return {static_cast<const C*>(param.const_data_ptr()), param.numel() == 1};
  }

  int64_t given_;
  std::vector<C> numbers_;
  std::vector<Param> params_;
};

}  // namespace snn::cpu
