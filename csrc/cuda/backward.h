// The backward time loop: it knows no neuron.
#pragma once

#include "chunk.h"

namespace snn::cuda {

// Blocks that must fit on a multiprocessor at once, which bounds a thread's registers. Told nothing, the compiler
// spills some of them for more threads, which are not needed here.
template <int N, Gradients kGradients>
constexpr int kBackwardBlocks = N == 1 && kGradients != Gradients::kAny ? 8 : 4;

// N neurons of one thread on their way back through time, a chunk of steps at a time.
template <class Neuron, class T, int N, bool kPerNeuron, Gradients kGradients>
class BackwardThread {
  using C = Compute<T>;
  using Arguments = BackwardArguments<C>;
  using Chunk = cuda::Chunk<Neuron, T, N, kGradients>;
  using Layer = cuda::Layer<Neuron, C, N, kPerNeuron>;
  using Value = Lanes<C, N>;
  static constexpr int kStates = Neuron::kStates;
  static constexpr bool kParamGrads = kGradients != Gradients::kUsual, kAny = kGradients == Gradients::kAny;
  // Steps whose derivatives are computed side by side, as many as registers hold: a thread of one neuron waits for each
  // of them otherwise.
  static constexpr int kTogether = N == 1 && !kAny ? (kParamGrads ? 8 : 16) / sizeof(C) : 1;

 public:
  SNN_DEVICE BackwardThread(const Arguments& arguments, Chunk& chunk, const Place& place, int64_t begin)
      : arguments_(arguments), chunk_(chunk), neurons_(arguments.shape.outer * arguments.shape.inner),
        neuron_(place.neuron), constant_(arguments.x.time_stride == 0),
        x_from_(begin_of<T>(arguments.x, place) + begin * arguments.x.time_stride),
        grad_outputs_from_(begin_of<T>(arguments.grad_output, place) + begin * arguments.grad_output.time_stride -
                           (arguments.grad_inner_stride == 0 ? place.inner : 0)),
        grad_x_(static_cast<T*>(arguments.grad_x) +
                (constant_ ? place.neuron : place.sequence + arguments.shape.steps * arguments.shape.inner)),
        grad_records_(arguments.grad_records + place.sequence + arguments.shape.steps * arguments.shape.inner),
        checkpoint_(arguments.checkpoints + (begin / kInterval - arguments.from_zero) * kStates * neurons_ +
                    place.neuron),
        layer_(arguments.values, place.neuron), slope_(Layer::slope(arguments.values)) {
    load_rows_or_zeros(arguments.grad_final, neuron_, neurons_, grad_state_);
    const int length = static_cast<int>(arguments.shape.steps - begin);
    request_state(begin);
    request_x(length);
    request_grad_outputs(length);
  }

  // The steps once more, from the chunk's checkpoint. From here on its x and state are not needed.
  SNN_DEVICE void replay(int64_t begin, int length) {
#pragma unroll
    for (int step = 0; step < kInterval; ++step) {
      chunk_.grad_output.set(step, grad_outputs_[step]);
      if (step < length) {
        Value output;
        chunk_.kept.set(step, layer_, x_[step], state_);
        if (step + 1 < kInterval) layer_.step(x_[step].values(), state_, output);
      }
    }
    if (kAny && arguments_.at_one_step) leave_one_step(begin);
  }

  // Ask for the chunk that begins so many steps in, the one before, which is then on its way until its replay.
  SNN_DEVICE void request(int64_t begin) {
    checkpoint_ -= kStates * neurons_;
    request_state(begin);
    // What is the same at all steps is here already.
    if (!constant_) {
      x_from_ -= kInterval * arguments_.x.time_stride;
      request_x(kInterval);
    }
    if (arguments_.grad_output.time_stride != 0) {
      grad_outputs_from_ -= kInterval * arguments_.grad_output.time_stride;
      request_grad_outputs(kInterval);
    }
  }

  SNN_DEVICE void adjoint(int length) {
    if (!kAny) return adjoint_of(0, length);
    const bool records = arguments_.grad_records != nullptr;
    const int together = records ? 1 : length;
    for (int end = length; end > 0; end -= together) {
      if (records) add_grad_records();
      adjoint_of(end - together, end);
    }
  }

