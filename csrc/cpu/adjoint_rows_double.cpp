#include "adjoint_rows.h"

namespace snn::cpu {
template AdjointFunction<double> find_adjoint<double>(const std::string&, const std::string&, bool);
}  // namespace snn::cpu
