// Every decode kernel once: result, name, parameters, arguments.
#ifndef RETORT_DECODE_LIST_H
#define RETORT_DECODE_LIST_H

#include <stdbool.h>
#include <stdint.h>

#define DECODE_LIST(KERNEL) \
  KERNEL( \
      void, pack_float32, \
      (const float *weights, int64_t stride, bool output_major, int64_t k, int64_t columns, float *panel), \
      (weights, stride, output_major, k, columns, panel)) \
  KERNEL( \
      void, pack_bfloat16, \
      (const float *weights, int64_t stride, bool output_major, int64_t k, int64_t columns, uint32_t *panel), \
      (weights, stride, output_major, k, columns, panel)) \
  KERNEL( \
      void, pack_int8, \
      (const float *weights, int64_t stride, bool output_major, int64_t k, int64_t columns, int8_t *panel, \
       float *scales), \
      (weights, stride, output_major, k, columns, panel, scales)) \
  KERNEL(void, bfloat16_pairs, (const float *x, int64_t m, int64_t k, uint32_t *pairs), (x, m, k, pairs)) \
  KERNEL( \
      void, panel_float32, \
      (const float *x, int64_t m, int64_t k, const float *panel, int64_t columns, const float *bias, bool adding, \
       float *y, int64_t y_stride), \
      (x, m, k, panel, columns, bias, adding, y, y_stride)) \
  KERNEL( \
      void, panel_bfloat16, \
      (const uint32_t *pairs, int64_t m, int64_t k, const uint32_t *panel, int64_t columns, const float *bias, \
       bool adding, float *y, int64_t y_stride), \
      (pairs, m, k, panel, columns, bias, adding, y, y_stride)) \
  KERNEL( \
      void, panel_int8, \
      (const float *x, int64_t m, int64_t k, const int8_t *panel, const float *scales, int64_t columns, \
       const float *bias, bool adding, float *y, int64_t y_stride), \
      (x, m, k, panel, scales, columns, bias, adding, y, y_stride)) \
  KERNEL( \
      void, attend_pages, \
      (bool rounded, const float *queries, int64_t query_count, const float *const *pages, int64_t key_offset, \
       int64_t value_offset, int64_t first, int64_t end, int64_t width, float scale, float cap, float *scores, \
       float *out), \
      (rounded, queries, query_count, pages, key_offset, value_offset, first, end, width, scale, cap, scores, out)) \
  KERNEL( \
      void, store_position, \
      (bool rounded, const float *key, const float *value, int64_t width, int64_t slot, float *page_keys, \
       float *page_values), \
      (rounded, key, value, width, slot, page_keys, page_values)) \
  KERNEL(int64_t, next_above, (const float *x, int64_t start, int64_t count, float threshold), \
      (x, start, count, threshold)) \
  KERNEL(double, sum_from, (const float *x, int64_t count, float threshold, int64_t *number), \
      (x, count, threshold, number)) \
  KERNEL(void, zero_below, (float *x, int64_t count, float threshold), (x, count, threshold)) \
  KERNEL(void, zero_where_below, (float *x, const float *keys, int64_t count, float threshold), \
      (x, keys, count, threshold))

#endif
