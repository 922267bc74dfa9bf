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
  static constexpr int kStates = Neuron::kStates, kParams = Neuron::kParams, kConstants = Neuron::kConstants;
  static_assert(kParams <= kMaxParams && kConstants <= kMaxConstants);
  using States = C[kStates][N];
  using Params = C[kParams + 1][N];

  SNN_DEVICE Layer(const Values<C>& values, int64_t neuron) : strict_(values.strict) {
#pragma unroll
    for (int k = 0; k < kConstants; ++k) constant_[k] = values.constant[k];
#pragma unroll
    for (int k = 0; k < kParams; ++k) {
      if (values.param[k] == nullptr) {
#pragma unroll
        for (int i = 0; i < N; ++i) param_[k][i] = values.number[k];
      } else {
        (values.param_stride[k] ? Pack<C, N>::load(values.param[k] + neuron) : Pack<C, N>::load_spread(values.param[k]))
            .get(param_[k]);
      }
    }
  }

  SNN_DEVICE void step(const C (&x)[N], States& state, C (&spike)[N]) const {
#pragma unroll
    for (int i = 0; i < N; ++i) {
      C before[kStates], param[kParams + 1], after[kStates];
      column(state, i, before);
      column(param_, i, param);
      Neuron::step(x[i], before, param, constant_, strict_, spike[i], after);
      set_column(after, i, state);
    }
  }

  // `grad_state` is that of the state after the step, replaced by that of the state before it.
  template <class Surrogate, bool kParamGrads>
  SNN_DEVICE void adjoint(const C (&x)[N], const States& state, C slope, const C (&grad_spike)[N], States& grad_state,
                          C (&grad_x)[N], Params& grad_param) const {
#pragma unroll
    for (int i = 0; i < N; ++i) {
      C before[kStates], param[kParams + 1], kept[Neuron::kKept + Neuron::kKeptForParams + 1];
      C grad_after[kStates], grad_before[kStates], grad_param_added[kParams + 1];
      column(state, i, before);
      column(param_, i, param);
      column(grad_state, i, grad_after);
      Neuron::keep(x[i], before, param, constant_, strict_, kept);
      Neuron::template adjoint<Surrogate>(kept, param, constant_, strict_, slope, grad_spike[i], grad_after, grad_x[i],
                                          grad_before, grad_param_added);
      set_column(grad_before, i, grad_state);
      if (kParamGrads) {
#pragma unroll
        for (int k = 0; k < kParams; ++k) grad_param[k][i] += grad_param_added[k];
      }
    }
  }

 private:
  template <int kRows>
  static SNN_DEVICE void column(const C (&rows)[kRows][N], int i, C (&values)[kRows]) {
#pragma unroll
    for (int k = 0; k < kRows; ++k) values[k] = rows[k][i];
  }

  template <int kRows>
  static SNN_DEVICE void set_column(const C (&values)[kRows], int i, C (&rows)[kRows][N]) {
#pragma unroll
    for (int k = 0; k < kRows; ++k) rows[k][i] = values[k];
  }

  C param_[kParams + 1][N] = {};
  C constant_[kConstants + 1] = {};
  bool strict_;
};

}  // namespace snn::cuda
