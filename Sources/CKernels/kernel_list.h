// Every kernel once: result, name, parameters, arguments.
#ifndef RETORT_KERNEL_LIST_H
#define RETORT_KERNEL_LIST_H

#include <stdint.h>

#define KERNEL_LIST(KERNEL) \
  KERNEL(void, add_bias, (float *y, const float *bias, int64_t n, int64_t d), (y, bias, n, d)) \
  KERNEL( \
      void, add_column_sums, (const float *y, int64_t n, int64_t d, int64_t stride, float *sums), (y, n, d, stride, sums)) \
  KERNEL(void, add, (float *y, const float *x, int64_t count), (y, x, count)) \
  KERNEL( \
      void, rms_norm, \
      (const float *x, const float *weight, float epsilon, int64_t n, int64_t d, float *y, float *rstd), \
      (x, weight, epsilon, n, d, y, rstd)) \
  KERNEL( \
      void, rms_norm_backward, \
      (const float *dy, const float *x, const float *weight, const float *rstd, int64_t n, int64_t d, \
       float *dx, float *dweight), \
      (dy, x, weight, rstd, n, d, dx, dweight)) \
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
      (float *x, int64_t stride, const int32_t *positions, int64_t n, int64_t heads, int64_t width, \
       const float *cosines, const float *sines, float direction), \
      (x, stride, positions, n, heads, width, cosines, sines, direction)) \
  KERNEL(void, silu_product, (const float *x, int64_t n, int64_t d, float *y), (x, n, d, y)) \
  KERNEL( \
      void, silu_product_backward, \
      (const float *dy, const float *x, int64_t n, int64_t d, float *dx), \
      (dy, x, n, d, dx)) \
  KERNEL(void, gelu, (const float *x, int64_t count, float *y), (x, count, y)) \
  KERNEL(void, gelu_backward, (const float *dy, const float *x, int64_t count, float *dx), (dy, x, count, dx)) \
  KERNEL( \
      void, causal_softmax, (float *x, int64_t n, int64_t t, int64_t first, float scale), \
      (x, n, t, first, scale)) \
  KERNEL( \
      void, causal_softmax_backward, \
      (const float *p, float *dp, int64_t n, int64_t t, int64_t first, float scale), \
      (p, dp, n, t, first, scale)) \
  KERNEL( \
      void, attend, \
      (const float *query, const float *keys, const float *values, int64_t t, int64_t capacity, int64_t width, \
       float scale, float *weights, float *out), \
      (query, keys, values, t, capacity, width, scale, weights, out)) \
  KERNEL(double, log_sum_exp, (const float *x, int64_t count), (x, count)) \
  KERNEL(double, entropy, (const float *x, int64_t count, double lse), (x, count, lse)) \
  KERNEL(void, exp, (const float *x, int64_t count, float shift, float scale, float *y), (x, count, shift, scale, y)) \
  KERNEL(void, subtract, (const float *x, int64_t count, double shift, float *y), (x, count, shift, y)) \
  KERNEL(double, sum, (const float *x, int64_t count), (x, count)) \
  KERNEL(double, sum_of_squares, (const float *x, int64_t count), (x, count)) \
  KERNEL(float, maximum, (const float *x, int64_t count), (x, count)) \
  KERNEL(void, round_bfloat16, (const float *x, int64_t count, uint16_t *y), (x, count, y))

#endif
