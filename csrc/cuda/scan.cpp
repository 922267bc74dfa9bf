// The operators of the CUDA library: what they check, allocate and launch.
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "arguments.h"
#include "element.h"

namespace snn::cuda {
namespace {

// Threads that keep a multiprocessor busy: with fewer, each had better take one neuron than 16 bytes of them.
constexpr int64_t kBusyThreads = 256;

// A neuron as the host knows it.
struct NeuronInfo {
  NeuronId id;
  int64_t states, params, constants;
};

NeuronInfo find_neuron(const std::string& name) {
#define SNN_FIND(NEURON) \
  if (name == #NEURON) return {NeuronId::NEURON, NEURON::kStates, NEURON::kParams, NEURON::kConstants};
  SNN_FOR_EACH_NEURON(SNN_FIND)
#undef SNN_FIND
  STD_TORCH_CHECK(false, "the native engine has no neuron called ", name);
}

SurrogateId find_surrogate(const std::string& name) {
#define SNN_FIND(SURROGATE) \
  if (name == #SURROGATE) return SurrogateId::SURROGATE;
  SNN_FOR_EACH_SURROGATE(SNN_FIND)
#undef SNN_FIND
  STD_TORCH_CHECK(false, "the native engine has no surrogate called ", name);
}

template <class C>
constexpr ScalarType kScalarType = sizeof(C) == 8 ? ScalarType::Double : ScalarType::Float;

// What an operator is given: x and the parameters that are tensors; and numbers, or values in their place.
struct Given {
  const std::vector<Tensor>& tensors;
  const std::optional<Tensor>& values;
  const std::vector<double>& numbers;

  const Tensor& x() const { return x_of(tensors); }
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

  template <class C>
  void add_gradient(const Tensor& grad, BackwardArguments<C>& arguments) {
    check(grad, "grad_spikes", type_);
    const GradientStrides strides(grad, sizes_);
    Input& input = arguments.grad_spikes;
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

  // Numbers are the constants, the parameters where these are no tensors, and the slope.
  template <class C>
  Values<C> add_values(const NeuronInfo& neuron, const Given& given, bool strict) {
    const int64_t params = static_cast<int64_t>(given.tensors.size()) - 1, from = neuron.constants;
    const int64_t count = from + (params > 0 ? 0 : neuron.params) + 1;
    STD_TORCH_CHECK((params == 0 || params == neuron.params) &&
                        (given.values.has_value() || static_cast<int64_t>(given.numbers.size()) == count),
                    "wrong number of parameters or constants for this neuron");
    Values<C> values{};
    values.strict = strict;
    for (int64_t k = 0; k < params; ++k) {
      const Tensor& param = given.tensors[k + 1];
      const bool one = param.numel() == 1;
      values.param[k] = static_cast<const C*>(add_input(param, "a parameter", kScalarType<C>, one ? 1 : neurons()));
      values.param_stride[k] = one ? 0 : 1;
    }
    if (given.values.has_value()) {
      const C* data = static_cast<const C*>(add_input(*given.values, "values", kScalarType<C>, count));
      values.constants = data;
      values.slope_at = data + count - 1;
      for (int64_t k = from; k < count - 1; ++k) values.param[k - from] = data + k;
    } else {
      for (int64_t k = 0; k < count - 1; ++k)
        (k < from ? values.constant[k] : values.number[k - from]) = static_cast<C>(given.numbers[k]);
      values.slope = static_cast<C>(given.numbers.back());
    }
    return values;
  }

  Launch launch(const NeuronInfo& neuron) const {
    int multiprocessors = 0;
    STD_CUDA_CHECK(cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, device_));
    const bool wide = wide_ && neurons() / width_ >= kBusyThreads * multiprocessors;
    return {neuron.id, wide, multiprocessors, current_stream(device_)};
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
  bool wide_;
  Input x_;
};

// What a scan is told besides its tensors.
struct Rule {
  NeuronInfo neuron;
  bool strict;
  int64_t interval;
};

template <class T>
std::tuple<Tensor, Tensor, Tensor> forward_as(const Given& given, const std::optional<Tensor>& states, const Rule& rule,
                                              const Sizes& sizes, OutputKind output, bool with_state) {
  using C = Compute<T>;
  const Tensor& x = given.x();
  STD_TORCH_CHECK(rule.interval == 0 || rule.interval == kInterval,
                  "the CUDA library is compiled for a checkpoint every ", kInterval, " steps, or none (0), got ",
                  rule.interval);
  const NeuronInfo& neuron = rule.neuron;
  Tensors tensors(x, sizes);
  ForwardArguments<C> arguments{};
  arguments.shape = tensors.shape();
  arguments.values = tensors.add_values<C>(neuron, given, rule.strict);
  arguments.x = tensors.x();
  arguments.states = tensors.add_states<C>(states, "states", neuron.states);
  arguments.from_zero = !states.has_value();
  const int64_t chunks = rule.interval > 0 ? sizes.chunks(kInterval) - arguments.from_zero : 0;
  constexpr ScalarType kCompute = kScalarType<C>;
  Tensor result = torch::stable::new_empty(x, sizes.output(output), output_type(output, x.scalar_type(), kCompute));
  Tensor final_states =
      torch::stable::new_empty(x, {with_state ? neuron.states : 0, sizes.outer, sizes.inner}, kCompute);
  Tensor checkpoints = torch::stable::new_empty(x, {chunks, neuron.states, sizes.outer, sizes.inner}, kCompute);
  if (tensors.neurons() == 0) return {result, final_states, checkpoints};
  arguments.output = output == OutputKind::kPacked ? result.mutable_data_ptr() : tensors.add_output(result);
  if (with_state) arguments.final_states = static_cast<C*>(tensors.add_output(final_states));
  if (chunks > 0) arguments.checkpoints = static_cast<C*>(tensors.add_output(checkpoints));
  STD_CUDA_CHECK(forward<T>(tensors.launch(neuron), arguments, output));
  return {result, final_states, checkpoints};
}

struct BackwardRule : Rule {
  SurrogateId surrogate;
  bool with_state, param_grads;
};

template <class T>
std::tuple<Tensor, Tensor, Tensor> backward_as(const Given& given, const Tensor& checkpoints, const BackwardRule& rule,
                                               const Sizes& sizes, const Tensor& grad_spikes,
                                               const std::optional<Tensor>& grad_final) {
  using C = Compute<T>;
  const Tensor& x = given.x();
  STD_TORCH_CHECK(rule.interval == kInterval, "the CUDA library is compiled for a checkpoint every ", kInterval,
                  " steps, got ", rule.interval);
  Tensors tensors(x, sizes);
  BackwardArguments<C> arguments{};
  arguments.shape = tensors.shape();
  arguments.values = tensors.add_values<C>(rule.neuron, given, rule.strict);
  arguments.surrogate = rule.surrogate;
  arguments.x = tensors.x();
  const int64_t chunks = sizes.chunks(kInterval);
  arguments.from_zero = checkpoints.size(0) != chunks;
  arguments.checkpoints =
      tensors.add_states<C>(checkpoints, "checkpoints", (chunks - arguments.from_zero) * rule.neuron.states);
  arguments.grad_final = tensors.add_states<C>(grad_final, "grad_states", rule.neuron.states);
  tensors.add_gradient(grad_spikes, arguments);
  check_param_grads(rule.param_grads, given.tensors.size() > 1 || rule.neuron.params == 0);
  const int64_t param_rows = rule.param_grads ? rule.neuron.params : 0;
  Tensor grad_x = torch::stable::empty_like(x);
  const int64_t state_rows = rule.with_state ? rule.neuron.states : 0;
  Tensor grad_states = torch::stable::new_empty(checkpoints, {state_rows, sizes.outer, sizes.inner});
  Tensor grad_params = torch::stable::new_empty(checkpoints, {param_rows, sizes.outer, sizes.inner});
  if (tensors.neurons() == 0) return {grad_x, grad_states, grad_params};
  arguments.grad_x = tensors.add_output(grad_x);
  if (state_rows > 0) arguments.grad_states = static_cast<C*>(tensors.add_output(grad_states));
  if (param_rows > 0) arguments.grad_params = static_cast<C*>(tensors.add_output(grad_params));
  STD_CUDA_CHECK(backward<T>(tensors.launch(rule.neuron), arguments, param_rows > 0));
  return {grad_x, grad_states, grad_params};
}

std::tuple<Tensor, Tensor, Tensor> native_forward(std::vector<Tensor> tensors, std::optional<Tensor> states,
                                                  std::optional<Tensor> values, std::vector<double> numbers,
                                                  std::string neuron, bool strict, int64_t interval, int64_t time_dim,
                                                  int64_t steps, std::string output, bool with_state) {
  const Given given{tensors, values, numbers};
  const Sizes sizes(given.x(), time_dim, steps);
  const Rule rule{find_neuron(neuron), strict, interval};
  return with_type(given.x(), [&](auto element) {
    return forward_as<decltype(element)>(given, states, rule, sizes, find_output(output), with_state);
  });
}

std::tuple<Tensor, Tensor, Tensor> native_backward(std::vector<Tensor> tensors, Tensor checkpoints,
                                                   std::optional<Tensor> values, std::vector<double> numbers,
                                                   std::string neuron, bool strict, int64_t interval, int64_t time_dim,
                                                   int64_t steps, std::string surrogate, Tensor grad_spikes,
                                                   std::optional<Tensor> grad_states, bool with_state,
                                                   bool param_grads) {
  const Given given{tensors, values, numbers};
  const Sizes sizes(given.x(), time_dim, steps);
  const BackwardRule rule{{find_neuron(neuron), strict, interval}, find_surrogate(surrogate), with_state, param_grads};
  return with_type(given.x(), [&](auto element) {
    return backward_as<decltype(element)>(given, checkpoints, rule, sizes, grad_spikes, grad_states);
  });
}

bool native_has_code_for(int64_t gpu) {
  const torch::stable::accelerator::DeviceGuard guard(static_cast<int32_t>(gpu));
  return has_code_for_current();
}

}  // namespace

STABLE_TORCH_LIBRARY_IMPL(snnkernels, CUDA, library) {
  library.impl("native_forward", TORCH_BOX(&native_forward));
  library.impl("native_backward", TORCH_BOX(&native_backward));
}

STABLE_TORCH_LIBRARY_IMPL(snnkernels, CompositeExplicitAutograd, library) {
  library.impl("native_has_code_for", TORCH_BOX(&native_has_code_for));
}

}  // namespace snn::cuda
