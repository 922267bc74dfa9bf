// What a thread leaves of its neurons' spikes: each of them, their sum over time, or a bit for each.
#pragma once

#include "layer.h"

namespace snn::cuda {

template <class T, int N>
class SpikesOutput {
  using C = Compute<T>;

 public:
  static constexpr int kRow = N;  // a row of neurons is filled up to a multiple of this

  SNN_DEVICE SpikesOutput(const ForwardArguments<C>& arguments, const Place& place)
      : to_(static_cast<T*>(arguments.output) + place.sequence), inner_(arguments.shape.inner) {}

  SNN_DEVICE void add(const Lanes<C, N>& spike) {
    Pack<T, N>::of(spike).store(to_);
    to_ += inner_;
  }

  SNN_DEVICE void finish() const {}

 private:
  T* to_;
  const int64_t inner_;
};

template <class T, int N>
class CountOutput {
  using C = Compute<T>;

 public:
  static constexpr int kRow = N;

  SNN_DEVICE CountOutput(const ForwardArguments<C>& arguments, const Place& place)
      : to_(static_cast<C*>(arguments.output) + place.neuron) {}

  SNN_DEVICE void add(const Lanes<C, N>& spike) { count_ = count_ + spike; }

  SNN_DEVICE void finish() const { Pack<C, N>::of(count_).store(to_); }

 private:
  C* to_;
  Lanes<C, N> count_ = {};
};

// A byte is 8 neighbouring neurons of a row, of one thread or of some that exchange their bits: all threads of a warp
// must come here. Those whose neurons do not exist have bits of 0, and none of them is the first of its byte.
template <class T, int N>
class PackedOutput {
  using C = Compute<T>;

 public:
  static constexpr int kRow = 8;

  SNN_DEVICE PackedOutput(const ForwardArguments<C>& arguments, const Place& place)
      : inside_(place.inside), first_(place.inside && place.inner % 8 == 0), row_((arguments.shape.inner + 7) / 8),
        to_(static_cast<uint8_t*>(arguments.output) + place.outer * arguments.shape.steps * row_ + place.inner / 8) {}

  SNN_DEVICE void add(const Lanes<C, N>& spike) {
    constexpr unsigned kWarp = 0xffffffff;
    unsigned byte = 0;
    if (N == 1) {
      byte = __ballot_sync(kWarp, inside_ && spike.lane[0] != C(0)) >> (threadIdx.x & 24);
    } else {
#pragma unroll
      for (int i = 0; i < N; ++i) byte |= unsigned(inside_ && spike.lane[i] != C(0)) << i;
      byte <<= threadIdx.x * N % 8;
#pragma unroll
      for (int distance = 1; distance < 8 / N; distance *= 2) byte |= __shfl_xor_sync(kWarp, byte, distance);
    }
    if (first_) *to_ = static_cast<uint8_t>(byte);
    to_ += row_;
  }

  SNN_DEVICE void finish() const {}

 private:
  const bool inside_, first_;
  const int64_t row_;  // its bytes
  uint8_t* to_;
};

}  // namespace snn::cuda
