// How little is worth a thread of its own.
#pragma once

#include <algorithm>
#include <cstdint>

namespace snn::cpu {

// Rows of so many values for a thread at least: `least` values, below which a second thread costs more than it saves.
inline int64_t grain(int64_t least, int64_t row) { return std::max<int64_t>(1, least / std::max<int64_t>(1, row)); }

}  // namespace snn::cpu