  SNN_DEVICE void finish() const {
    if (constant_) Pack<T, N>::of(grad_x_sum_).store(grad_x_);
    if (arguments_.grad_states != nullptr) store_rows(grad_state_, arguments_.grad_states + neuron_, neurons_);
    C* to = arguments_.grad_params + neuron_;
#pragma unroll
    for (int k = 0; kParamGrads && k < Neuron::kParams; ++k) {
      const bool wanted = arguments_.wanted >> k & 1;
      if (wanted) Pack<C, N>::of(grad_param_[k]).store(to);
      to += wanted ? neurons_ : 0;
    }
  }

 private:
  SNN_DEVICE void request_state(int64_t begin) {
    load_rows_or_zeros(begin == 0 && arguments_.from_zero ? nullptr : checkpoint_, 0, neurons_, state_);
  }

  SNN_DEVICE void request_x(int length) { load_steps(x_from_, arguments_.x.time_stride, length, x_, Pack<T, N>::load); }

  SNN_DEVICE void request_grad_outputs(int length) {
    const int64_t stride = arguments_.grad_output.time_stride;
    if (N == 1 || arguments_.grad_inner_stride != 0)
      load_steps(grad_outputs_from_, stride, length, grad_outputs_, Pack<T, N>::load);
    else
      load_steps(grad_outputs_from_, stride, length, grad_outputs_, Pack<T, N>::load_spread);
  }

  // Of the chunk's gradients of the output. The step may lie outside of all chunks.
  SNN_DEVICE void leave_one_step(int64_t begin) {
    const int32_t last = static_cast<int32_t>(arguments_.shape.steps - 1);
    const Lanes<int32_t, N> index = arguments_.index == nullptr
                                        ? splat<Lanes<int32_t, N>>(last)
                                        : Pack<int32_t, N>::load(arguments_.index + neuron_).values();
#pragma unroll 1
    for (int step = 0; step < kInterval; ++step) {
      const Value grad = chunk_.grad_output.get(step).values();
      const Value left = lanes_of<N>([&](int i) { return index.lane[i] == begin + step ? grad.lane[i] : C(0); });
      chunk_.grad_output.set(step, Pack<T, N>::of(left));
    }
  }

  // To the gradient of the states after the next step on the way back.
  SNN_DEVICE void add_grad_records() {
    grad_records_ -= arguments_.shape.inner;
    const C* from = grad_records_;
#pragma unroll
    for (int k = 0; k < kStates; ++k) {
      if ((arguments_.record >> k & 1) == 0) continue;
      grad_state_[k] = grad_state_[k] + Pack<C, N>::load(from).values();
      from += neurons_ * arguments_.shape.steps;
    }
  }

  // Steps beyond the last are the last again.
  template <class Load>
  static SNN_DEVICE void load_steps(const T* from, int64_t stride, int length, Pack<T, N> (&steps)[kInterval],
                                    const Load& load) {
#pragma unroll
    for (int k = 0; k < kInterval; ++k) {
      steps[k] = load(from);
      if (k + 1 < length) from += stride;
    }
  }

  SNN_DEVICE void adjoint_of(int begin, int end) {
    for (; end > begin; end -= kTogether) {
      typename Layer::Kept kept[kTogether];
      typename Layer::Derivatives derivatives[kTogether];
#pragma unroll
      for (int k = 0; k < kTogether; ++k) kept[k] = chunk_.kept.get(max(end - 1 - k, begin), layer_);
      find_derivatives(kept, derivatives);
#pragma unroll
      for (int k = 0; k < kTogether; ++k)
        if (end - k > begin) adjoint_of_step(end - 1 - k, kept[k], derivatives[k]);
    }
  }

  // The surrogate is chosen here, at run time, for some steps at once. As a template of it, the loop over steps would
  // be compiled once for each surrogate.
  SNN_DEVICE void find_derivatives(const typename Layer::Kept (&kept)[kTogether],
                                   typename Layer::Derivatives (&derivatives)[kTogether]) const {
    switch (arguments_.surrogate) {
#define SNN_CASE(SURROGATE)                                                                                        \
  case SurrogateId::SURROGATE:                                                                                     \
    _Pragma("unroll") for (int k = 0; k < kTogether; ++k) derivatives[k].template set<SURROGATE>(kept[k], slope_); \
    break;
      SNN_FOR_EACH_SURROGATE(SNN_CASE)
#undef SNN_CASE
    }
  }

