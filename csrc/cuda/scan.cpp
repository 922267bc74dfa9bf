// The operators of the CUDA library: what they check, allocate and launch.
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "tensors.h"

namespace snn::cuda {
namespace {

SurrogateId find_surrogate(const std::string& name) {
#define SNN_FIND(SURROGATE) \
  if (name == #SURROGATE) return SurrogateId::SURROGATE;
  SNN_FOR_EACH_SURROGATE(SNN_FIND)
#undef SNN_FIND
  STD_TORCH_CHECK(false, "the native engine has no surrogate called ", name);
}

// What a scan is told besides its tensors.
struct Rule {
  NeuronInfo neuron;
  bool strict;
  int64_t interval;
  OutputKind output;
  int64_t record;
  bool with_state;

  Rule(const std::string& name, bool is_strict, int64_t every, const std::string& kind, int64_t states, bool final)
      : neuron(require_neuron(name)), strict(is_strict), interval(every), output(find_output(kind)), record(states),
        with_state(final) {
    STD_TORCH_CHECK(record >> neuron.states == 0, "record must have a bit for each of ", neuron.states, " states, got ",
                    record);
  }
};

// The output, the index of the largest, records, final states, checkpoints.
using Scanned = std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor>;

template <class T>
Scanned forward_as(const Given& given, const std::optional<Tensor>& states, const Rule& rule, const Sizes& sizes) {
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
  const OutputKind output = rule.output;
  const bool indexed = output == OutputKind::kMax && rule.interval > 0;
  const std::vector<int64_t> index_shape =
      indexed ? std::vector<int64_t>{sizes.outer, 1, sizes.inner} : std::vector<int64_t>{0};
  Tensor result = torch::stable::new_empty(x, sizes.output(output), output_type(output, x.scalar_type(), kCompute));
  Tensor index = torch::stable::new_empty(x, index_shape, ScalarType::Int);
  Tensor records =
      torch::stable::new_empty(x, {count_of(rule.record), sizes.outer, sizes.steps, sizes.inner}, kCompute);
  Tensor final_states =
      torch::stable::new_empty(x, {rule.with_state ? neuron.states : 0, sizes.outer, sizes.inner}, kCompute);
  Tensor checkpoints = torch::stable::new_empty(x, {chunks, neuron.states, sizes.outer, sizes.inner}, kCompute);
  const Scanned scanned{result, index, records, final_states, checkpoints};
  if (tensors.neurons() == 0) return scanned;
  arguments.kind = output;
  arguments.packed_row = packed_bytes(sizes.inner);
  arguments.output = output == OutputKind::kPacked ? result.mutable_data_ptr() : tensors.add_output(result);
  if (indexed) arguments.index = static_cast<int32_t*>(tensors.add_output(index));
  arguments.record = static_cast<int>(rule.record);
  if (rule.record != 0) arguments.records = static_cast<C*>(tensors.add_output(records));
  if (rule.with_state) arguments.final_states = static_cast<C*>(tensors.add_output(final_states));
  if (chunks > 0) arguments.checkpoints = static_cast<C*>(tensors.add_output(checkpoints));
  STD_CUDA_CHECK(forward<T>(tensors.launch(neuron), arguments));
  return scanned;
}

// The gradients of what a scan gives, and the index of the largest output.
struct Grads {
  const Tensor& output;
  const std::optional<Tensor>&index, &records, &final_states;
};

struct BackwardRule : Rule {
  SurrogateId surrogate;
  int64_t wanted;
};

template <class T>
std::tuple<Tensor, Tensor, Tensor> backward_as(const Given& given, const Tensor& checkpoints, const BackwardRule& rule,
                                               const Sizes& sizes, const Grads& grads) {
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
  arguments.grad_final = tensors.add_states<C>(grads.final_states, "grad_states", rule.neuron.states);
  arguments.record = static_cast<int>(rule.record);
  arguments.grad_records = tensors.add_states<C>(grads.records, "grad_records", count_of(rule.record) * sizes.steps);
  tensors.add_gradient(grads.output, rule.output, grads.index, arguments);
  STD_TORCH_CHECK((rule.wanted & ~given.mask) == 0, "gradients of parameters need parameters that are tensors");
  const int64_t param_rows = count_of(rule.wanted);
  arguments.wanted = static_cast<int>(rule.wanted);
  Tensor grad_x = torch::stable::empty_like(x);
  const int64_t state_rows = rule.with_state ? rule.neuron.states : 0;
  Tensor grad_states = torch::stable::new_empty(checkpoints, {state_rows, sizes.outer, sizes.inner});
  Tensor grad_params = torch::stable::new_empty(checkpoints, {param_rows, sizes.outer, sizes.inner});
  if (tensors.neurons() == 0) return {grad_x, grad_states, grad_params};
  arguments.grad_x = tensors.add_output(grad_x);
  if (state_rows > 0) arguments.grad_states = static_cast<C*>(tensors.add_output(grad_states));
  if (param_rows > 0) arguments.grad_params = static_cast<C*>(tensors.add_output(grad_params));
  STD_CUDA_CHECK(backward<T>(tensors.launch(rule.neuron), arguments));
  return {grad_x, grad_states, grad_params};
}

Scanned native_forward(std::vector<Tensor> tensors, std::optional<Tensor> states, std::optional<Tensor> values,
                       std::vector<double> numbers, int64_t given_mask, std::string neuron, bool strict,
                       int64_t interval, int64_t time_dim, int64_t steps, std::string output, int64_t record,
                       bool with_state) {
  put_in_order(tensors, states);
  const Given given{tensors, values, numbers, given_mask};
  const Sizes sizes(given.x(), time_dim, steps);
  const Rule rule(neuron, strict, interval, output, record, with_state);
  return with_type(given.x(), [&](auto element) { return forward_as<decltype(element)>(given, states, rule, sizes); });
}

std::tuple<Tensor, Tensor, Tensor> native_backward(
    std::vector<Tensor> tensors, Tensor checkpoints, std::optional<Tensor> values, std::vector<double> numbers,
    int64_t given_mask, std::string neuron, bool strict, int64_t interval, int64_t time_dim, int64_t steps,
    std::string output, int64_t record, std::string surrogate, Tensor grad_output, std::optional<Tensor> index,
    std::optional<Tensor> grad_records, std::optional<Tensor> grad_states, bool with_state, int64_t wanted) {
  const Given given{tensors, values, numbers, given_mask};
  const Sizes sizes(given.x(), time_dim, steps);
  const BackwardRule rule{{neuron, strict, interval, output, record, with_state}, find_surrogate(surrogate), wanted};
  const Grads grads{grad_output, index, grad_records, grad_states};
  return with_type(
      given.x(), [&](auto element) { return backward_as<decltype(element)>(given, checkpoints, rule, sizes, grads); });
}

bool native_has_code_for(int64_t gpu) {
  const torch::stable::accelerator::DeviceGuard guard(static_cast<int32_t>(gpu));
  return has_code_for_current();
}

bool native_has_neuron_for_cuda(std::string key) { return find_neuron(key).has_value(); }

}  // namespace

STABLE_TORCH_LIBRARY_IMPL(snnkernels, CUDA, library) {
  library.impl("native_forward", TORCH_BOX(&native_forward));
  library.impl("native_backward", TORCH_BOX(&native_backward));
}

STABLE_TORCH_LIBRARY_IMPL(snnkernels, CompositeExplicitAutograd, library) {
  library.impl("native_has_code_for", TORCH_BOX(&native_has_code_for));
  library.impl("native_has_neuron_for_cuda", TORCH_BOX(&native_has_neuron_for_cuda));
}

}  // namespace snn::cuda
