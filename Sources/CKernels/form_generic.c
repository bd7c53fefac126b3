// The loops for any processor.
#include "CKernels.h"

#define FORM(name) generic_##name
#define VECTOR_FLOATS 4
#define PRODUCT_ROWS 4
#include "kernels.inc"
#include "activations.inc"
#include "attention.inc"
#include "optimizer.inc"
