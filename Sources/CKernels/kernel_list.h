// Every kernel once: result, name, parameters, arguments.
#ifndef RETORT_KERNEL_LIST_H
#define RETORT_KERNEL_LIST_H

#include <stdint.h>

#include "CKernels.h"

#define KERNEL_LIST(KERNEL) \
  KERNEL(void, add_bias, (float *y, const float *bias, int64_t n, int64_t d), (y, bias, n, d)) \
  KERNEL( \
      void, add_column_sums, (const float *y, int64_t n, int64_t d, int64_t stride, float *sums), (y, n, d, stride, sums)) \
  KERNEL(void, add, (float *y, const float *x, int64_t count), (y, x, count)) \
  KERNEL(void, add_scaled, (float *y, const float *x, float factor, int64_t count), (y, x, factor, count)) \
  KERNEL( \
      void, rms_norm, \
      (const float *x, const float *weight, float shift, float epsilon, int64_t n, int64_t d, float *y, float *rstd), \
      (x, weight, shift, epsilon, n, d, y, rstd)) \
  KERNEL( \
      void, rms_norm_backward, \
      (const float *dy, const float *x, const float *weight, float shift, const float *rstd, int64_t n, int64_t d, \
       float *dx, float *dweight), \
      (dy, x, weight, shift, rstd, n, d, dx, dweight)) \
  KERNEL( \
      void, head_norm, \
      (float *x, int64_t stride, int64_t n, int64_t heads, int64_t head_stride, int64_t width, const float *weight, \
       float epsilon, float *kept, float *rstd), \
      (x, stride, n, heads, head_stride, width, weight, epsilon, kept, rstd)) \
  KERNEL( \
      void, head_norm_backward, \
      (float *dy, int64_t stride, int64_t n, int64_t heads, int64_t head_stride, int64_t width, const float *weight, \
       const float *kept, const float *rstd, float *dweight), \
      (dy, stride, n, heads, head_stride, width, weight, kept, rstd, dweight)) \
  KERNEL( \
      void, layer_norm, \
      (const float *x, const float *weight, const float *bias, float epsilon, int64_t n, int64_t d, float *y, \
       float *mean, float *rstd), \
      (x, weight, bias, epsilon, n, d, y, mean, rstd)) \
  KERNEL( \
      void, layer_norm_backward, \
      (const float *dy, const float *x, const float *weight, const float *mean, const float *rstd, int64_t n, \
       int64_t d, float *dx, float *dweight, float *dbias), \
      (dy, x, weight, mean, rstd, n, d, dx, dweight, dbias)) \
  KERNEL( \
      void, rotate, \
      (float *x, int64_t stride, const int32_t *positions, int64_t n, int64_t heads, int64_t head_stride, \
       int64_t width, const float *cosines, const float *sines, float direction), \
      (x, stride, positions, n, heads, head_stride, width, cosines, sines, direction)) \
  KERNEL(void, activation, (int32_t kind, const float *x, int64_t count, float *y), (kind, x, count, y)) \
  KERNEL( \
      void, activation_backward, (int32_t kind, const float *dy, const float *x, int64_t count, float *dx), \
      (kind, dy, x, count, dx)) \
  KERNEL( \
      void, gated_activation, (int32_t kind, const float *x, int64_t n, int64_t d, float *y), (kind, x, n, d, y)) \
  KERNEL( \
      void, gated_activation_backward, \
      (int32_t kind, const float *dy, const float *x, int64_t n, int64_t d, float *dx), (kind, dy, x, n, d, dx)) \
  KERNEL( \
      void, attention, \
      (const struct retort_attention *shape, const float *query, const float *key, const float *value, float *out, \
       float *scratch), \
      (shape, query, key, value, out, scratch)) \
  KERNEL( \
      void, attention_backward, \
      (const struct retort_attention *shape, const float *query, const float *key, const float *value, \
       const float *dout, float *dquery, float *dkey, float *dvalue, float *scratch), \
      (shape, query, key, value, dout, dquery, dkey, dvalue, scratch)) \
  KERNEL(void, soft_cap, (float *x, int64_t count, float cap), (x, count, cap)) \
  KERNEL( \
      void, soft_cap_backward, (float *dy, const float *y, int64_t count, float cap), (dy, y, count, cap)) \
  KERNEL(void, scale, (float *x, int64_t count, float factor), (x, count, factor)) \
  KERNEL(double, log_sum_exp, (const float *x, int64_t count), (x, count)) \
  KERNEL(double, entropy, (const float *x, int64_t count, double lse), (x, count, lse)) \
  KERNEL(void, exp, (const float *x, int64_t count, float shift, float scale, float *y), (x, count, shift, scale, y)) \
  KERNEL(void, subtract, (const float *x, int64_t count, double shift, float *y), (x, count, shift, y)) \
  KERNEL(double, sum, (const float *x, int64_t count), (x, count)) \
  KERNEL(double, sum_of_squares, (const float *x, int64_t count), (x, count)) \
  KERNEL(float, maximum, (const float *x, int64_t count), (x, count)) \
  KERNEL(void, round_bfloat16, (const float *x, int64_t count, uint16_t *y), (x, count, y)) \
  KERNEL( \
      void, adamw, \
      (const struct retort_adamw *step, int32_t decays, float *parameters, float *gradients, float *first, \
       float *second, int64_t count, int32_t clears, uint16_t *rounded), \
      (step, decays, parameters, gradients, first, second, count, clears, rounded))

#endif
