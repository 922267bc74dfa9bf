// The time loop of the CPU, backward. A chunk of steps of a strip is replayed, which leaves the distances to threshold
// and what else the neuron's adjoint needs; the surrogate gives its derivatives at these distances; then the adjoint
// goes back through the steps.
#include <torch/csrc/stable/library.h>
#include <torch/csrc/stable/ops.h>
#include <torch/csrc/stable/tensor.h>

#include <tuple>

#include "call.h"
#include "convert.h"
#include "gradient.h"
#include "large.h"

namespace snn::cpu {
namespace {

using Made = std::tuple<Tensor, Tensor, Tensor>;

// What goes into backward besides the inputs and parameters.
struct Saved {
  const Tensor& checkpoints;
  const Tensor& grad_output;
  const std::optional<Tensor>& index;
  const std::optional<Tensor>& grad_records;
  const std::optional<Tensor>& grad_states;
};

// The first time step of which there is a checkpoint; before it states are zero.
template <class C>
int64_t check_checkpoints(const Call& call, const Tensor& checkpoints) {
  check_type(checkpoints, "checkpoints", compute_type<C>());
  STD_TORCH_CHECK(checkpoints.is_contiguous() && checkpoints.dim() == 4 &&
                      checkpoints.numel() == checkpoints.size(0) * call.neuron.states * call.shape.neurons(),
                  "checkpoints must be contiguous, [chunks, S, outer, inner]");
  const int64_t chunks = call.shape.chunks(kInterval), first = (chunks - checkpoints.size(0)) * kInterval;
  STD_TORCH_CHECK(first == 0 || first == kInterval, "checkpoints must be of all ", chunks,
                  " chunks, or of all but the first, got ", checkpoints.size(0));
  return first;
}

template <class C>
void check_gradients(const Call& call, const Saved& saved, const Values<C>& values, int64_t wanted) {
  check_type(saved.grad_output, "grad_output", call.type);
  check_states<C>(call, saved.grad_states);
  STD_TORCH_CHECK(!saved.grad_records.has_value() ||
                      (saved.grad_records->scalar_type() == compute_type<C>() && saved.grad_records->is_contiguous() &&
                       saved.grad_records->numel() == call.recorded() * call.shape.neurons() * call.shape.steps),
                  "grad_records must be contiguous, [R, outer, T, inner], of the states' dtype");
  STD_TORCH_CHECK(wanted >= 0 && wanted < int64_t(1) << call.neuron.params, "wanted must be bits of parameters");
  for (int64_t k = 0; k < call.neuron.params; ++k)
    STD_TORCH_CHECK(!(wanted >> k & 1) || values.is_given(k),
                    "gradients of parameters need parameters that are tensors");
}

// The gradients of the inputs: rows of all steps, or their sum where an input is one step for all.
template <class C>
class InputGradients {
 public:
  InputGradients(const Tensor& tensor, const Call& call, Scratch<C>& scratch)
      : tensor_(tensor), shape_(call.shape), count_(call.neuron.inputs), sequences_(count_), sums_(count_) {
    if (shape_.constant) sum_ = scratch.take_rows(count_);
    for (int64_t k = 0; k < count_ && !shape_.constant; ++k) sequences_.add(k, {tensor, shape_, k}, scratch);
  }

  void begin() {
    if (shape_.constant) std::fill_n(sum_, count_ * shape_.block, C(0));
  }

  // i: where the strip begins in its block.
  const WrittenRows* target(const Block& strip, int64_t i, int64_t t) {
    if (!shape_.constant) return sequences_.target(strip, t);
    for (int64_t k = 0; k < count_; ++k)
      sums_[k] = {reinterpret_cast<char*>(sum_ + k * shape_.block + i), 0, element_type<C>(), Way::kAdded};
    return sums_.data();
  }

  void written(const Block& strip, int64_t t, int64_t steps) const { sequences_.written(strip, t, steps); }

  void end(const Block& block) const {
    for (int64_t k = 0; k < count_ && shape_.constant; ++k)
      put_row(tensor_.scalar_type(), sum_ + k * shape_.block, block.count, tensor_.mutable_data_ptr(),
              k * shape_.neurons() + block.neuron(shape_));
  }

