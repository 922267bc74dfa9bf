// Spikes as bits, eight neurons in a byte, the first in the lowest.
#pragma once

#include <cstdint>

#include "../output_kind.h"

namespace snn::cpu {

// Every value that is not 0 is a spike. The unused bits of the last byte are 0.
void pack_row(const float* spikes, int64_t count, void* bits);
void pack_row(const double* spikes, int64_t count, void* bits);

void unpack_row(const void* bits, int64_t count, float* spikes);
void unpack_row(const void* bits, int64_t count, double* spikes);

}  // namespace snn::cpu
