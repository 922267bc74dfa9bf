// Spikes as bits, eight neurons in a byte.
#pragma once

#include <cstdint>

namespace snn::cpu {

inline int64_t packed_bytes(int64_t spikes) { return (spikes + 7) / 8; }

// The first neuron is in the lowest bit; what is not 0 is a spike. The last byte is filled up with zeros.
void pack_row(const float* spikes, int64_t count, void* bits);
void pack_row(const double* spikes, int64_t count, void* bits);

}  // namespace snn::cpu
