#include "adjoint_strips.h"

namespace snn::cpu {
template Adjoint<double> find_adjoint<double>(const std::string&, const std::string&, bool);
}  // namespace snn::cpu
