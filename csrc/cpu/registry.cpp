#include "registry.h"

#include <torch/csrc/stable/library.h>
#include <torch/headeronly/util/Exception.h>

#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "../generated/neurons.h"
#include "../generated/surrogates.h"
#include "built_in.h"

namespace snn::cpu {
namespace {

template <class Table>
using Tables = std::unordered_map<std::string, Table>;

// What several threads look up, and may add to.
template <class Table>
class Registry {
 public:
  Registry(const char* kind, Tables<Table> built_in) : kind_(kind), built_in_(std::move(built_in)) {}

  // Null where there is none.
  const Table* find(const std::string& key) {
    if (const auto found = built_in_.find(key); found != built_in_.end()) return &found->second;
    const std::shared_lock<std::shared_mutex> lock(mutex_);
    const auto found = added_.find(key);
    return found == added_.end() ? nullptr : found->second;
  }

  const Table& get(const std::string& key) {
    const Table* table = find(key);
    STD_TORCH_CHECK(table != nullptr, "the native engine has no ", kind_, " called ", key);
    return *table;
  }

  // The first of a key stays: its key tells what it computes.
  void add(const std::string& key, const Table* table) {
    STD_TORCH_CHECK(table != nullptr, "the library of the ", kind_, " ", key, " has no table");
    STD_TORCH_CHECK(table->version == kVersion, "the library of the ", kind_, " ", key,
                    " was compiled with headers of version ", table->version, ", but the native engine has version ",
                    kVersion, ": compile it again with the headers of this package");
    const std::unique_lock<std::shared_mutex> lock(mutex_);
    added_.emplace(key, table);
  }

 private:
  const char* kind_;
  const Tables<Table> built_in_;
  std::shared_mutex mutex_;
  Tables<const Table*> added_;
};

Tables<NeuronTable> built_in_neurons() {
  const auto floats = built_in_functions<float>();
  const auto doubles = built_in_functions<double>();
  Tables<NeuronTable> tables;
  size_t number = 0;
#define SNN_ADD(NEURON)                                                 \
  {                                                                     \
    NeuronTable& table = tables[#NEURON] = sizes_of<NEURON>();          \
    table.of_float = floats[number], table.of_double = doubles[number]; \
    ++number;                                                           \
  }
  SNN_FOR_EACH_NEURON(SNN_ADD)
#undef SNN_ADD
  return tables;
}

Tables<SurrogateTable> built_in_surrogates() {
  Tables<SurrogateTable> tables;
#define SNN_ADD(SURROGATE) tables[#SURROGATE] = *surrogate_table_of<SURROGATE, Inlined>();
  SNN_FOR_EACH_SURROGATE(SNN_ADD)
#undef SNN_ADD
  return tables;
}

Registry<NeuronTable>& neurons() {
  static Registry<NeuronTable> registry("neuron", built_in_neurons());
  return registry;
}

Registry<SurrogateTable>& surrogates() {
  static Registry<SurrogateTable> registry("surrogate", built_in_surrogates());
  return registry;
}

bool native_has_neuron(std::string key) { return neurons().find(key) != nullptr; }

void native_add_neuron(std::string key, int64_t address) {
  neurons().add(key, reinterpret_cast<const NeuronTable*>(address));
}

void native_add_surrogate(std::string name, int64_t address) {
  surrogates().add(name, reinterpret_cast<const SurrogateTable*>(address));
}

}  // namespace

const NeuronTable& find_neuron(const std::string& key) { return neurons().get(key); }
const SurrogateTable& find_surrogate(const std::string& name) { return surrogates().get(name); }

STABLE_TORCH_LIBRARY_IMPL(snnkernels, CompositeExplicitAutograd, library) {
  library.impl("native_has_neuron", TORCH_BOX(&native_has_neuron));
  library.impl("native_add_neuron", TORCH_BOX(&native_add_neuron));
  library.impl("native_add_surrogate", TORCH_BOX(&native_add_surrogate));
}

}  // namespace snn::cpu
