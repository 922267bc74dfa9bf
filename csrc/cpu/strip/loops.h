// The loops over the steps and groups of a strip, for any neuron and surrogate with the structs that generated/ has.
#pragma once

#include "group.h"
#include "strips.h"

namespace snn::cpu {

// The number of vectors in a group of this neuron. It is halved if the states alone could fill all registers: up to
// four states were faster with the full number, on AVX2 and on AVX-512, and nine with half. The spikes of a group must
// fill whole bytes of bits. Vectors of 16 bytes are for the few processors without AVX2, and half as many of them
// compile in half the time.
template <class Neuron, class V>
constexpr int kVectorsOf =
    (Neuron::kStates * kMostVectors < 32 && sizeof(V) > 16) || 2 * kLanes<V> < 8 ? kMostVectors : 2;

// One row of a group: its values in each vector.
template <class V, int kRows, int kVectors>
SNN_INLINE void take(const V (&values)[kVectors][kRows], int row, V (&taken)[kVectors]) {
#pragma GCC unroll 4
  for (int i = 0; i < kVectors; ++i) taken[i] = values[i][row];
}

template <class V, int kRows, int kVectors>
SNN_INLINE void put(const V (&taken)[kVectors], int row, V (&values)[kVectors][kRows]) {
#pragma GCC unroll 4
  for (int i = 0; i < kVectors; ++i) values[i][row] = taken[i];
}

// The values of every input at one step. The first index is the vector, the second the input.
template <int kInputs, class V, int kVectors>
SNN_INLINE void read_inputs(const Rows (&rows)[kInputs], int64_t step, int64_t begin, V (&values)[kVectors][kInputs]) {
#pragma GCC unroll 32
  for (int k = 0; k < kInputs; ++k) {
    V row[kVectors];
    read(rows[k], step, begin, row);
    put(row, k, values);
  }
}

// Copies of the descriptions of rows. The loops write to memory, and without copies the compiler must assume that these
// writes change the descriptions.
template <int kCount, class Described>
struct Copies {
  Described rows[kCount];

  SNN_INLINE explicit Copies(const Described* from) {
#pragma GCC unroll 32
    for (int k = 0; k < kCount; ++k) rows[k] = from[k];
  }
};

template <class Neuron>
struct StepLoop {
  template <class V, class C = Element<V>>
  SNN_INLINE static void run(StepStrip<C> strip) {
    constexpr int kVectors = kVectorsOf<Neuron, V>;
    const Copies<Neuron::kInputs, Rows> inputs(strip.input);
    for (int64_t begin = 0; begin < kStrip; begin += kVectors * kLanes<V>) {
      Group<V, Neuron::kParams, kVectors> param(strip.param + begin, strip.spread);
      Group<V, Neuron::kStates, kVectors> state(strip.state + begin, strip.spread);
      for (int64_t step = 0; step < strip.steps; ++step) {
        V input[kVectors][Neuron::kInputs], output[kVectors];
        read_inputs(inputs.rows, step, begin, input);
#pragma GCC unroll 4
        for (int i = 0; i < kVectors; ++i)
          Neuron::step(input[i], state.values[i], param.values[i], strip.strict, output[i], state.values[i]);
        write<Neuron::kGivesSpikes>(output, strip.output, step, begin);
        if (strip.record != nullptr) record(state, strip.record, step, begin);
      }
      state.put(strip.state + begin, strip.spread);
    }
  }

