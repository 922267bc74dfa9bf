#include "large.h"

#include <torch/csrc/stable/library.h>
#include <torch/csrc/stable/ops.h>
#include <torch/headeronly/util/Exception.h>

#include <cstdio>
#include <cstdlib>
#include <list>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>

#if defined(__linux__)
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace snn::cpu {

using torch::headeronly::ScalarType;
using torch::stable::Tensor;

OutOfMemory::OutOfMemory(size_t bytes) {
  std::snprintf(text_, sizeof(text_), "out of memory: the native engine cannot get %zu bytes", bytes);
}

// Under AddressSanitizer each tensor's memory is its own: an access beyond it is not to another that was kept.
#if defined(__linux__) && defined(MADV_HUGEPAGE) && defined(MADV_FREE) && !defined(__SANITIZE_ADDRESS__)
namespace {

int64_t bytes_of(ScalarType type) {
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

constexpr char kBlanks[] = " \t\r\n";
constexpr size_t kDigits = 12;  // more mebibytes than these fit in no address

constexpr size_t kPage = size_t(1) << 12, kHugePage = size_t(1) << 21;

// From this size on it is glibc's free that may give pages back to the system: not only those that are freed, but what
// is above them too, which takes longer than a small layer does.
constexpr int64_t kLarge = int64_t(1) << 16;

// Bytes that are kept at most: an eighth of the machine's memory, or what SNNKERNELS_KEEP_MIB says. It is read when
// memory is first taken from here, and what is wrong with it is Python's ValueError there.
size_t most_kept() {
  const char* variable = std::getenv("SNNKERNELS_KEEP_MIB");
  const std::string text = variable == nullptr ? "" : variable;
  const size_t begin = text.find_first_not_of(kBlanks), end = text.find_last_not_of(kBlanks) + 1;
  if (begin == std::string::npos) {
    return static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) / 8 * static_cast<size_t>(sysconf(_SC_PAGESIZE));
  }
  const std::string number = text.substr(begin, end - begin);
  if (number.find_first_not_of("0123456789") != std::string::npos || number.size() > kDigits) {
    throw std::invalid_argument("SNNKERNELS_KEEP_MIB must be a whole number of mebibytes, got '" + text + "'");
  }
  return static_cast<size_t>(std::stoull(number)) << 20;
}

// Beyond so many bytes the system is told that it may take the pages of a free block where it needs them. Until then
// they can be written again without a fault, but not as fast as others.
constexpr size_t kAlwaysKept = size_t(1) << 28;

// Blocks that are free, kept for the next tensor of about their size.
class Pool {
 public:
  void* take(size_t bytes) {
    const size_t size = round_up(bytes, bytes < kHugePage ? kPage : kHugePage);
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      const auto found = by_size_.lower_bound(size);
      // A block that is much larger is left for a tensor that needs it.
      if (found != by_size_.end() && found->first <= size + size / 4) {
        const Block block = take_out(found);
        used_.insert({block.data, block.size});
        return block.data;
      }
    }
    void* data = map(size);
    if (data == nullptr) {
      clear();  // blocks that are free, but of other sizes
      data = map(size);
    }
    if (data == nullptr) throw OutOfMemory(bytes);
    const std::lock_guard<std::mutex> lock(mutex_);
    used_.insert({data, size});
    return data;
  }

  // Around a fork: a child has the memory, but not the threads that might hold the lock.
  void lock() { mutex_.lock(); }
  void unlock() { mutex_.unlock(); }

  // What is not in use stays as it is.
  void give(void* data) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto block = used_.find(data);
    if (block == used_.end()) return;
    const size_t size = block->second;
    const auto last = free_.insert(free_.end(), {data, size});
    by_size_.insert(by_size_.lower_bound(size), {size, last});  // the last given is the next taken
    free_bytes_ += size;
    if (free_bytes_ > kAlwaysKept) madvise(data, size, MADV_FREE);  // a refusal is no error
    used_.erase(block);
    drop_until(most_kept_);
  }

  // Whether it keeps anything: if not, outputs are torch's own, which its profiler sees.
  bool keeps() const { return most_kept_ > 0; }

  // Give all that is free back to the system.
  void clear() {
    const std::lock_guard<std::mutex> lock(mutex_);
    drop_until(0);
  }

 private:
  struct Block {
    void* data;
    size_t size;
  };
  using Blocks = std::list<Block>;
  using Sizes = std::multimap<size_t, Blocks::iterator>;

  Block take_out(Sizes::iterator place) {
    const Block block = *place->second;
    free_.erase(place->second);
    by_size_.erase(place);
    free_bytes_ -= block.size;
    return block;
  }

  // What was given first goes first: tensors of its size may be no longer in use.
  void drop_until(size_t most) {
    while (free_bytes_ > most) {
      const Block block = take_out(std::prev(by_size_.upper_bound(free_.front().size)));  // the first of its size
      munmap(block.data, block.size);
    }
  }

  // Null where the system has no memory.
  static void* map(size_t size) {
    const size_t unit = size < kHugePage ? kPage : kHugePage, spare = unit - kPage;
    void* mapped = mmap(nullptr, size + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) return nullptr;
    if (spare == 0) return mapped;
    char* data = static_cast<char*>(mapped);
    // Aligned, so that huge pages fill it: each of their first touches costs less than those of as many small ones.
    const size_t before = -reinterpret_cast<uintptr_t>(data) % unit;
    if (before > 0) munmap(data, before);
    if (before < spare) munmap(data + before + size, spare - before);
    madvise(data + before, size, MADV_HUGEPAGE);  // a refusal is no error
    return data + before;
  }

  const size_t most_kept_ = most_kept();
  std::mutex mutex_;
  Blocks free_;  // in the order in which they were given
  Sizes by_size_;
  std::map<void*, size_t> used_;
  size_t free_bytes_ = 0;
};

