// The backward time loop: it knows no neuron.
#pragma once

#include "layer.h"

namespace snn::cuda {

constexpr int kBackwardThreads = 64;

// Blocks that must fit on a multiprocessor at once, which bounds a thread's registers. Told nothing, the compiler
// spills some of them for more threads, which are not needed here.
template <int N>
constexpr int kBackwardBlocks = N == 1 ? 8 : 4;

// Packs of each step of a chunk in shared memory, where a loop over steps can index them, as it cannot registers. Each
// thread has a column of words to itself: no thread waits for another.
template <class Pack, int kPerStep>
class Columns {
 public:
  SNN_DEVICE Pack get(int k) const {
    Pack pack;
#pragma unroll
    for (int i = 0; i < Pack::kWords; ++i) pack.words[i] = words_[k][i][threadIdx.x];
    return pack;
  }

  SNN_DEVICE void set(int k, const Pack& pack) {
#pragma unroll
    for (int i = 0; i < Pack::kWords; ++i) words_[k][i][threadIdx.x] = pack.words[i];
  }

 private:
  typename Pack::Word words_[kInterval * kPerStep][Pack::kWords][kBackwardThreads];
};

// What backward has of the chunk of steps that it is in: the gradients of its spikes, and what their adjoints need.
template <class Neuron, class T, int N, bool kParamGrads>
struct Chunk {
  static constexpr int kKept = Neuron::kKept + (kParamGrads ? Neuron::kKeptForParams : 0);

  Columns<Pack<T, N>, 1> grad_spike;
  Columns<Pack<Compute<T>, N>, kKept> kept;
};

// N neurons of one thread on their way back through time, a chunk of steps at a time.
template <class Neuron, class T, int N, bool kParamGrads>
class BackwardThread {
  using C = Compute<T>;
  using Arguments = BackwardArguments<C>;
  using Chunk = cuda::Chunk<Neuron, T, N, kParamGrads>;
  using Layer = cuda::Layer<Neuron, C, N>;
  using Value = Lanes<C, N>;
  static constexpr int kStates = Neuron::kStates;
  // Few neurons are limited by latency: there several steps are computed side by side.
  static constexpr int kUnroll = N == 1 ? 4 : 1;

 public:
  SNN_DEVICE BackwardThread(const Arguments& arguments, Chunk& chunk, const Place& place, int64_t begin)
      : arguments_(arguments), chunk_(chunk), neurons_(arguments.shape.outer * arguments.shape.inner),
        neuron_(place.neuron), constant_(arguments.x.time_stride == 0),
        x_from_(begin_of<T>(arguments.x, place) + begin * arguments.x.time_stride),
        grad_spikes_from_(begin_of<T>(arguments.grad_spikes, place) + begin * arguments.grad_spikes.time_stride -
                          (arguments.grad_inner_stride == 0 ? place.inner : 0)),
        grad_x_(static_cast<T*>(arguments.grad_x) +
                (constant_ ? place.neuron : place.sequence + arguments.shape.steps * arguments.shape.inner)),
        checkpoint_(arguments.checkpoints + (begin / kInterval - arguments.from_zero) * kStates * neurons_ +
                    place.neuron),
        layer_(arguments.values, place.neuron) {
    load_rows_or_zeros(arguments.grad_final, neuron_, neurons_, grad_state_);
    const int length = static_cast<int>(arguments.shape.steps - begin);
    request_state(begin);
    request_x(length);
    request_grad_spikes(length);
  }

  // The steps once more, from the chunk's checkpoint. From here on its x and state are not needed.
  SNN_DEVICE void replay(int length) {
#pragma unroll
    for (int step = 0; step < kInterval; ++step) {
      chunk_.grad_spike.set(step, grad_spikes_[step]);
      if (step < length) {
        const Value x = x_[step].values();
        Value kept[Layer::kKept], spike;
        layer_.keep(x, state_, kept);
#pragma unroll
        for (int k = 0; k < Chunk::kKept; ++k) chunk_.kept.set(step * Chunk::kKept + k, Pack<C, N>::of(kept[k]));
        if (step + 1 < kInterval) layer_.step(x, state_, spike);
      }
    }
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
    if (arguments_.grad_spikes.time_stride != 0) {
      grad_spikes_from_ -= kInterval * arguments_.grad_spikes.time_stride;
      request_grad_spikes(kInterval);
    }
  }

  // The surrogate is chosen here, once for a chunk, rather than by a template: there are too many combinations.
  SNN_DEVICE void adjoint(int length) {
    switch (arguments_.surrogate) {
#define SNN_CASE(SURROGATE)          \
  case SurrogateId::SURROGATE:       \
    adjoint_with<SURROGATE>(length); \
    break;
      SNN_FOR_EACH_SURROGATE(SNN_CASE)
#undef SNN_CASE
    }
  }

