#include "adjoint_rows.h"

namespace snn::cpu {
template AdjointFunction<float> find_adjoint<float>(const std::string&, const std::string&, bool);
}  // namespace snn::cpu
