// What a scan gives: see snnkernels/scan.py.
#pragma once

#include <cstdint>

namespace snn {

enum class OutputKind { kSpikes, kCount, kPacked };

// Of a row of packed spikes.
inline int64_t packed_bytes(int64_t spikes) { return (spikes + 7) / 8; }

}  // namespace snn
