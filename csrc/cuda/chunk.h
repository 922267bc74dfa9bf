// What backward keeps in shared memory of the chunk of steps that it is in.
#pragma once

#include "layer.h"

namespace snn::cuda {

constexpr int kBackwardThreads = 64;

// What a kernel is compiled for: gradients of inputs and states; those of parameters too; or any, with gradients of
// records and of outputs at one step.
enum class Gradients { kUsual, kWithParams, kAny };

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

// What the adjoints of a chunk of steps need, or the steps' inputs and states, of which that is then computed.
template <class Neuron, class T, int N, bool kComputed>
class KeptSteps {
  using C = Compute<T>;

 public:
  template <class Layer>
  SNN_DEVICE void set(int step, const Layer&, const Pack<T, N>& x, const Lanes<C, N> (&state)[Neuron::kStates]) {
    x_.set(step, x);
#pragma unroll
    for (int k = 0; k < Neuron::kStates; ++k) state_.set(step * Neuron::kStates + k, Pack<C, N>::of(state[k]));
  }

  template <class Layer>
  SNN_DEVICE typename Layer::Kept get(int step, const Layer& layer) const {
    Lanes<C, N> state[Neuron::kStates];
#pragma unroll
    for (int k = 0; k < Neuron::kStates; ++k) state[k] = state_.get(step * Neuron::kStates + k).values();
    return layer.keep(x_.get(step).values(), state);
  }

 private:
  Columns<Pack<T, N>, 1> x_;
  Columns<Pack<C, N>, Neuron::kStates> state_;
};

template <class Neuron, class T, int N>
class KeptSteps<Neuron, T, N, false> {
  using C = Compute<T>;
  static constexpr int kPerStep = Neuron::kSpikes + Neuron::kKept;

 public:
  template <class Layer>
  SNN_DEVICE void set(int step, const Layer& layer, const Pack<T, N>& x, const Lanes<C, N> (&state)[Neuron::kStates]) {
    const typename Layer::Kept kept = layer.keep(x.values(), state);
#pragma unroll
    for (int k = 0; k < kPerStep; ++k) {
      const Lanes<C, N>& value = k < Neuron::kSpikes ? kept.distance[k] : kept.other[k - Neuron::kSpikes];
      values_.set(step * kPerStep + k, Pack<C, N>::of(value));
    }
  }

  template <class Layer>
  SNN_DEVICE typename Layer::Kept get(int step, const Layer&) const {
    typename Layer::Kept kept;
#pragma unroll
    for (int k = 0; k < kPerStep; ++k) {
      Lanes<C, N>& value = k < Neuron::kSpikes ? kept.distance[k] : kept.other[k - Neuron::kSpikes];
      value = values_.get(step * kPerStep + k).values();
    }
    return kept;
  }

 private:
  Columns<Pack<C, N>, kPerStep> values_;
};

// What backward has of the chunk of steps that it is in.
template <class Neuron, class T, int N, Gradients kGradients>
struct Chunk {
  static constexpr int kNeeded = (Neuron::kSpikes + Neuron::kKept) * sizeof(Compute<T>);
  static constexpr int kStep = sizeof(T) + Neuron::kStates * sizeof(Compute<T>);

  Columns<Pack<T, N>, 1> grad_output;
  // Whichever is less. Gradients of parameters need more.
  KeptSteps<Neuron, T, N, (kGradients != Gradients::kUsual || kNeeded > kStep)> kept;
};

}  // namespace snn::cuda