// Of torch's own memory. A call through torch's dispatcher by name, as torch::stable::empty is, takes longer than a
// small layer does.
Tensor of_torch(const std::vector<int64_t>& sizes, const std::vector<int64_t>& strides, ScalarType type) {
  AtenTensorHandle tensor;
  TORCH_ERROR_CODE_CHECK(aoti_torch_empty_strided(static_cast<int64_t>(sizes.size()), sizes.data(), strides.data(),
                                                  torch::stable::detail::to<int32_t>(torch::stable::detail::from(type)),
                                                  aoti_torch_device_type_cpu(), 0, &tensor));
  return Tensor(tensor);
}

[[noreturn]] void refuse(const std::vector<int64_t>& sizes) {
  std::string shape;
  for (const int64_t size : sizes) shape += (shape.empty() ? "" : ", ") + std::to_string(size);
  STD_TORCH_CHECK(false, "no memory can hold a tensor of shape [", shape, "]");
}

// Never destroyed: tensors may outlive what is destroyed when a process ends. Throws where it cannot be made: what is
// to be done around a fork is told after that.
Pool& pool() {
  static Pool* pool = [] {
    Pool* made = new Pool;
    const auto unlock = [] { snn::cpu::pool().unlock(); };
    pthread_atfork([] { snn::cpu::pool().lock(); }, unlock, unlock);
    return made;
  }();
  return *pool;
}

}  // namespace

Tensor empty(const std::vector<int64_t>& sizes, ScalarType type) {
  std::vector<int64_t> strides(sizes.size());
  int64_t count = 1, bytes = bytes_of(type);
  bool possible = true;
  for (size_t i = sizes.size(); i-- > 0;) {
    strides[i] = count;
    possible = possible && sizes[i] >= 0 && !__builtin_mul_overflow(count, sizes[i], &count);
  }
  possible = possible && !__builtin_mul_overflow(count, bytes, &bytes);
  if (!possible) refuse(sizes);
  if (bytes < kLarge || !pool().keeps()) return of_torch(sizes, strides, type);
  const torch::stable::Device cpu(torch::headeronly::DeviceType::CPU);
  void* data = pool().take(static_cast<size_t>(bytes));
  try {
    return torch::stable::from_blob(data, sizes, strides, cpu, type, [](void* data) { pool().give(data); });
  } catch (...) {
    pool().give(data);  // unless torch has done so
    throw;
  }
}

Loan::Loan(size_t bytes) : data_(pool().take(bytes)) {}

Loan::~Loan() { pool().give(data_); }

void native_empty_cache() { pool().clear(); }

#else

Tensor empty(const std::vector<int64_t>& sizes, ScalarType type) {
  return torch::stable::empty(sizes, type, std::nullopt, torch::stable::Device(torch::headeronly::DeviceType::CPU));
}

constexpr std::align_val_t kCacheLine{64};

Loan::Loan(size_t bytes) : data_(::operator new(bytes, kCacheLine)) {}

Loan::~Loan() { ::operator delete(data_, kCacheLine); }

void native_empty_cache() {}

#endif

STABLE_TORCH_LIBRARY_IMPL(snnkernels, CompositeExplicitAutograd, library) {
  library.impl("native_empty_cache", TORCH_BOX(&native_empty_cache));
}

}  // namespace snn::cpu
