// N neighbouring neurons of one thread: where they are, and their step and its adjoint.
#pragma once

#include "pack.h"

namespace snn::cuda {

struct Place {
  int64_t outer, inner;
  int64_t neuron;    // in a [outer, inner] tensor
  int64_t sequence;  // of the first step, in a [outer, T, inner] tensor
  bool inside;       // whether these neurons exist

  // The thread with a number takes `width` neurons of a row, which is filled up to a multiple of `row` neurons.
  SNN_DEVICE Place(const Shape& shape, int64_t index, int width, int row) {
    const int64_t groups = (shape.inner + row - 1) / row * row / width;
    outer = index / groups;
    inner = (index - outer * groups) * width;
    neuron = outer * shape.inner + inner;
    sequence = outer * shape.steps * shape.inner + inner;
    inside = outer < shape.outer && inner < shape.inner;
  }
};

// The first time step of a thread's neurons.
template <class T>
SNN_DEVICE const T* begin_of(const Input& input, const Place& place) {
  return static_cast<const T*>(input.data) + place.outer * input.outer_stride + place.inner;
}

// A number, or where it is in memory.
template <class C>
SNN_DEVICE C number_at(const C* place, C number) {
  return place == nullptr ? number : __ldg(place);
}

// What the adjoint of one step needs: distances to threshold, and other values, of which those that only the gradients
// of parameters need come last.
template <class Neuron, class C, int N>
struct Kept {
  static constexpr int kOthers = Neuron::kKept + Neuron::kKeptForParams;

  Lanes<C, N> distance[Neuron::kSpikes + 1] = {}, other[kOthers + 1] = {};
};

// The surrogate's derivative at each distance to threshold.
template <class Neuron, class C, int N>
struct Derivatives {
  Lanes<C, N> value[Neuron::kSpikes + 1] = {};

  template <class Surrogate>
  SNN_DEVICE void set(const Kept<Neuron, C, N>& kept, const Lanes<C, N>& slope) {
#pragma unroll
    for (int k = 0; k < Neuron::kSpikes; ++k) value[k] = Surrogate::derivative(kept.distance[k], slope);
  }
};

// kPerNeuron: whether a parameter may have a value for each neuron.
template <class Neuron, class C, int N, bool kPerNeuron>
class Layer {
 public:
  using Value = Lanes<C, N>;
  using Kept = cuda::Kept<Neuron, C, N>;
  using Derivatives = cuda::Derivatives<Neuron, C, N>;
  static constexpr int kStates = Neuron::kStates, kParams = Neuron::kParams;
  static_assert(Neuron::kInputs == 1 && kParams <= kMaxParams);

  SNN_DEVICE Layer(const Values<C>& values, int64_t neuron) : strict_(values.strict) {
#pragma unroll
    for (int k = 0; k < kParams; ++k) {
      if (kPerNeuron && values.per_neuron[k])
        param_[k] = Pack<C, N>::load(values.param[k] + neuron).values();
      else
        param_[k] = splat<Value>(number_at(values.param[k], values.number[k]));
    }
  }

  // Of the surrogate.
  static SNN_DEVICE Value slope(const Values<C>& values) {
    return splat<Value>(number_at(values.slope_at, values.slope));
  }

  SNN_DEVICE void step(const Value& x, Value (&state)[kStates], Value& output) const {
    Neuron::step(&x, state, param_, strict_, output, state);
  }

  // Of the step from `state`.
  SNN_DEVICE Kept keep(const Value& x, const Value (&state)[kStates]) const {
    Kept kept;
    Neuron::keep(&x, state, param_, strict_, kept.distance, kept.other);
    return kept;
  }

  // `grad_state` is that of the state after the step, replaced by that of the state before it.
  template <bool kParamGrads>
  SNN_DEVICE void adjoint(const Kept& kept, const Derivatives& derivatives, const Value& grad_output,
                          Value (&grad_state)[kStates], Value& grad_x, Value (&grad_param)[kParams]) const {
    Value added[kParams];
    Neuron::adjoint(kept.distance, derivatives.value, kept.other, param_, strict_, grad_output, grad_state, &grad_x,
                    grad_state, added);
#pragma unroll
    for (int k = 0; kParamGrads && k < kParams; ++k) grad_param[k] = grad_param[k] + added[k];
  }

 private:
  Value param_[kParams];
  bool strict_;
};

}  // namespace snn::cuda