 private:
  const Tensor& tensor_;
  const Shape& shape_;
  int64_t count_;
  WrittenSequences<C> sequences_;
  std::vector<WrittenRows> sums_;
  C* sum_ = nullptr;
};

// A neuron's functions, and those of its surrogate, on one strip of neurons at a time.
template <class C>
class StripBackward {
 public:
  StripBackward(const Call& call, const SurrogateTable& surrogate, bool param_grads, C slope)
      : neuron_(call.neuron), surrogate_(surrogate.number), slope_(slope), param_grads_(param_grads),
        replay_(functions<C>(call.neuron).replay[param_grads]),
        adjoint_(functions<C>(call.neuron).adjoint[param_grads]), derivative_(cpu::derivative<C>(surrogate)) {}

  // Rows of a strip that it needs.
  int64_t chunks() const { return 2 * neuron_.spikes + kept(); }

  void take(Scratch<C>& scratch) {
    distance_ = scratch.take_chunks(neuron_.spikes);
    if (surrogate_ < 0) derivatives_ = scratch.take_chunks(neuron_.spikes);
    kept_ = scratch.take_chunks(kept());
  }

  // The rest of what the adjoint takes is there.
  void run(const Rows* inputs, const C* state, AdjointStrip<C>& adjoint) const {
    const int64_t steps = adjoint.steps;
    replay_({{steps, adjoint.spread, adjoint.param, adjoint.strict}, inputs, state, distance_, kept_});
    if (derivatives_ != nullptr)
      derivative_({distance_, neuron_.spikes * steps, slope_, derivatives_, adjoint.grad_output, steps});
    adjoint.distance = distance_, adjoint.derivative = derivatives_, adjoint.kept = kept_;
    adjoint.surrogate = surrogate_, adjoint.slope = slope_;
    adjoint_(adjoint);
  }

 private:
  int64_t kept() const { return neuron_.kept + (param_grads_ ? neuron_.kept_for_params : 0); }

