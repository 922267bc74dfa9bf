// Makes lists of events of spikes: for every row of a sum, the rows of a matrix that it adds up.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "strip/scan.h"

namespace snn::cpu {

// How many bits are read at once. They lie in eight bytes, at whatever bit they begin.
constexpr int64_t kWordBits = 56;

// The bits of one row, from bit `start` of its group's bytes on.
struct BitRow {
  const unsigned char* bytes;
  int64_t size, start;

  // `count` bits, at most kWordBits, from input `first` on. The bit of input `first` is the lowest.
  SNN_INLINE uint64_t word(int64_t first, int64_t count) const {
    const int64_t bit = start + first, byte = bit / 8;
    uint64_t word = 0;
    if (byte + 8 <= size)
      std::memcpy(&word, bytes + byte, 8);
    else
      for (int64_t i = 0; byte + i < size; ++i) word |= uint64_t(bytes[byte + i]) << 8 * i;
    return word >> bit % 8 & ((uint64_t(1) << count) - 1);
  }

  // Call f(word, first) for the bits [begin, end); bit i of the word is input first + i.
  template <class F>
  SNN_INLINE void words(int64_t begin, int64_t end, const F& f) const {
    for (; begin < end; begin += kWordBits) f(word(begin, end - begin < kWordBits ? end - begin : kWordBits), begin);
  }
};

// Bits of `rows` spike trains' steps with `inputs` spikes each. They lie in groups of `group` rows without a gap
// between them; each group begins at a whole byte. The lowest bit of a byte comes first.
struct SpikeBits {
  const unsigned char* data;
  int64_t rows, group, inputs;

  int64_t group_bytes() const { return (group * inputs + 7) / 8; }

  BitRow row(int64_t index) const {
    return {data + index / group * group_bytes(), group_bytes(), index % group * inputs};
  }

  int64_t count() const;
};

// The lists of a sum over `sources` rows of a matrix into `targets` rows, by blocks of `span` sources: list
// (block, target) holds, in ascending order, the sources of the block that the target adds up, counted from its first.
struct EventLists {
  int64_t sources, targets, span;
  std::vector<int64_t> offsets;  // of list block * targets + target
  std::vector<uint16_t> indices;

  int64_t blocks() const { return sources > span ? (sources + span - 1) / span : 1; }
};

// For a product with weights: the sources are the inputs, the targets the rows.
EventLists lists_by_row(const SpikeBits& bits, int64_t span);

// For a weight gradient: the sources are the rows, the targets the inputs.
EventLists lists_by_input(const SpikeBits& bits, int64_t span);

}  // namespace snn::cpu
