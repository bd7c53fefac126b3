// Loops of decoding: products of few rows with packed weights, attention over pages of keys and values, and selection
// within a row of logits. Each runs in the widest form that the processor offers, chosen at run time.
//
// A result of one row never depends on how many rows are computed with it: each element is summed in an order that its
// own length alone decides.
#ifndef RETORT_DECODE_KERNELS_H
#define RETORT_DECODE_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// Columns of a panel: weights of so many outputs stand side by side, input by input.
enum { retort_panel_columns = 64 };
// Positions of a page of keys and values.
enum { retort_page_positions = 16 };

// Name of the form in use: "avx512bf16", "avx512", "avx2" or "generic".
const char *retort_decode_form(void);

// Pack `columns` (at most 64) outputs of `k` inputs; what is missing of a panel becomes zero. Weight (i, c) stands at
// weights[c * stride + i] where `output_major`, else at weights[i * stride + c].
// float32: panel[k][64].
void retort_pack_float32(
    const float *weights, int64_t stride, bool output_major, int64_t k, int64_t columns, float *panel);
// bfloat16, rounded to nearest even: panel[(k + 1) / 2][64][2], low half first.
void retort_pack_bfloat16(
    const float *weights, int64_t stride, bool output_major, int64_t k, int64_t columns, uint32_t *panel);
// int8: panel[k][64], scales[64]: weight = int8 * scale, scale = largest magnitude of the column / 127.
void retort_pack_int8(
    const float *weights, int64_t stride, bool output_major, int64_t k, int64_t columns, int8_t *panel, float *scales);

// Rounds m rows of k floats to pairs of bfloat16: pairs[m][(k + 1) / 2].
void retort_bfloat16_pairs(const float *x, int64_t m, int64_t k, uint32_t *pairs);

// y[m, columns] = x[m, k] . panel (+ bias) (+ y, where `adding`); rows of y stand y_stride apart, x and pairs without gaps.
void retort_panel_float32(
    const float *x, int64_t m, int64_t k, const float *panel, int64_t columns, const float *_Nullable bias, bool adding,
    float *y, int64_t y_stride);
void retort_panel_bfloat16(
    const uint32_t *pairs, int64_t m, int64_t k, const uint32_t *panel, int64_t columns, const float *_Nullable bias,
    bool adding, float *y, int64_t y_stride);
void retort_panel_int8(
    const float *x, int64_t m, int64_t k, const int8_t *panel, const float *scales, int64_t columns,
    const float *_Nullable bias, bool adding, float *y, int64_t y_stride);

// Attention of `queries` queries (rows of `width`) at one position over positions first..<end of one key head.
// Page p holds positions p * 16 ...: keys at pages[p] + key_offset, [width][16]; values at pages[p] + value_offset,
// [16][values_width], values_width being `width` rounded up to 16. scores: scratch of end rounded up to 16.
// Score = scale * q . k, then cap * tanh(score / cap) where cap > 0. Keys and values are bfloat16s, two in the place of a
// float, where `rounded`.
void retort_attend_pages(
    bool rounded, const float *queries, int64_t query_count, const float *_Nonnull const *_Nonnull pages, int64_t key_offset,
    int64_t value_offset, int64_t first, int64_t end, int64_t width, float scale, float cap, float *scores, float *out);
// Keeps one position's key and value of one head, at place `slot` of a page.
void retort_store_position(
    bool rounded, const float *key, const float *value, int64_t width, int64_t slot, float *page_keys, float *page_values);

// Index of the first x[i] > threshold at or after `start`, or count.
int64_t retort_next_above(const float *x, int64_t start, int64_t count, float threshold);
// Sum, in double, of the x[i] >= threshold, and their number.
double retort_sum_from(const float *x, int64_t count, float threshold, int64_t *number);
// x[i] = 0 where x[i] < threshold.
void retort_zero_below(float *x, int64_t count, float threshold);
// x[i] = 0 where keys[i] < threshold.
void retort_zero_where_below(float *x, const float *keys, int64_t count, float threshold);

#pragma clang assume_nonnull end

#endif
