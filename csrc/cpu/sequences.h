// Tensors of all time steps. The time loops read and write them as rows of a strip.
#pragma once

#include <vector>

#include "blocks.h"

namespace snn::cpu {

// Copy rows of a short strip, each `bytes` long, to memory that has room for a whole strip.
inline Rows copy_rows(const Rows& rows, int64_t steps, int64_t bytes, char* to, int64_t to_stride) {
  const bool constant = rows.stride == 0;
  for (int64_t step = 0; step < (constant ? 1 : steps); ++step)
    std::memcpy(to + step * to_stride, rows.data + step * rows.stride, bytes);
  return {to, constant ? 0 : to_stride, rows.type};
}

// A tensor that is read. It has all time steps, or one step that serves for all.
class InputSequence {
 public:
  // number: which sequence, if the tensor has several.
  InputSequence(const Tensor& tensor, const Shape& shape, bool constant, int64_t number = 0)
      : type_(stored_type(tensor)), size_(static_cast<int64_t>(tensor.element_size())), constant_(constant),
        shape_(shape) {
    data_ = static_cast<const char*>(tensor.const_data_ptr()) + number * shape.neurons() * shape.steps * size_;
  }

  // The rows of a strip from step t on.
  Rows read(const Block& strip, int64_t t, int64_t steps, char* buffer) const {
    const int64_t place = constant_ ? strip.neuron(shape_) : strip.row(shape_, t);
    const Rows rows{data_ + place * size_, constant_ ? 0 : shape_.inner * size_, type_};
    return strip.count == kStrip ? rows : copy_rows(rows, steps, strip.count * size_, buffer, kStrip * size_);
  }

 private:
  const char* data_;
  ElementType type_;
  int64_t size_;
  bool constant_;
  const Shape& shape_;
};

// A tensor of all time steps that is written.
class OutputSequence {
 public:
  OutputSequence(const Tensor& tensor, const Shape& shape, int64_t number = 0)
      : type_(stored_type(tensor)), size_(static_cast<int64_t>(tensor.element_size())), shape_(shape) {
    data_ = static_cast<char*>(tensor.mutable_data_ptr()) + number * shape.neurons() * shape.steps * size_;
    stream_ = streams(data_, tensor.numel() * size_, shape.inner * size_);
  }

  // Where to write the rows of a strip from step t on. Call `written` after that.
  WrittenRows target(const Block& strip, int64_t t, char* buffer) const {
    if (strip.count != kStrip) return {buffer, kStrip * size_, type_, Way::kStored};
    return {at(strip, t), shape_.inner * size_, type_, stream_ ? Way::kStreamed : Way::kStored};
  }

  // Copy the rows of a short strip from the buffer to the tensor.
  void written(const Block& strip, int64_t t, int64_t steps, const WrittenRows& rows) const {
    if (strip.count == kStrip) return;
    for (int64_t step = 0; step < steps; ++step)
      std::memcpy(at(strip, t + step), rows.data + step * rows.stride, strip.count * size_);
  }

 private:
  char* at(const Block& strip, int64_t t) const { return data_ + strip.row(shape_, t) * size_; }

  char* data_;
  ElementType type_;
  int64_t size_;
  bool stream_;
  const Shape& shape_;
};

// Several sequences that one thread reads side by side. Some of them may be absent.
template <class C>
class ReadSequences {
 public:
  explicit ReadSequences(int64_t count) : rows_(count) {}

  void add(int64_t place, const InputSequence& sequence, Scratch<C>& scratch) {
    sequences_.push_back({place, sequence, scratch.take_buffer()});
  }

  // The rows of each sequence from step t on. An absent sequence has rows without data. Null if all are absent.
  const Rows* read(const Block& strip, int64_t t, int64_t steps) {
    for (const auto& [place, sequence, buffer] : sequences_) rows_[place] = sequence.read(strip, t, steps, buffer);
    return sequences_.empty() ? nullptr : rows_.data();
  }

 private:
  struct Part {
    int64_t place;
    InputSequence sequence;
    char* buffer;
  };

  std::vector<Part> sequences_;
  std::vector<Rows> rows_;
};

// Several sequences that one thread writes side by side. Some of them may be absent.
template <class C>
class WrittenSequences {
 public:
  explicit WrittenSequences(int64_t count) : rows_(count) {}

  void add(int64_t place, const OutputSequence& sequence, Scratch<C>& scratch) {
    sequences_.push_back({place, sequence, scratch.take_buffer()});
  }

  const WrittenRows* target(const Block& strip, int64_t t) {
    for (const auto& [place, sequence, buffer] : sequences_) rows_[place] = sequence.target(strip, t, buffer);
    return sequences_.empty() ? nullptr : rows_.data();
  }

  void written(const Block& strip, int64_t t, int64_t steps) const {
    for (const auto& [place, sequence, buffer] : sequences_) sequence.written(strip, t, steps, rows_[place]);
  }

 private:
  struct Part {
    int64_t place;
    OutputSequence sequence;
    char* buffer;
  };

  std::vector<Part> sequences_;
  std::vector<WrittenRows> rows_;
};

}  // namespace snn::cpu