 private:
  template <class V, int kVectors>
  SNN_INLINE static void record(const Group<V, Neuron::kStates, kVectors>& state, const WrittenRows* rows, int64_t step,
                                int64_t begin) {
#pragma GCC unroll 32
    for (int k = 0; k < Neuron::kStates; ++k) {
      if (rows[k].data == nullptr) continue;
      V values[kVectors];
      take(state.values, k, values);
      write_whole(values, rows[k], step, begin);
    }
  }
};

template <class Neuron, bool kParamGrads>
struct ReplayLoop {
  template <class V, class C = Element<V>>
  SNN_INLINE static void run(ReplayStrip<C> strip) {
    constexpr int kVectors = kVectorsOf<Neuron, V>, kKeptInAll = Neuron::kKept + Neuron::kKeptForParams;
    constexpr int kSpikes = Neuron::kSpikes, kKept = kParamGrads ? kKeptInAll : Neuron::kKept;
    const Copies<Neuron::kInputs, Rows> inputs(strip.input);
    for (int64_t begin = 0; begin < kStrip; begin += kVectors * kLanes<V>) {
      Group<V, Neuron::kParams, kVectors> param(strip.param + begin, strip.spread);
      Group<V, Neuron::kStates, kVectors> state(strip.state + begin, strip.spread);
      C *to_distance = strip.distance + begin, *to_kept = strip.kept + begin;
      for (int64_t step = 0; step < strip.steps; ++step, to_distance += kSpikes * kStrip, to_kept += kKept * kStrip) {
        V input[kVectors][Neuron::kInputs], distance[kSpikes + 1], kept[kKeptInAll + 1], output;
        read_inputs(inputs.rows, step, begin, input);
#pragma GCC unroll 4
        for (int i = 0; i < kVectors; ++i) {
          Neuron::keep(input[i], state.values[i], param.values[i], strip.strict, distance, kept);
#pragma GCC unroll 32
          for (int k = 0; k < kSpikes; ++k) store(distance[k], to_distance + k * kStrip + i * kLanes<V>);
#pragma GCC unroll 32
          for (int k = 0; k < kKept; ++k) store(kept[k], to_kept + k * kStrip + i * kLanes<V>);
          Neuron::step(input[i], state.values[i], param.values[i], strip.strict, output, state.values[i]);
        }
      }
    }
  }
};

// Surrogates whose derivatives an adjoint computes itself, by their numbers. snnkernels/emit/cpp.py says which they are
// and why.
template <class... Surrogate>
struct Surrogates {
  // The number of a surrogate, or -1 if it is not in the list.
  template <class Wanted>
  static constexpr int64_t number_of() {
    int64_t number = -1, next = 0;
    ((std::is_same_v<Wanted, Surrogate> ? number = next++ : next++), ...);
    return number;
  }

  template <class V, int kVectors, int kRows>
  SNN_INLINE static void derive(int64_t number, const V (&distance)[kVectors][kRows], V slope,
                                V (&derivative)[kVectors][kRows]) {
    derive_by<Surrogate...>(number, distance, slope, derivative);
  }

