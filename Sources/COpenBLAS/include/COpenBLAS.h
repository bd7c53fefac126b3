// Products of float32 matrices by OpenBLAS, loaded at run time.
//
// The library picks its kernels when it is loaded and reads OPENBLAS_CORETYPE only then. Older releases do not know newer
// processors and fall back to slow kernels, so the loader sets the variable from the processor's features first.
#ifndef RETORT_COPENBLAS_H
#define RETORT_COPENBLAS_H

#include <stdbool.h>
#include <stdint.h>

// Loads the library once; later calls answer alike. Returns NULL when it is ready, else a message that says what to do.
// Safe to call from several threads.
const char *_Nullable retort_blas_load(void);

// Name of the kernels in use, such as "SkylakeX"; "" before a successful load. Valid for the life of the process.
const char *_Nonnull retort_blas_core_type(void);

// The library's own description of its version and build; "" before a successful load. Valid for the life of the process.
const char *_Nonnull retort_blas_version(void);

// C = alpha * op(A) * op(B) + beta * C, row-major; op(A) is [m, k], op(B) is [k, n], C is [m, n]; ld* are the row strides
// as stored. Needs a successful load.
void retort_blas_sgemm(
    bool transpose_a, bool transpose_b, int32_t m, int32_t n, int32_t k, float alpha, const float *_Nonnull a,
    int32_t lda, const float *_Nonnull b, int32_t ldb, float beta, float *_Nonnull c, int32_t ldc);

#endif