  SNN_DEVICE void adjoint_of_step(int step, const typename Layer::Kept& kept,
                                  const typename Layer::Derivatives& derivatives) {
    Value grad_x;
    layer_.template adjoint<kParamGrads>(kept, derivatives, chunk_.grad_output.get(step).values(), grad_state_, grad_x,
                                         grad_param_);
    if (constant_) {
      grad_x_sum_ = grad_x_sum_ + grad_x;
    } else {
      grad_x_ -= arguments_.shape.inner;
      Pack<T, N>::of(grad_x).store(grad_x_);
    }
  }

  const Arguments& arguments_;
  Chunk& chunk_;
  const int64_t neurons_, neuron_;
  const bool constant_;  // x is the same at all steps, and its gradient a sum
  const T *x_from_, *grad_outputs_from_;
  T* grad_x_;
  const C *grad_records_, *checkpoint_;
  const Layer layer_;
  const Value slope_;
  Pack<T, N> x_[kInterval], grad_outputs_[kInterval];
  Value state_[kStates], grad_state_[kStates];
  Value grad_param_[Neuron::kParams] = {}, grad_x_sum_ = {};
};

template <class Neuron, class T, int N, bool kPerNeuron, Gradients kGradients>
__global__ void __launch_bounds__(kBackwardThreads, kBackwardBlocks<N, kGradients>)
    backward_kernel(const __grid_constant__ BackwardArguments<Compute<T>> arguments) {
  __shared__ Chunk<Neuron, T, N, kGradients> chunk;
  const int64_t index = int64_t(blockIdx.x) * kBackwardThreads + threadIdx.x;
  if (index >= arguments.shape.outer * arguments.shape.inner / N) return;
  const int64_t last = (arguments.shape.steps - 1) / kInterval * kInterval;
  const Place place(arguments.shape, index, N, N);
  BackwardThread<Neuron, T, N, kPerNeuron, kGradients> thread(arguments, chunk, place, last);
  int length = static_cast<int>(arguments.shape.steps - last);
  for (int64_t begin = last; begin >= 0; begin -= kInterval) {
    thread.replay(begin, length);
    if (begin > 0) thread.request(begin - kInterval);
    thread.adjoint(length);
    length = kInterval;
  }
  thread.finish();
}

template <class Neuron, class T, int N, bool kPerNeuron, Gradients kGradients>
cudaError_t launch_backward(const Launch& launch, const BackwardArguments<Compute<T>>& arguments) {
  const int64_t threads = arguments.shape.outer * arguments.shape.inner / N;
  const unsigned blocks = static_cast<unsigned>((threads + kBackwardThreads - 1) / kBackwardThreads);
  backward_kernel<Neuron, T, N, kPerNeuron, kGradients><<<blocks, kBackwardThreads, 0, launch.stream>>>(arguments);
  return cudaGetLastError();
}

// What few train with has no kernel of its own, which would take half a minute to compile: gradients of records, and
// parameters of each neuron that are not trained.
template <class Neuron, class T, int N, bool kPerNeuron>
cudaError_t backward_with(const Launch& launch, const BackwardArguments<Compute<T>>& arguments) {
  if (arguments.at_one_step || arguments.grad_records != nullptr)
    return launch_backward<Neuron, T, N, true, Gradients::kAny>(launch, arguments);
  if constexpr (N == 1 || !kPerNeuron)
    if (arguments.wanted == 0) return launch_backward<Neuron, T, N, kPerNeuron, Gradients::kUsual>(launch, arguments);
  return launch_backward<Neuron, T, N, kPerNeuron, Gradients::kWithParams>(launch, arguments);
}

template <class Neuron, class T>
cudaError_t backward_of(const Launch& launch, const BackwardArguments<Compute<T>>& arguments) {
  constexpr int kWide = 16 / sizeof(T);
  if (!launch.wide) return backward_with<Neuron, T, 1, true>(launch, arguments);
  return (launch.per_neuron ? backward_with<Neuron, T, kWide, true>
                            : backward_with<Neuron, T, kWide, false>)(launch, arguments);
}

template <class T>
cudaError_t backward(const Launch& launch, const BackwardArguments<Compute<T>>& arguments) {
  switch (launch.neuron) {
#define SNN_CASE(NEURON) \
  case NeuronId::NEURON: \
    return backward_of<NEURON, T>(launch, arguments);
    SNN_FOR_EACH_LIF(SNN_CASE)
#undef SNN_CASE
  }
  return cudaErrorInvalidValue;
}

}  // namespace snn::cuda
