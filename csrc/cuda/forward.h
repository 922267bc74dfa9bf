// The forward time loop: it knows no neuron.
#pragma once

#include "layer.h"

namespace snn::cuda {

constexpr int kForwardThreads = 128;

// Each thread runs its N neurons through all of time, with their states in registers. The inputs of the next steps do
// not depend on the state: they are on their way while these steps are computed.
template <class Neuron, class T, int N>
__global__ void __launch_bounds__(kForwardThreads)
    forward_kernel(const __grid_constant__ ForwardArguments<Compute<T>> arguments) {
  using C = Compute<T>;
  using Input = Pack<T, N>;
  constexpr int kAhead = N == 1 ? 2 * kInterval : kInterval;
  const Shape& shape = arguments.shape;
  const int64_t neurons = shape.outer * shape.inner, steps = shape.steps, inner = shape.inner;
  const int64_t index = int64_t(blockIdx.x) * kForwardThreads + threadIdx.x;
  if (index >= neurons / N) return;
  const Place place(shape, index, N);
  const Layer<Neuron, C, N> layer(arguments.values, place.neuron);
  const T* x = static_cast<const T*>(arguments.x) + place.sequence;
  T* spikes = static_cast<T*>(arguments.spikes) + place.sequence;
  const bool keep = arguments.checkpoints != nullptr;
  C* checkpoint = arguments.checkpoints + place.neuron;
  C state[Neuron::kStates][N];
  load_rows(arguments.states + place.neuron, neurons, state);

  Input now[kAhead], next[kAhead];
#pragma unroll
  for (int k = 0; k < kAhead; ++k)
    if (k < steps) next[k] = Input::load(x + k * inner);
  for (int64_t begin = 0; begin < steps; begin += kAhead) {
#pragma unroll
    for (int k = 0; k < kAhead; ++k) now[k] = next[k];
    x += kAhead * inner;
#pragma unroll
    for (int k = 0; k < kAhead; ++k)
      if (begin + kAhead + k < steps) next[k] = Input::load(x + k * inner);
#pragma unroll
    for (int k = 0; k < kAhead; ++k) {
      if (begin + k >= steps) break;
      if (keep && k % kInterval == 0) {
        store_rows(state, checkpoint, neurons);
        checkpoint += Neuron::kStates * neurons;
      }
      C current[N], spike[N];
      now[k].get(current);
      layer.step(current, state, spike);
      Input::of(spike).store(spikes);
      spikes += inner;
    }
  }
  store_rows(state, arguments.final_states + place.neuron, neurons);
}

template <class Neuron, class T, int N>
cudaError_t launch_forward(const ForwardArguments<Compute<T>>& arguments, cudaStream_t stream) {
  const int64_t threads = arguments.shape.outer * arguments.shape.inner / N;
  const unsigned blocks = static_cast<unsigned>((threads + kForwardThreads - 1) / kForwardThreads);
  forward_kernel<Neuron, T, N><<<blocks, kForwardThreads, 0, stream>>>(arguments);
  return cudaGetLastError();
}

template <class T>
cudaError_t forward(const Launch& launch, const ForwardArguments<Compute<T>>& arguments) {
  switch (launch.neuron) {
#define SNN_CASE(NEURON)                                                                                         \
  case NeuronId::NEURON:                                                                                         \
    return (launch.packed ? launch_forward<NEURON, T, 16 / sizeof(T)> : launch_forward<NEURON, T, 1>)(arguments, \
                                                                                                      launch.stream);
    SNN_FOR_EACH_NEURON(SNN_CASE)
#undef SNN_CASE
  }
  return cudaErrorInvalidValue;
}

}  // namespace snn::cuda
