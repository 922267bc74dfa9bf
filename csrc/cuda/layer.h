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

template <class Neuron, class C, int N>
class Layer {
 public:
  using Value = Lanes<C, N>;
  static constexpr int kStates = Neuron::kStates, kParams = Neuron::kParams, kConstants = Neuron::kConstants;
  static constexpr int kKept = Neuron::kKept + Neuron::kKeptForParams;
  static_assert(kParams <= kMaxParams && kConstants <= kMaxConstants);

  SNN_DEVICE Layer(const Values<C>& values, int64_t neuron) : strict_(values.strict) {
#pragma unroll
    for (int k = 0; k < kConstants; ++k)
      constant_[k] = values.constants == nullptr ? splat<Value>(values.constant[k])
                                                 : Pack<C, N>::load_spread(values.constants + k).values();
#pragma unroll
    for (int k = 0; k < kParams; ++k) {
      if (values.param[k] == nullptr)
        param_[k] = splat<Value>(values.number[k]);
      else if (values.param_stride[k] == 0)
        param_[k] = Pack<C, N>::load_spread(values.param[k]).values();
      else
        param_[k] = Pack<C, N>::load(values.param[k] + neuron).values();
    }
  }

  // Of the surrogate.
  static SNN_DEVICE Value slope(const Values<C>& values) {
    return values.slope_at == nullptr ? splat<Value>(values.slope) : Pack<C, N>::load_spread(values.slope_at).values();
  }

  SNN_DEVICE void step(const Value& x, Value (&state)[kStates], Value& spike) const {
    Neuron::step(x, state, param_, constant_, strict_, spike, state);
  }

  // What the adjoint of the step from `state` needs.
  SNN_DEVICE void keep(const Value& x, const Value (&state)[kStates], Value (&kept)[kKept]) const {
    Neuron::keep(x, state, param_, constant_, strict_, kept);
  }

  // `grad_state` is that of the state after the step, replaced by that of the state before it.
  template <class Surrogate, bool kParamGrads>
  SNN_DEVICE void adjoint(const Value (&kept)[kKept], const Value& slope, const Value& grad_spike,
                          Value (&grad_state)[kStates], Value& grad_x, Value (&grad_param)[kParams + 1]) const {
    Value added[kParams + 1];
    Neuron::template adjoint<Surrogate>(kept, param_, constant_, strict_, slope, grad_spike, grad_state, grad_x,
                                        grad_state, added);
#pragma unroll
    for (int k = 0; kParamGrads && k < kParams; ++k) grad_param[k] = grad_param[k] + added[k];
  }

 private:
  Value param_[kParams + 1] = {};
  Value constant_[kConstants + 1] = {};
  bool strict_;
};

}  // namespace snn::cuda
