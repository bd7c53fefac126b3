// Products of bfloat16 matrices with float32 sums by oneDNN, loaded at run time.
//
// The library comes with a runtime of OpenMP. It is loaded at the first question alone, so that a process which computes in
// float32 never has it, and each thread that multiplies asks OpenMP for one thread: parallelism is the caller's.
#ifndef RETORT_CDNNL_H
#define RETORT_CDNNL_H

#include <stdbool.h>
#include <stdint.h>

// Loads the library once; later calls answer alike. Returns NULL when it is ready and this processor multiplies bfloat16,
// else a message that says what to do. Safe to call from several threads.
const char *_Nullable retort_dnnl_load(void);

// Version such as "2.6.3", and the instructions in use such as "avx512_core_bf16"; "" before a successful load.
const char *_Nonnull retort_dnnl_version(void);
const char *_Nonnull retort_dnnl_isa(void);

// Name of the library's number of instructions, a mask of bits, where they have at least AVX512-BF16; those that came after
// this was written are named by their number, such as "isa_0x7e7". NULL for the others. Valid until the thread's next call.
const char *_Nullable retort_dnnl_bfloat16_isa(unsigned found);

// C = op(A) * op(B), or C += op(A) * op(B), row-major; op(A) is [m, k], op(B) is [k, n] in bfloat16, C is [m, n] in float32; ld* are
// the row strides as stored. Needs a successful load. Returns 0, or the library's status where it refuses.
int retort_dnnl_multiply(
    bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const uint16_t *_Nonnull a, int64_t lda,
    const uint16_t *_Nonnull b, int64_t ldb, bool accumulate, float *_Nonnull c, int64_t ldc);

#endif