 private:
  template <class First, class... Rest, class V, int kVectors, int kRows>
  SNN_INLINE static void derive_by(int64_t number, const V (&distance)[kVectors][kRows], V slope,
                                   V (&derivative)[kVectors][kRows]) {
    if constexpr (sizeof...(Rest) > 0)
      if (number > 0) return derive_by<Rest...>(number - 1, distance, slope, derivative);
#pragma GCC unroll 4
    for (int i = 0; i < kVectors; ++i) {
#pragma GCC unroll 32
      for (int k = 0; k < kRows - 1; ++k) derivative[i][k] = First::derivative(distance[i][k], slope);
    }
  }
};

template <class Neuron, bool kParamGrads, class Inlined>
struct AdjointLoop {
  template <class V, class C = Element<V>>
  SNN_INLINE static void run(AdjointStrip<C> strip) {
    constexpr int kVectors = kVectorsOf<Neuron, V>, kSpikes = Neuron::kSpikes;
    constexpr int kKept = Neuron::kKept + (kParamGrads ? Neuron::kKeptForParams : 0);
    constexpr int kGradParams = kParamGrads ? Neuron::kParams : 0;
    const Copies<Neuron::kInputs, WrittenRows> grad_inputs(strip.grad_input);
    const V slope = same<V>(strip.slope);
    for (int64_t begin = 0; begin < kStrip; begin += kVectors * kLanes<V>) {
      Group<V, Neuron::kParams, kVectors> param(strip.param + begin, strip.spread);
      Group<V, Neuron::kStates, kVectors> grad_state(strip.grad_state + begin, strip.spread);
      Group<V, kGradParams, kVectors> grad_param(strip.grad_param + begin, strip.spread);
      for (int64_t step = strip.steps - 1; step >= 0; --step) {
        const int64_t spikes = step * kSpikes * kStrip + begin;
        V grad_output[kVectors], grad_input[kVectors][Neuron::kInputs];
        read(strip.grad_output, step, begin, grad_output);
        if (strip.grad_record != nullptr) add_recorded(strip.grad_record, step, begin, grad_state);
        V distance[kVectors][kSpikes + 1], derivative[kVectors][kSpikes + 1];
        load_rows<kSpikes>(strip.distance + spikes, distance);
        if (strip.derivative == nullptr)
          Inlined::derive(strip.surrogate, distance, slope, derivative);
        else
          load_rows<kSpikes>(strip.derivative + spikes, derivative);
        V kept[kVectors][Neuron::kKept + Neuron::kKeptForParams + 1];
        load_rows<kKept>(strip.kept + step * kKept * kStrip + begin, kept);
        V added[kVectors][Neuron::kParams + 1];
#pragma GCC unroll 4
        for (int i = 0; i < kVectors; ++i)
          Neuron::adjoint(distance[i], derivative[i], kept[i], param.values[i], strip.strict, grad_output[i],
                          grad_state.values[i], grad_input[i], grad_state.values[i], added[i]);
#pragma GCC unroll 32
        for (int k = 0; k < kGradParams; ++k) {
          if (!(strip.wanted >> k & 1)) continue;  // what is not wanted is not computed
#pragma GCC unroll 4
          for (int i = 0; i < kVectors; ++i) grad_param.values[i][k] += added[i][k];
        }
#pragma GCC unroll 32
        for (int k = 0; k < Neuron::kInputs; ++k) {
          V values[kVectors];
          take(grad_input, k, values);
          write<false>(values, grad_inputs.rows[k], step, begin);
        }
      }
      grad_state.put(strip.grad_state + begin, strip.spread);
      grad_param.put(strip.grad_param + begin, strip.spread);
    }
  }

 private:
  template <int kCount, class V, int kVectors, int kRows>
  SNN_INLINE static void load_rows(const Element<V>* from, V (&values)[kVectors][kRows]) {
#pragma GCC unroll 4
    for (int i = 0; i < kVectors; ++i) {
#pragma GCC unroll 32
      for (int k = 0; k < kCount; ++k) values[i][k] = load<V>(from + k * kStrip + i * kLanes<V>);
    }
  }

  template <class V, int kVectors>
  SNN_INLINE static void add_recorded(const Rows* rows, int64_t step, int64_t begin,
                                      Group<V, Neuron::kStates, kVectors>& grad_state) {
#pragma GCC unroll 32
    for (int k = 0; k < Neuron::kStates; ++k) {
      if (rows[k].data == nullptr) continue;
      V values[kVectors];
      read_whole(rows[k], step, begin, values);
#pragma GCC unroll 4
      for (int i = 0; i < kVectors; ++i) grad_state.values[i][k] += values[i];
    }
  }
};

template <class Surrogate>
struct DerivativeLoop {
  template <class V, class C = Element<V>>
  SNN_INLINE static void run(Distances<C> distances) {
    const V slope = same<V>(distances.slope);
    for (int64_t row = 0; row < distances.rows; ++row) {
      if (row < distances.steps) prefetch_row(distances.grad_output, row);
#pragma GCC unroll 4
      for (int64_t i = row * kStrip; i < (row + 1) * kStrip; i += kLanes<V>)
        store(Surrogate::derivative(load<V>(distances.distance + i), slope), distances.derivative + i);
    }
  }
};

}  // namespace snn::cpu
