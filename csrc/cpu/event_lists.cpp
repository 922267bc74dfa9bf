#include "event_lists.h"

#include <torch/csrc/stable/ops.h>

#include <algorithm>
#include <utility>

namespace snn::cpu {
namespace {

constexpr int64_t kGrain = 1 << 16;  // spikes that may be, below which a second thread costs more than it saves

// Lengths, by list, become offsets; returns their sum.
void accumulate(std::vector<int64_t>& offsets) {
  int64_t sum = 0;
  for (int64_t& offset : offsets) sum += std::exchange(offset, sum);
}

}  // namespace

int64_t SpikeBits::count() const {
  const int64_t size = rows == 0 ? 0 : rows / group * group_bytes();
  int64_t sum = 0, byte = 0;
  for (; byte + 8 <= size; byte += 8) {
    uint64_t word;
    std::memcpy(&word, data + byte, 8);
    sum += __builtin_popcountll(word);
  }
  for (; byte < size; ++byte) sum += __builtin_popcount(data[byte]);
  return sum;
}

EventLists lists_by_row(const SpikeBits& bits, int64_t span) {
  EventLists lists{bits.inputs, bits.rows, span, {}, {}};
  const int64_t blocks = lists.blocks(), grain = std::max<int64_t>(1, kGrain / std::max<int64_t>(1, bits.inputs));
  lists.offsets.resize(blocks * bits.rows + 1);
  // Once to count, and once more to write.
  const auto every_list = [&](auto f) {
    torch::stable::parallel_for(0, bits.rows, grain, [&](int64_t first, int64_t last) {
      for (int64_t row = first; row < last; ++row)
        for (int64_t block = 0; block < blocks; ++block)
          f(row, block * span, std::min((block + 1) * span, bits.inputs), lists.offsets[block * bits.rows + row]);
    });
  };
  every_list([&](int64_t row, int64_t begin, int64_t end, int64_t& length) {
    bits.words(row, begin, end, [&](uint64_t word, int64_t) { length += __builtin_popcountll(word); });
  });
  accumulate(lists.offsets);
  lists.indices.resize(lists.offsets.back());
  every_list([&](int64_t row, int64_t begin, int64_t end, int64_t offset) {
    uint16_t* index = lists.indices.data() + offset;
    bits.events(row, begin, end, [&](int64_t input) { *index++ = static_cast<uint16_t>(input - begin); });
  });
  return lists;
}

EventLists lists_by_input(const SpikeBits& bits, int64_t span) {
  EventLists lists{bits.rows, bits.inputs, span, {}, {}};
  const int64_t blocks = lists.blocks();
  lists.offsets.resize(blocks * bits.inputs + 1);
  const auto every_event = [&](auto f) {
    torch::stable::parallel_for(0, blocks, 1, [&](int64_t first, int64_t last) {
      for (int64_t block = first; block < last; ++block) f(block);
    });
  };
  every_event([&](int64_t block) {
    int64_t* lengths = lists.offsets.data() + block * bits.inputs;
    for (int64_t row = block * span; row < std::min((block + 1) * span, bits.rows); ++row)
      bits.events(row, 0, bits.inputs, [&](int64_t input) { ++lengths[input]; });
  });
  accumulate(lists.offsets);
  lists.indices.resize(lists.offsets.back());
  every_event([&](int64_t block) {
    const int64_t* offsets = lists.offsets.data() + block * bits.inputs;
    std::vector<int64_t> next(offsets, offsets + bits.inputs);
    for (int64_t row = block * span; row < std::min((block + 1) * span, bits.rows); ++row)
      bits.events(row, 0, bits.inputs,
                  [&](int64_t input) { lists.indices[next[input]++] = static_cast<uint16_t>(row - block * span); });
  });
  return lists;
}

}  // namespace snn::cpu
