// A scan's neuron and tensors, as the host checks them and tells them to kernels.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "arguments.h"
#include "element.h"

namespace snn::cuda {

// Threads that keep a multiprocessor busy: with fewer, each had better take one neuron than 16 bytes of them.
constexpr int64_t kBusyThreads = 256;

// A neuron as the host knows it.
struct NeuronInfo {
  NeuronId id;
  int64_t states, params;
};

inline std::optional<NeuronInfo> find_neuron(const std::string& key) {
#define SNN_FIND(NEURON) \
  if (key == #NEURON) return NeuronInfo{NeuronId::NEURON, NEURON::kStates, NEURON::kParams};
  SNN_FOR_EACH_LIF(SNN_FIND)
#undef SNN_FIND
  return std::nullopt;
}

inline NeuronInfo require_neuron(const std::string& key) {
  const std::optional<NeuronInfo> found = find_neuron(key);
  STD_TORCH_CHECK(found.has_value(), "on cuda the native engine has the neurons of lif alone, not one called ", key);
  return *found;
}

template <class C>
constexpr ScalarType kScalarType = sizeof(C) == 8 ? ScalarType::Double : ScalarType::Float;

inline int64_t count_of(int64_t bits) { return __builtin_popcountll(static_cast<unsigned long long>(bits)); }

// What an operator is given: x and the parameters that are tensors, which have a bit in the mask; and numbers, or
// values in their place.
struct Given {
  const std::vector<Tensor>& tensors;
  const std::optional<Tensor>& values;
  const std::vector<double>& numbers;
  int64_t mask;

  const Tensor& x() const { return x_of(tensors); }
  int64_t count() const { return count_of(mask); }
};

// A scan's tensors: checks them as they are added, and finds out whether 16 bytes of any can be taken at once.
class Tensors {
 public:
  Tensors(const Tensor& x, const Sizes& sizes)
      : sizes_(sizes), type_(x.scalar_type()), device_(x.get_device_index()),
        width_(16 / static_cast<int64_t>(x.element_size())), wide_(sizes.inner % width_ == 0) {
    const void* data = add_pointer(x.const_data_ptr());
    x_ = sizes.constant ? Input{data, sizes.inner, 0} : Input{data, sizes.steps * sizes.inner, sizes.inner};
  }

  Shape shape() const { return {sizes_.outer, sizes_.steps, sizes_.inner}; }
  const Input& x() const { return x_; }
  int64_t neurons() const { return sizes_.neurons(); }

  const void* add_input(const Tensor& tensor, const char* name, ScalarType type, int64_t size) {
    check(tensor, name, type);
    STD_TORCH_CHECK(tensor.is_contiguous() && tensor.numel() == size, name, " must be contiguous, of ", size,
                    " elements, got ", tensor.numel());
    return add_pointer(tensor.const_data_ptr());
  }

  void* add_output(const Tensor& tensor) { return add_pointer(tensor.mutable_data_ptr()); }

  // Of "last" and "max" it is that of one step.
  template <class C>
  void add_gradient(const Tensor& grad, OutputKind output, const std::optional<Tensor>& index,
                    BackwardArguments<C>& arguments) {
    Input& input = arguments.grad_output;
    arguments.grad_inner_stride = 1;
    arguments.at_one_step = output == OutputKind::kLast || output == OutputKind::kMax;
    if (arguments.at_one_step) {
      input = {add_input(grad, "grad_output", type_, neurons()), sizes_.inner, 0};
      if (output == OutputKind::kLast) return;
      STD_TORCH_CHECK(index.has_value(), "the gradient of a largest output needs its index");
      arguments.index = static_cast<const int32_t*>(add_input(*index, "index", ScalarType::Int, neurons()));
      return;
    }
    check(grad, "grad_output", type_);
    const GradientStrides strides(grad, sizes_);
    input = {grad.const_data_ptr(), sizes_.outer > 1 ? strides.outer : 0, sizes_.steps > 1 ? strides.time : 0};
    arguments.grad_inner_stride = strides.inner;
    if (strides.inner == 0) return;
    add_pointer(input.data);
    wide_ &= input.outer_stride % width_ == 0 && input.time_stride % width_ == 0;
  }

  // Null without a tensor, which stands for zeros.
  template <class C>
  const C* add_states(const std::optional<Tensor>& states, const char* name, int64_t count) {
    if (!states.has_value()) return nullptr;
    return static_cast<const C*>(add_input(*states, name, kScalarType<C>, count * neurons()));
  }

  // Numbers are one for each parameter, 0 where it is a tensor, and the slope.
  template <class C>
  Values<C> add_values(const NeuronInfo& neuron, const Given& given, bool strict) {
    const int64_t params = neuron.params;
    STD_TORCH_CHECK(given.mask >> params == 0 && given.count() == static_cast<int64_t>(given.tensors.size()) - 1,
                    "tensors must be x and the parameters that have a bit in given");
    STD_TORCH_CHECK(given.values.has_value() || static_cast<int64_t>(given.numbers.size()) == params + 1,
                    "numbers must be one for each parameter, and the slope, of which there are ", params + 1, ", got ",
                    given.numbers.size());
    Values<C> values{};
    values.strict = strict;
    if (given.values.has_value()) {
      const C* data = static_cast<const C*>(add_input(*given.values, "values", kScalarType<C>, params + 1));
      for (int64_t k = 0; k < params; ++k) values.param[k] = data + k;
      values.slope_at = data + params;
    } else {
      for (int64_t k = 0; k < params; ++k) values.number[k] = static_cast<C>(given.numbers[k]);
      values.slope = static_cast<C>(given.numbers.back());
    }
    auto param = given.tensors.begin() + 1;
    for (int64_t k = 0; k < params; ++k) {
      if ((given.mask >> k & 1) == 0) continue;
      const int64_t size = param->numel() == 1 ? 1 : neurons();
      values.param[k] = static_cast<const C*>(add_input(*param++, "a parameter", kScalarType<C>, size));
      values.per_neuron[k] = size > 1;
      per_neuron_ |= values.per_neuron[k];
    }
    return values;
  }

  Launch launch(const NeuronInfo& neuron) const {
    int multiprocessors = 0;
    STD_CUDA_CHECK(cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, device_));
    const bool wide = wide_ && neurons() / width_ >= kBusyThreads * multiprocessors;
    return {neuron.id, wide, per_neuron_, multiprocessors, current_stream(device_)};
  }

 private:
  void check(const Tensor& tensor, const char* name, ScalarType type) const {
    STD_TORCH_CHECK(tensor.is_cuda() && tensor.get_device_index() == device_, name, " must be on the device of x");
    check_type(tensor, name, type);
  }

  template <class Pointer>
  Pointer add_pointer(Pointer data) {
    wide_ &= reinterpret_cast<uintptr_t>(data) % 16 == 0;
    return data;
  }

  const Sizes& sizes_;
  ScalarType type_;
  int32_t device_;
  int64_t width_;  // values in 16 bytes
  bool wide_, per_neuron_ = false;
  Input x_;
};

}  // namespace snn::cuda
