// The Python module of one library: importing it runs the static initialisers that register the operators.
#include <Python.h>

#define SNN_CONCAT_(a, b) a##b
#define SNN_CONCAT(a, b) SNN_CONCAT_(a, b)
#define SNN_STRING_(a) #a
#define SNN_STRING(a) SNN_STRING_(a)

PyMODINIT_FUNC SNN_CONCAT(PyInit_, SNN_MODULE)(void) {
  static PyModuleDef module = {PyModuleDef_HEAD_INIT, SNN_STRING(SNN_MODULE), nullptr, -1, nullptr};
  return PyModule_Create(&module);
}