  const NeuronTable& neuron_;
  int64_t surrogate_;
  C slope_;
  bool param_grads_;
  Replay<C> replay_;
  Adjoint<C> adjoint_;
  Derivative<C> derivative_;
  C *distance_ = nullptr, *derivatives_ = nullptr, *kept_ = nullptr;
};

// Copy the gradients of the parameters that are wanted, of all of a block, to a [wanted, outer, inner] tensor.
template <class C>
void store_wanted(const C* rows, const Call& call, const Block& block, int64_t wanted, C* to) {
  for (int64_t k = 0; k < call.neuron.params; ++k, rows += call.shape.block) {
    if (!(wanted >> k & 1)) continue;
    store_states(rows, call.shape, block, 1, to);
    to += call.shape.neurons();
  }
}

template <class C>
Made backward(const Call& call, const std::vector<Tensor>& tensors, const Values<C>& values,
              const SurrogateTable& surrogate, const Saved& saved, int64_t wanted) {
  const Shape& shape = call.shape;
  const NeuronTable& neuron = call.neuron;
  check_gradients<C>(call, saved, values, wanted);
  const int64_t first_kept = check_checkpoints<C>(call, saved.checkpoints);
  std::vector<int64_t> inputs_shape = shape.x;
  if (neuron.inputs > 1) inputs_shape.insert(inputs_shape.begin(), neuron.inputs);
  Tensor grad_inputs = empty(inputs_shape, call.type);
  Tensor grad_states = empty({call.with_state ? neuron.states : 0, shape.outer, shape.inner}, compute_type<C>());
  Tensor grad_params = empty({__builtin_popcountll(wanted), shape.outer, shape.inner}, compute_type<C>());
  const Gradient grad_output(saved.grad_output, saved.index, call.kind, shape);
  const StripBackward<C> functions(call, surrogate, wanted != 0, values.slope());
  const C* checkpoints = static_cast<const C*>(saved.checkpoints.const_data_ptr());
  const int64_t recorded = saved.grad_records.has_value() ? call.record : 0;

  // What forward read last is what the shared cache may still hold.
  for_blocks(shape, true, [&](const auto& take) {
    StripBackward<C> backward = functions;
    Scratch<C> scratch(shape, 2 * neuron.states + 2 * neuron.params + (shape.constant ? neuron.inputs : 0),
                       backward.chunks() + 2 * neuron.inputs + __builtin_popcountll(recorded) + 1);
    C *state = scratch.take_rows(neuron.states), *grad_state = scratch.take_rows(neuron.states);
    C *param = scratch.take_rows(neuron.params), *grad_param = scratch.take_rows(neuron.params);
    InputGradients<C> grad_input(grad_inputs, call, scratch);
    backward.take(scratch);
    char* grad_buffer = scratch.take_buffer();
    values.spread(shape, param);
    ReadSequences<C> inputs(neuron.inputs), grad_records(neuron.states);
    for (int64_t k = 0; k < neuron.inputs; ++k) inputs.add(k, {tensors[k], shape, shape.constant}, scratch);
    for (int64_t k = 0, number = 0; k < neuron.states; ++k)
      if (recorded >> k & 1) grad_records.add(k, {*saved.grad_records, shape, false, number++}, scratch);
    for (int64_t number = take(); number >= 0; number = take()) {
      const Block block(shape, number);
      values.fill(shape, block, param);
      if (wanted != 0) std::fill_n(grad_param, neuron.params * shape.block, C(0));
      grad_input.begin();
      load_states(saved.grad_states, shape, block, neuron.states, grad_state);
      for (int64_t t = (shape.steps - 1) / kInterval * kInterval; t >= 0; t -= kInterval) {
        const int64_t length = std::min(kInterval, shape.steps - t);
        const int64_t place = (t - first_kept) / kInterval * neuron.states * shape.neurons();
        load_states(t < first_kept ? nullptr : checkpoints + place, shape, block, neuron.states, state);
        for (int64_t i = 0; i < block.count; i += kStrip) {
          const Block strip = block.strip(i);
          AdjointStrip<C> adjoint;
          adjoint.steps = length, adjoint.spread = shape.block;
          adjoint.param = param + i, adjoint.strict = call.strict;
          adjoint.grad_output = grad_output.read(strip, t, length, grad_buffer);
          adjoint.grad_record = grad_records.read(strip, t, length);
          adjoint.grad_state = grad_state + i, adjoint.grad_param = grad_param + i;
          adjoint.wanted = wanted;
          adjoint.grad_input = grad_input.target(strip, i, t);
          backward.run(inputs.read(strip, t, length), state + i, adjoint);
          grad_input.written(strip, t, length);
        }
      }
      grad_input.end(block);
      if (call.with_state)
        store_states(grad_state, shape, block, neuron.states, static_cast<C*>(grad_states.mutable_data_ptr()));
      store_wanted(grad_param, call, block, wanted, static_cast<C*>(grad_params.mutable_data_ptr()));
    }
  });
  return {grad_inputs, grad_states, grad_params};
}

Made native_backward(std::vector<Tensor> tensors, Tensor checkpoints, std::optional<Tensor> values,
                     std::vector<double> numbers, int64_t given, std::string neuron, bool strict, int64_t interval,
                     int64_t time_dim, int64_t steps, std::string output, int64_t record, std::string surrogate,
                     Tensor grad_output, std::optional<Tensor> index, std::optional<Tensor> grad_records,
                     std::optional<Tensor> grad_states, bool with_state, int64_t wanted) {
  const Shape shape(x_of(tensors), time_dim, steps);
  const Call call(tensors, neuron, strict, interval, shape, output, record, with_state);
  const Saved saved{checkpoints, grad_output, index, grad_records, grad_states};
  const SurrogateTable& derivatives = find_surrogate(surrogate);
  if (call.type == ScalarType::Double)
    return backward<double>(call, tensors, {call.neuron, shape, tensors, given, values, numbers}, derivatives, saved,
                            wanted);
  return backward<float>(call, tensors, {call.neuron, shape, tensors, given, values, numbers}, derivatives, saved,
                         wanted);
}

}  // namespace

STABLE_TORCH_LIBRARY_IMPL(snnkernels, CPU, library) { library.impl("native_backward", TORCH_BOX(&native_backward)); }

}  // namespace snn::cpu
