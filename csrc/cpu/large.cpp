#include "large.h"

#include <torch/csrc/stable/ops.h>

#include <map>
#include <mutex>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace snn::cpu {

using torch::headeronly::ScalarType;
using torch::stable::Tensor;

#if defined(__linux__) && defined(MADV_HUGEPAGE)
namespace {

size_t bytes_of(ScalarType type) {
  switch (type) {
    case ScalarType::Byte:
      return 1;
    case ScalarType::Half:
    case ScalarType::BFloat16:
      return 2;
    case ScalarType::Float:
      return 4;
    default:
      return 8;
  }
}

constexpr size_t kHugePage = size_t(1) << 21;
constexpr size_t kLarge = size_t(1) << 20;  // what glibc's allocator keeps by itself need not be kept here

// Blocks that are free, kept for the next tensor of about their size.
class Pool {
 public:
  void* take(size_t bytes) {
    const size_t size = (bytes + kHugePage - 1) / kHugePage * kHugePage;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      const auto found = free_.lower_bound(size);
      // A block that is much larger is left for a tensor that needs it.
      if (found != free_.end() && found->first <= size + size / 4) {
        const auto block = *found;
        free_.erase(found);
        free_bytes_ -= block.first;
        used_.insert({block.second, block.first});
        return block.second;
      }
    }
    void* data = map(size);
    const std::lock_guard<std::mutex> lock(mutex_);
    used_.insert({data, size});
    return data;
  }

  void give(void* data) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto block = used_.find(data);
    free_.insert(free_.lower_bound(block->second), {block->second, data});  // the last given is the next taken
    free_bytes_ += block->second;
    used_.erase(block);
    while (free_bytes_ > kMostFree) {
      const auto largest = std::prev(free_.end());
      munmap(largest->second, largest->first);
      free_bytes_ -= largest->first;
      free_.erase(largest);
    }
  }

 private:
  static constexpr size_t kMostFree = size_t(1) << 28;

  // Aligned, so that huge pages fill it: each of their first touches costs less than those of as many small ones.
  static void* map(size_t size) {
    char* data =
        static_cast<char*>(mmap(nullptr, size + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (data == MAP_FAILED) throw std::bad_alloc();
    const size_t before = -reinterpret_cast<uintptr_t>(data) % kHugePage;
    if (before > 0) munmap(data, before);
    if (before < kHugePage) munmap(data + before + size, kHugePage - before);
    madvise(data + before, size, MADV_HUGEPAGE);  // a refusal is no error
    return data + before;
  }

  std::mutex mutex_;
  std::multimap<size_t, void*> free_;
  std::map<void*, size_t> used_;
  size_t free_bytes_ = 0;
};

// Never destroyed: tensors may outlive what is destroyed when a process ends.
Pool& pool() {
  static Pool* pool = new Pool;
  return *pool;
}

}  // namespace

Tensor empty(const std::vector<int64_t>& sizes, ScalarType type) {
  std::vector<int64_t> strides(sizes.size());
  size_t count = 1;
  for (size_t i = sizes.size(); i-- > 0;) {
    strides[i] = static_cast<int64_t>(count);
    count *= static_cast<size_t>(sizes[i]);
  }
  const size_t bytes = count * bytes_of(type);
  const torch::stable::Device cpu(torch::headeronly::DeviceType::CPU);
  if (bytes < kLarge) return torch::stable::empty(sizes, type, std::nullopt, cpu);
  return torch::stable::from_blob(pool().take(bytes), sizes, strides, cpu, type, [](void* data) { pool().give(data); });
}

#else

Tensor empty(const std::vector<int64_t>& sizes, ScalarType type) {
  return torch::stable::empty(sizes, type, std::nullopt, torch::stable::Device(torch::headeronly::DeviceType::CPU));
}

#endif

}  // namespace snn::cpu
