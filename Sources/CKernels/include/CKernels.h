// Vector loops over float32 arrays. Each runs in the widest form that the processor offers, chosen at run time; sums are
// taken in a fixed order for a given form.
//
// Letters: n rows, d columns, row-major without gaps unless a stride is named. No argument overlaps another unless said.
#ifndef RETORT_CKERNELS_H
#define RETORT_CKERNELS_H

#include <stdint.h>

#include "DecodeKernels.h"

#pragma clang assume_nonnull begin

// Name of the form in use: "avx512", "avx2" or "generic".
const char *retort_kernel_form(void);

// y[n, d] += bias[d].
void retort_add_bias(float *y, const float *bias, int64_t n, int64_t d);
// sums[d] += sum over n of y[n, d], rows `stride` apart.
void retort_add_column_sums(const float *y, int64_t n, int64_t d, int64_t stride, float *sums);
// y[i] += x[i].
void retort_add(float *y, const float *x, int64_t count);

// y = x * rstd * weight, rstd[n] = 1 / sqrt(mean(x^2) + epsilon).
void retort_rms_norm(
    const float *x, const float *weight, float epsilon, int64_t n, int64_t d, float *y, float *rstd);
// Differentiates the above: dx += ..., dweight += ....
void retort_rms_norm_backward(
    const float *dy, const float *x, const float *weight, const float *rstd, int64_t n, int64_t d, float *dx,
    float *dweight);
// y = (x - mean) * rstd * weight + bias, rstd[n] = 1 / sqrt(var(x) + epsilon).
void retort_layer_norm(
    const float *x, const float *weight, const float *bias, float epsilon, int64_t n, int64_t d, float *y, float *mean,
    float *rstd);
// Differentiates the above: dx += ..., dweight += ..., dbias += ....
void retort_layer_norm_backward(
    const float *dy, const float *x, const float *weight, const float *mean, const float *rstd, int64_t n, int64_t d,
    float *dx, float *dweight, float *dbias);

// Turns, in place, the pairs (i, i + width / 2) of the first `heads` heads of each row by the row's position.
// x: rows `stride` apart; positions[n]; cosines and sines: [positions, width / 2]; direction 1, or -1 to turn back.
void retort_rotate(
    float *x, int64_t stride, const int32_t *positions, int64_t n, int64_t heads, int64_t width, const float *cosines,
    const float *sines, float direction);

// y[n, d] = silu(gate) * up, where row n of x[n, 2d] is gate then up.
void retort_silu_product(const float *x, int64_t n, int64_t d, float *y);
// Differentiates the above: dx = ....
void retort_silu_product_backward(const float *dy, const float *x, int64_t n, int64_t d, float *dx);
// y = 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).
void retort_gelu(const float *x, int64_t count, float *y);
// Differentiates the above: dx = ....
void retort_gelu_backward(const float *dy, const float *x, int64_t count, float *dx);

// In place: row i of x[n, t], which is position `first + i`, becomes softmax(scale * x[i, 0...first + i]), zero past that.
void retort_causal_softmax(float *x, int64_t n, int64_t t, int64_t first, float scale);
// In place on dp[n, t]: the gradient of the scores before `scale`, from probabilities p and their gradients dp.
void retort_causal_softmax_backward(
    const float *p, float *dp, int64_t n, int64_t t, int64_t first, float scale);

// One query against t kept positions of one head: out[width] = softmax(scale * query . keys) . values.
// keys: [width, capacity], transposed; values: [capacity, width]; weights: scratch [t].
void retort_attend(
    const float *query, const float *keys, const float *values, int64_t t, int64_t capacity, int64_t width, float scale,
    float *weights, float *out);

// log(sum(exp(x))), summed in double.
double retort_log_sum_exp(const float *x, int64_t count);
// -sum(exp(l) * l) where l = x - lse, summed in double.
double retort_entropy(const float *x, int64_t count, double lse);
// y = exp(scale * (x - shift)).
void retort_exp(const float *x, int64_t count, float shift, float scale, float *y);
// y = x - shift, each difference taken in double.
void retort_subtract(const float *x, int64_t count, double shift, float *y);
// Sum, in double.
double retort_sum(const float *x, int64_t count);
// Sum of squares, in double.
double retort_sum_of_squares(const float *x, int64_t count);
// Largest element; count >= 1.
float retort_maximum(const float *x, int64_t count);
// y = x in bfloat16, to the nearest, ties to even; NaN stays NaN.
void retort_round_bfloat16(const float *x, int64_t count, uint16_t *y);

// Tells the processor that the calling thread only waits for a variable to change.
static inline void retort_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#pragma clang assume_nonnull end

#endif
