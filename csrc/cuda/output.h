// What a thread leaves of its neurons' outputs over time: all, their sum, a bit for each, or any of these and others.
#pragma once

#include "layer.h"

namespace snn::cuda {

template <class T, int N>
class AllOutput {
  using C = Compute<T>;

 public:
  static constexpr int kRow = N;       // a row of neurons is filled up to a multiple of this
  static constexpr bool kAny = false;  // whether it can be of any kind

  SNN_DEVICE AllOutput(const ForwardArguments<C>& arguments, const Place& place)
      : to_(static_cast<T*>(arguments.output) + place.sequence), inner_(arguments.shape.inner) {}

  template <int kStates>
  SNN_DEVICE void add(const Lanes<C, N>& value, const Lanes<C, N> (&)[kStates]) {
    Pack<T, N>::of(value).store(to_);
    to_ += inner_;
  }

  SNN_DEVICE void finish() const {}

 private:
  T* to_;
  const int64_t inner_;
};

template <class T, int N>
class SumOutput {
  using C = Compute<T>;

 public:
  static constexpr int kRow = N;
  static constexpr bool kAny = false;

  SNN_DEVICE SumOutput(const ForwardArguments<C>& arguments, const Place& place)
      : to_(static_cast<C*>(arguments.output) + place.neuron) {}

  template <int kStates>
  SNN_DEVICE void add(const Lanes<C, N>& value, const Lanes<C, N> (&)[kStates]) {
    sum_ = sum_ + value;
  }

  SNN_DEVICE void finish() const { Pack<C, N>::of(sum_).store(to_); }

 private:
  C* to_;
  Lanes<C, N> sum_ = {};
};

// A byte is 8 neighbouring neurons of a row, of one thread or of some that exchange their bits: all threads of a warp
// must come here. Those whose neurons do not exist have bits of 0, and none of them is the first of its byte.
template <class T, int N>
class PackedOutput {
  using C = Compute<T>;

 public:
  static constexpr int kRow = 8;
  static constexpr bool kAny = false;

  SNN_DEVICE PackedOutput(const ForwardArguments<C>& arguments, const Place& place)
      : arguments_(arguments), inside_(place.inside), first_(place.inside && place.inner % 8 == 0),
        to_(static_cast<uint8_t*>(arguments.output) + place.outer * arguments.shape.steps * arguments.packed_row +
            place.inner / 8) {}

  template <int kStates>
  SNN_DEVICE void add(const Lanes<C, N>& spike, const Lanes<C, N> (&)[kStates]) {
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
    to_ += arguments_.packed_row;
  }

  SNN_DEVICE void finish() const {}

 private:
  const ForwardArguments<C>& arguments_;
  const bool inside_, first_;
  uint8_t* to_;
};

// Whatever is asked for, and records: what kind of output it is a kernel learns only at run time, which takes the time
// of some steps. As for packed spikes, all threads of a warp must come here.
template <class T, int N>
class AnyOutput {
  using C = Compute<T>;
  using Value = Lanes<C, N>;

 public:
  static constexpr int kRow = 8;
  static constexpr bool kAny = true;

  SNN_DEVICE AnyOutput(const ForwardArguments<C>& arguments, const Place& place)
      : arguments_(arguments), inside_(place.inside), neuron_(place.neuron), sequence_(place.sequence),
        packed_(arguments, place) {}

  template <int kStates>
  SNN_DEVICE void add(const Value& value, const Value (&state)[kStates]) {
    switch (arguments_.kind) {
      case OutputKind::kAll:
        if (inside_) Pack<T, N>::of(value).store(static_cast<T*>(arguments_.output) + sequence_);
        break;
      case OutputKind::kSum:
        result_ = result_ + value;
        break;
      case OutputKind::kLast:
        result_ = value;
        break;
      case OutputKind::kMax:
        take_larger(value);
        break;
      case OutputKind::kPacked:
        packed_.add(value, state);
    }
    if (inside_) record(state);
    sequence_ += arguments_.shape.inner;
    ++step_;
  }

  SNN_DEVICE void finish() const {
    const OutputKind kind = arguments_.kind;
    if (kind == OutputKind::kAll || kind == OutputKind::kPacked) return;
    Pack<C, N>::of(result_).store(static_cast<C*>(arguments_.output) + neuron_);
    if (arguments_.index != nullptr) Pack<int32_t, N>::of(index_).store(arguments_.index + neuron_);
  }

 private:
  // The first of those that are equal. A NaN is larger than any number.
  SNN_DEVICE void take_larger(const Value& value) {
#pragma unroll
    for (int i = 0; i < N; ++i) {
      const C other = value.lane[i], best = result_.lane[i];
      if (step_ == 0 || other > best || (other != other && best == best)) {
        result_.lane[i] = other;
        index_.lane[i] = step_;
      }
    }
  }

  template <int kStates>
  SNN_DEVICE void record(const Value (&state)[kStates]) const {
    const Shape& shape = arguments_.shape;
    C* to = arguments_.records + sequence_;
#pragma unroll
    for (int k = 0; k < kStates; ++k) {
      if ((arguments_.record >> k & 1) == 0) continue;
      Pack<C, N>::of(state[k]).store(to);
      to += shape.outer * shape.steps * shape.inner;
    }
  }

  const ForwardArguments<C>& arguments_;
  const bool inside_;
  const int64_t neuron_;
  int64_t sequence_;  // of this step
  int32_t step_ = 0;
  PackedOutput<T, N> packed_;
  Value result_ = {};
  Lanes<int32_t, N> index_ = {};
};

}  // namespace snn::cuda
