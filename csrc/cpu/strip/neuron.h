// A neuron and a surrogate as the engine knows them: tables of C functions, which need no header of torch.
//
// The engine has the tables of built-in neurons and surrogates. A library for a user's neuron has only the following.
// snnkernels/emit/cpp.py writes its structs:
//
//   #include "strip/scan.h"
//   namespace snn {
//   struct fast_sigmoid { ... };
//   struct arctan { ... };
//   struct adlif_0123abcd_step { ... };
//   struct adlif_0123abcd_replay : adlif_0123abcd_step { ... };
//   struct adlif_0123abcd : adlif_0123abcd_replay { ... };
//   }
//   #include "strip/neuron.h"
//   #define SNN_INLINED fast_sigmoid, arctan
//   SNN_EXPORT_NEURON(adlif_0123abcd)
//
// SNN_INLINED lists the surrogates whose derivatives every adjoint computes itself; it must be the engine's list. The
// library of a surrogate has its struct alone, and SNN_EXPORT_SURROGATE(its_name). Both are compiled with -O3
// -ffp-contract=off -fno-math-errno -fno-trapping-math -fvisibility=hidden -Wno-psabi -fPIC -shared, as C++17 or later.
// Then the address that snn_neuron() or snn_surrogate() returns is what the operators native_add_neuron and
// native_add_surrogate take. A library stays loaded for as long as the engine is.
#pragma once

#include "loops.h"

namespace snn::cpu {

// The version of the tables and of the arguments of their functions. Raise it when anything in strip/ changes that a
// library and the engine must agree on.
constexpr int64_t kVersion = 2;

// The functions for float or for double. In each pair, the second function also computes the gradients of parameters.
template <class C>
struct NeuronFunctions {
  Step<C> step;
  Replay<C> replay[2];
  Adjoint<C> adjoint[2];
};

struct NeuronTable {
  int64_t version;
  int64_t inputs, states, params;
  // How many values replay keeps of a step: distances to threshold, others, and those that only the gradients of
  // parameters need.
  int64_t spikes, kept, kept_for_params;
  bool gives_spikes;  // whether each output is one spike, 0 or 1
  NeuronFunctions<float> of_float;
  NeuronFunctions<double> of_double;
};

struct SurrogateTable {
  int64_t version;
  int64_t number;  // among those whose derivatives an adjoint computes itself, else -1
  Derivative<float> of_float;
  Derivative<double> of_double;
};

// The functions for this processor.
template <class Neuron, class C, class Inlined>
NeuronFunctions<C> functions_of() {
  return {widest<StepLoop<typename Neuron::Step>, StepStrip, C>(),
          {widest<ReplayLoop<typename Neuron::Replay, false>, ReplayStrip, C>(),
           widest<ReplayLoop<typename Neuron::Replay, (Neuron::kKeptForParams > 0)>, ReplayStrip, C>()},
          {widest<AdjointLoop<Neuron, false, Inlined>, AdjointStrip, C>(),
           widest<AdjointLoop<Neuron, true, Inlined>, AdjointStrip, C>()}};
}

// A neuron's sizes, without its functions.
template <class Neuron>
NeuronTable sizes_of() {
  return {kVersion,
          Neuron::kInputs,
          Neuron::kStates,
          Neuron::kParams,
          Neuron::kSpikes,
          Neuron::kKept,
          Neuron::kKeptForParams,
          Neuron::kGivesSpikes,
          {},
          {}};
}

template <class Neuron, class Inlined>
const NeuronTable* table_of() {
  static const NeuronTable table = [] {
    NeuronTable made = sizes_of<Neuron>();
    made.of_float = functions_of<Neuron, float, Inlined>();
    made.of_double = functions_of<Neuron, double, Inlined>();
    return made;
  }();
  return &table;
}

template <class Surrogate, class Inlined = Surrogates<>>
const SurrogateTable* surrogate_table_of() {
  static const SurrogateTable table{kVersion, Inlined::template number_of<Surrogate>(),
                                    widest<DerivativeLoop<Surrogate>, Distances, float>(),
                                    widest<DerivativeLoop<Surrogate>, Distances, double>()};
  return &table;
}

}  // namespace snn::cpu

#define SNN_EXPORT extern "C" __attribute__((visibility("default")))
#define SNN_EXPORT_NEURON(NEURON)          \
  namespace snn::cpu {                     \
  using Inlined = Surrogates<SNN_INLINED>; \
  }                                        \
  SNN_EXPORT const snn::cpu::NeuronTable* snn_neuron() { return snn::cpu::table_of<snn::NEURON, snn::cpu::Inlined>(); }
#define SNN_EXPORT_SURROGATE(SURROGATE) \
  SNN_EXPORT const snn::cpu::SurrogateTable* snn_surrogate() { return snn::cpu::surrogate_table_of<snn::SURROGATE>(); }
