// Vector loops over float32 arrays. Each runs in the widest form that the processor offers, chosen at run time; sums are
// taken in a fixed order for a given form.
//
// Letters: n rows, d columns, row-major without gaps unless a stride is named. No argument overlaps another unless said.
#ifndef RETORT_CKERNELS_H
#define RETORT_CKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ComputeShare.h"
#include "DecodeKernels.h"
#include "KernelForm.h"

#pragma clang assume_nonnull begin

// Name of the form in use: "avx512", "avx2" or "generic".
const char *retort_kernel_form(void);

// y[n, d] += bias[d].
void retort_add_bias(float *y, const float *bias, int64_t n, int64_t d);
// sums[d] += sum over n of y[n, d], rows `stride` apart.
void retort_add_column_sums(const float *y, int64_t n, int64_t d, int64_t stride, float *sums);
// y[i] += x[i].
void retort_add(float *y, const float *x, int64_t count);
// y[i] += factor * x[i].
void retort_add_scaled(float *y, const float *x, float factor, int64_t count);

// y = x * rstd * (weight + shift), rstd[n] = 1 / sqrt(mean(x^2) + epsilon).
void retort_rms_norm(
    const float *x, const float *weight, float shift, float epsilon, int64_t n, int64_t d, float *y, float *rstd);
// Differentiates the above: dx += ..., dweight += ....
void retort_rms_norm_backward(
    const float *dy, const float *x, const float *weight, float shift, const float *rstd, int64_t n, int64_t d,
    float *dx, float *dweight);
// In place, for the `heads` heads of each row, `head_stride` apart, rows `stride` apart: rms_norm over the head's width.
// kept[n, heads, width] gets what was there, rstd[n, heads] the factors.
void retort_head_norm(
    float *x, int64_t stride, int64_t n, int64_t heads, int64_t head_stride, int64_t width, const float *weight,
    float epsilon, float *kept, float *rstd);
// Differentiates the above: dy, laid out as x, is replaced by dx; dweight += ....
void retort_head_norm_backward(
    float *dy, int64_t stride, int64_t n, int64_t heads, int64_t head_stride, int64_t width, const float *weight,
    const float *kept, const float *rstd, float *dweight);
// y = (x - mean) * rstd * weight + bias, rstd[n] = 1 / sqrt(var(x) + epsilon).
void retort_layer_norm(
    const float *x, const float *weight, const float *bias, float epsilon, int64_t n, int64_t d, float *y, float *mean,
    float *rstd);
// Differentiates the above: dx += ..., dweight += ..., dbias += ....
void retort_layer_norm_backward(
    const float *dy, const float *x, const float *weight, const float *mean, const float *rstd, int64_t n, int64_t d,
    float *dx, float *dweight, float *dbias);

// Turns, in place, the pairs (i, i + width / 2) of the first `width` columns of `heads` heads, `head_stride` apart, of
// each row by the row's position. x: rows `stride` apart; positions[n]; cosines and sines: [positions, width / 2];
// direction 1, or -1 to turn back.
void retort_rotate(
    float *x, int64_t stride, const int32_t *positions, int64_t n, int64_t heads, int64_t head_stride, int64_t width,
    const float *cosines, const float *sines, float direction);

// Nonlinearities: x sigmoid(x); GELU with tanh, 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))); GELU with the normal
// distribution function; max(x, 0).
enum { RETORT_SILU = 0, RETORT_GELU_TANH = 1, RETORT_GELU = 2, RETORT_RELU = 3 };
// y = f(x).
void retort_activation(int32_t kind, const float *x, int64_t count, float *y);
// Differentiates the above: dx = ....
void retort_activation_backward(int32_t kind, const float *dy, const float *x, int64_t count, float *dx);
// y[n, d] = f(gate) * up, where row n of x[n, 2d] is gate then up.
void retort_gated_activation(int32_t kind, const float *x, int64_t n, int64_t d, float *y);
// Differentiates the above: dx = ....
void retort_gated_activation_backward(
    int32_t kind, const float *dy, const float *x, int64_t n, int64_t d, float *dx);

// Causal attention of one sequence over one key-value head and the query heads that read it.
struct retort_attention {
  // Positions of the sequence; width of a head; query heads.
  int64_t t, width, heads;
  // Floats from row to row of queries, keys and values; from query head to query head; from row to row of the output.
  int64_t stride, head_stride, out_stride;
  // Query i sees keys from i - window + 1 on; all of them where 0.
  int64_t window;
  // Factor of query . key; then cap * tanh(score / cap), where not 0.
  float scale, soft_cap;
};
// out = softmax(scale * query . key) . value; the heads of the output stand without gaps.
// scratch: 32 (t' + 2 w') + t' (width + w') + 32 t' with a soft cap, t' and w' rounded up to 32 and 16.
void retort_attention(
    const struct retort_attention *shape, const float *query, const float *key, const float *value, float *out,
    float *scratch);
// Differentiates the above: overwrites dquery, dkey and dvalue, laid out as query, key and value.
// scratch: t' (2 width + 3 w') + 96 w' + 96 t'.
void retort_attention_backward(
    const struct retort_attention *shape, const float *query, const float *key, const float *value, const float *dout,
    float *dquery, float *dkey, float *dvalue, float *scratch);

// x = cap * tanh(x / cap).
void retort_soft_cap(float *x, int64_t count, float cap);
// Differentiates the above from its result y, in place: dy *= 1 - (y / cap)^2.
void retort_soft_cap_backward(float *dy, const float *y, int64_t count, float cap);
// x *= factor.
void retort_scale(float *x, int64_t count, float factor);

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

// Numbers of one step of AdamW: the gradient's factor; 1 - rate * weight decay; weights of the moments, and what corrects them.
struct retort_adamw {
  float gradient_scale, decay, first_weight, second_decay, second_weight, second_scale, epsilon, step_size;
};
// g = gradient_scale * gradient:
//   first += first_weight (g - first), second = second_decay second + second_weight g^2,
//   parameters = parameters * decay - step_size * first / (sqrt(second) / second_scale + epsilon); `decays` 0: without decay.
// Gradients become 0 where `clears`; `rounded`, unless NULL, gets the parameters as of round_bfloat16.
void retort_adamw(
    const struct retort_adamw *step, int32_t decays, float *parameters, float *gradients, float *first, float *second,
    int64_t count, int32_t clears, uint16_t *_Nullable rounded);

// Room for numbers, all zero bits, or NULL; freed by free(). The kernel is asked for large pages where it has many bytes, but
// not where it is `sparse`: most of it never touched.
void *_Nullable retort_allocate_zeros(size_t bytes, bool sparse);

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