  SNN_DEVICE void finish() const {
    if (constant_) Pack<T, N>::of(grad_x_sum_).store(grad_x_);
    if (arguments_.grad_states != nullptr) store_rows(grad_state_, arguments_.grad_states + neuron_, neurons_);
#pragma unroll
    for (int k = 0; kParamGrads && k < Neuron::kParams; ++k)
      Pack<C, N>::of(grad_param_[k]).store(arguments_.grad_params + k * neurons_ + neuron_);
  }

 private:
  SNN_DEVICE void request_state(int64_t begin) {
    load_rows_or_zeros(begin == 0 && arguments_.from_zero ? nullptr : checkpoint_, 0, neurons_, state_);
  }

  SNN_DEVICE void request_x(int length) { load_steps(x_from_, arguments_.x.time_stride, length, x_, Pack<T, N>::load); }

  SNN_DEVICE void request_grad_spikes(int length) {
    const int64_t stride = arguments_.grad_spikes.time_stride;
    if (N == 1 || arguments_.grad_inner_stride != 0)
      load_steps(grad_spikes_from_, stride, length, grad_spikes_, Pack<T, N>::load);
    else
      load_steps(grad_spikes_from_, stride, length, grad_spikes_, Pack<T, N>::load_spread);
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

  template <class Surrogate>
  SNN_DEVICE void adjoint_with(int length) {
    const Value slope = Layer::slope(arguments_.values);
#pragma unroll kUnroll
    for (int step = length - 1; step >= 0; --step) {
      Value kept[Layer::kKept] = {}, grad_x;
#pragma unroll
      for (int k = 0; k < Chunk::kKept; ++k) kept[k] = chunk_.kept.get(step * Chunk::kKept + k).values();
      layer_.template adjoint<Surrogate, kParamGrads>(kept, slope, chunk_.grad_spike.get(step).values(), grad_state_,
                                                      grad_x, grad_param_);
      if (constant_) {
        grad_x_sum_ = grad_x_sum_ + grad_x;
      } else {
        grad_x_ -= arguments_.shape.inner;
        Pack<T, N>::of(grad_x).store(grad_x_);
      }
    }
  }

  const Arguments& arguments_;
  Chunk& chunk_;
  const int64_t neurons_, neuron_;
  const bool constant_;  // x is the same at all steps, and its gradient a sum
  const T *x_from_, *grad_spikes_from_;
  T* grad_x_;
  const C* checkpoint_;
  const Layer layer_;
  Pack<T, N> x_[kInterval], grad_spikes_[kInterval];
  Value state_[kStates], grad_state_[kStates];
  Value grad_param_[Neuron::kParams + 1] = {}, grad_x_sum_ = {};
};

template <class Neuron, class T, int N, bool kParamGrads>
__global__ void __launch_bounds__(kBackwardThreads, kBackwardBlocks<N>)
    backward_kernel(const __grid_constant__ BackwardArguments<Compute<T>> arguments) {
  __shared__ Chunk<Neuron, T, N, kParamGrads> chunk;
  const int64_t index = int64_t(blockIdx.x) * kBackwardThreads + threadIdx.x;
  if (index >= arguments.shape.outer * arguments.shape.inner / N) return;
  const int64_t last = (arguments.shape.steps - 1) / kInterval * kInterval;
  BackwardThread<Neuron, T, N, kParamGrads> thread(arguments, chunk, Place(arguments.shape, index, N, N), last);
  int length = static_cast<int>(arguments.shape.steps - last);
  for (int64_t begin = last; begin >= 0; begin -= kInterval) {
    thread.replay(length);
    if (begin > 0) thread.request(begin - kInterval);
    thread.adjoint(length);
    length = kInterval;
  }
  thread.finish();
}

template <class Neuron, class T, int N>
cudaError_t launch_backward(const BackwardArguments<Compute<T>>& arguments, bool param_grads, cudaStream_t stream) {
  const int64_t threads = arguments.shape.outer * arguments.shape.inner / N;
  const unsigned blocks = static_cast<unsigned>((threads + kBackwardThreads - 1) / kBackwardThreads);
  (param_grads ? backward_kernel<Neuron, T, N, true>
               : backward_kernel<Neuron, T, N, false>)<<<blocks, kBackwardThreads, 0, stream>>>(arguments);
  return cudaGetLastError();
}

template <class T>
cudaError_t backward(const Launch& launch, const BackwardArguments<Compute<T>>& arguments, bool param_grads) {
  switch (launch.neuron) {
#define SNN_CASE(NEURON)                                             \
  case NeuronId::NEURON:                                             \
    return (launch.wide ? launch_backward<NEURON, T, 16 / sizeof(T)> \
                        : launch_backward<NEURON, T, 1>)(arguments, param_grads, launch.stream);
    SNN_FOR_EACH_NEURON(SNN_CASE)
#undef SNN_CASE
  }
  return cudaErrorInvalidValue;
}

}  // namespace snn::cuda
