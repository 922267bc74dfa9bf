#include "event_lists.h"

#include <torch/csrc/stable/ops.h>

#include <algorithm>
#include <utility>

#include "large.h"
#include "parallel.h"
#include "strip/processor.h"

namespace snn::cpu {
namespace {

template <class T>
void resize(std::vector<T>& values, int64_t count) {
  try {
    values.resize(count);
  } catch (const std::bad_alloc&) {
    throw OutOfMemory(count * sizeof(T));
  }
}

constexpr int64_t kGrain = 1 << 16;  // spikes that may be, below which a second thread costs more than it saves

// Some of the lists by row: those of the rows [first, last) in every block.
struct Part {
  const SpikeBits* bits;
  EventLists* lists;
  int64_t first, last;

  int64_t list(int64_t block, int64_t row) const { return block * bits->rows + row; }
  int64_t begin(int64_t block) const { return block * lists->span; }
  int64_t end(int64_t block) const { return std::min((block + 1) * lists->span, bits->inputs); }
};

// To offsets, as lengths yet.
SNN_INLINE void count_events(Part part) {
  for (int64_t row = part.first; row < part.last; ++row) {
    const BitRow bits = part.bits->row(row);
    for (int64_t block = 0; block < part.lists->blocks(); ++block) {
      int64_t length = 0;
      bits.words(part.begin(block), part.end(block),
                 [&](uint64_t word, int64_t) { length += __builtin_popcountll(word); });
      part.lists->offsets[part.list(block, row)] = length;
    }
  }
}

// Eight are written at a time, however many there are: to guess their number right costs more than to write them. What
// was written too much the next list overwrites, and the last ones of a part, behind which others' begin, go singly.
SNN_INLINE void write_events(Part part) {
  constexpr int64_t kAtOnce = 8;
  for (int64_t block = 0; block < part.lists->blocks(); ++block) {
    uint16_t* const indices = part.lists->indices.data();
    uint16_t* index = indices + part.lists->offsets[part.list(block, part.first)];
    const uint16_t* const end = indices + part.lists->offsets[part.list(block, part.last)];
    for (int64_t row = part.first; row < part.last; ++row)
      part.bits->row(row).words(part.begin(block), part.end(block), [&](uint64_t word, int64_t first) {
        const int64_t source = first - part.begin(block);
        uint16_t* const next = index + __builtin_popcountll(word);
        for (; index + kAtOnce <= end && index < next; index += kAtOnce)
#pragma GCC unroll 8
          for (int64_t i = 0; i < kAtOnce; ++i, word &= word - 1)
            index[i] = static_cast<uint16_t>(source + __builtin_ctzll(word | uint64_t(1) << 63));
        for (; index < next; ++index, word &= word - 1) *index = static_cast<uint16_t>(source + __builtin_ctzll(word));
        index = next;
      });
  }
}

SNN_INLINE int64_t count_bits(const unsigned char* data, int64_t size) {
  int64_t sum = 0, byte = 0;
  for (; byte + 8 <= size; byte += 8) {
    uint64_t word;
    std::memcpy(&word, data + byte, 8);
    sum += __builtin_popcountll(word);
  }
  for (; byte < size; ++byte) sum += __builtin_popcount(data[byte]);
  return sum;
}

// A matrix of 64 x 64 bits: halves change places across the diagonal, then the halves of these, and so on.
template <int kSize>
SNN_INLINE void turn(uint64_t* words) {
  constexpr uint64_t kLower = ~uint64_t(0) / ((uint64_t(1) << kSize) + 1);
  for (int64_t begin = 0; begin < 64; begin += 2 * kSize)
    for (int64_t i = begin; i < begin + kSize; ++i) {
      const uint64_t change = (words[i] >> kSize ^ words[i + kSize]) & kLower;
      words[i] ^= change << kSize;
      words[i + kSize] ^= change;
    }
  if constexpr (kSize > 1) turn<kSize / 2>(words);
}

// Of 64 rows from `row` on, all inputs: input by input to `turned`, whose rows have `stride` bytes.
SNN_INLINE void turn_rows(const SpikeBits* bits, int64_t row, unsigned char* turned, int64_t stride) {
  const int64_t count = std::min<int64_t>(64, bits->rows - row), bytes = std::min<int64_t>(8, stride - row / 8);
  BitRow rows[64];
  for (int64_t i = 0; i < count; ++i) rows[i] = bits->row(row + i);
  for (int64_t input = 0; input < bits->inputs; input += kWordBits) {
    const int64_t inputs = std::min(kWordBits, bits->inputs - input);
    uint64_t words[64] = {};
    for (int64_t i = 0; i < count; ++i) words[i] = rows[i].word(input, inputs);
    turn<32>(words);
    unsigned char* to = turned + input * stride + row / 8;
    if (bytes == 8)
      for (int64_t i = 0; i < inputs; ++i) std::memcpy(to + i * stride, &words[i], 8);
    else
      for (int64_t i = 0; i < inputs; ++i) std::memcpy(to + i * stride, &words[i], bytes);
  }
}

}  // namespace

int64_t SpikeBits::count() const {
  return call<count_bits>(data, rows == 0 ? int64_t(0) : rows / group * group_bytes());
}

EventLists lists_by_row(const SpikeBits& bits, int64_t span) {
  EventLists lists{bits.inputs, bits.rows, span, {}, {}};
  resize(lists.offsets, lists.blocks() * bits.rows + 1);
  const auto in_parts = [&](auto function) {
    parallel_for(0, bits.rows, grain(kGrain, bits.inputs),
                 [&](int64_t first, int64_t last) { function(Part{&bits, &lists, first, last}); });
  };
  in_parts(call<count_events, Part>);
  int64_t sum = 0;
  for (int64_t& offset : lists.offsets) sum += std::exchange(offset, sum);
  resize(lists.indices, sum);
  in_parts(call<write_events, Part>);
  return lists;
}

EventLists lists_by_input(const SpikeBits& bits, int64_t span) {
  const int64_t stride = (bits.rows + 7) / 8;
  std::vector<unsigned char> turned;
  resize(turned, bits.inputs * stride);
  parallel_for(0, (bits.rows + 63) / 64, grain(kGrain, 64 * bits.inputs), [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) call<turn_rows>(&bits, 64 * i, turned.data(), stride);
  });
  return lists_by_row({turned.data(), bits.inputs, 1, bits.rows}, span);
}

}  // namespace snn::cpu
