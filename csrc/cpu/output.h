// Writes the output of a scan: all steps, one value over time, or a bit for each spike.
#pragma once

#include <limits>
#include <type_traits>

#include "largest.h"
#include "sequences.h"

namespace snn::cpu {

// The output of one thread's strips on its way to memory.
template <class C>
class Output {
 public:
  // How much scratch memory it needs: rows of a block, and chunks of a strip.
  static int64_t rows(OutputKind kind) { return kind == OutputKind::kMax ? 2 : over_time(kind) ? 1 : 0; }
  static constexpr int64_t kChunks = 1;

  // index: for the step of the largest output. It is empty if that is not asked for.
  Output(OutputKind kind, const Tensor& tensor, const Tensor& index, const Shape& shape, Scratch<C>& scratch)
      : kind_(kind), shape_(shape), sequence_(tensor, shape), data_(static_cast<char*>(tensor.mutable_data_ptr())),
        index_data_(index.numel() == 0 ? nullptr : static_cast<int32_t*>(index.mutable_data_ptr())),
        value_(scratch.take_rows(rows(kind) == 0 ? 0 : 1)),
        index_(reinterpret_cast<Whole<C>*>(scratch.take_rows(kind == OutputKind::kMax ? 1 : 0))),
        buffer_(scratch.take_buffer()) {}

  void begin(const Block& block) {
    block_ = block.begin;
    if (kind_ == OutputKind::kSum) std::fill_n(value_, block.count, C(0));
    if (kind_ != OutputKind::kMax) return;
    std::fill_n(value_, block.count, -std::numeric_limits<C>::infinity());
    std::fill_n(index_, block.count, Whole<C>(0));
  }

  // Where to write the output of a chunk. Call `written` after that.
  WrittenRows target(const Block& strip, int64_t t) {
    const bool whole = strip.count == kStrip;
    char* const value = reinterpret_cast<char*>(value_ + strip.begin - block_);
    switch (kind_) {
      case OutputKind::kSum:
        return {value, 0, element_type<C>(), Way::kAdded};
      case OutputKind::kLast:
        return {value, 0, element_type<C>(), Way::kStored};
      case OutputKind::kMax:
        return {buffer_, kStrip * int64_t(sizeof(C)), element_type<C>(), Way::kStored};
      case OutputKind::kPacked:
        return {whole ? bits(strip, t) : buffer_, whole ? packed_bytes(shape_.inner) : kStrip / 8, ElementType::kBits,
                Way::kPacked};
      default:
        return sequence_.target(strip, t, buffer_);
    }
  }

  void written(const Block& strip, int64_t t, int64_t steps, const WrittenRows& rows) {
    const int64_t place = strip.begin - block_;
    if (kind_ == OutputKind::kAll)
      sequence_.written(strip, t, steps, rows);
    else if (kind_ == OutputKind::kMax)
      keep_largest<C>({reinterpret_cast<const C*>(buffer_), steps, t, value_ + place, index_ + place});
    else if (kind_ == OutputKind::kPacked && strip.count != kStrip)
      put_bits(strip, t, steps, rows);
  }

  void end(const Block& block) const {
    if (!over_time(kind_)) return;
    std::copy_n(value_, block.count, reinterpret_cast<C*>(data_) + block.neuron(shape_));
    if (index_data_ != nullptr) std::copy_n(index_, block.count, index_data_ + block.neuron(shape_));
  }

 private:
  // A strip begins at a whole byte.
  char* bits(const Block& strip, int64_t t) const {
    return data_ + (strip.outer * shape_.steps + t) * packed_bytes(shape_.inner) + strip.begin / 8;
  }

  void put_bits(const Block& strip, int64_t t, int64_t steps, const WrittenRows& rows) const {
    for (int64_t step = 0; step < steps; ++step) {
      char* row = rows.data + step * rows.stride;
      if (strip.count % 8 != 0) row[strip.count / 8] &= static_cast<char>((1 << strip.count % 8) - 1);
      std::memcpy(bits(strip, t + step), row, packed_bytes(strip.count));
    }
  }

  OutputKind kind_;
  const Shape& shape_;
  OutputSequence sequence_;
  char* data_;
  int32_t* index_data_;
  C* value_;
  Whole<C>* index_;
  char* buffer_;
  int64_t block_ = 0;  // where the block begins
};

}  // namespace snn::cpu
