// What a scan gives: see snnkernels/scan.py.
#pragma once

#include <cstdint>

namespace snn {

enum class OutputKind { kAll, kSum, kLast, kMax, kPacked };

// Whether it is one value for all steps.
inline bool over_time(OutputKind kind) {
  return kind == OutputKind::kSum || kind == OutputKind::kLast || kind == OutputKind::kMax;
}

// Of a row of packed spikes.
inline int64_t packed_bytes(int64_t spikes) { return (spikes + 7) / 8; }

}  // namespace snn
