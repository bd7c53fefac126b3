// Every loop once: result, name, parameters, arguments.
#ifndef CTOKENLOSS_LIST_H
#define CTOKENLOSS_LIST_H

#include "CTokenLoss.h"

#define LOSS_LIST(LOSS) \
  LOSS(double, ctl_log_softmax, (size_t n, const float *z, float *lq, float *q), (n, z, lq, q)) \
  LOSS( \
      double, ctl_exponentials, (size_t n, const float *z, float *e, float *largest, size_t *top), \
      (n, z, e, largest, top)) \
  LOSS( \
      struct ctl_result, ctl_divergence, \
      (struct ctl_loss loss, size_t n, const float *lp, const float *lq, const float *q, float scale, float *g), \
      (loss, n, lp, lq, q, scale, g)) \
  LOSS( \
      struct ctl_result, ctl_logit_divergence, \
      (struct ctl_loss loss, size_t n, const float *lp, const float *e, double sum, float largest, float scale, \
       float *g), \
      (loss, n, lp, e, sum, largest, scale, g)) \
  LOSS( \
      struct ctl_result, ctl_rounded_logit_divergence, \
      (struct ctl_loss loss, size_t n, const float *lp, const float *e, double sum, float largest, float scale, \
       float *g, uint16_t *rounded), \
      (loss, n, lp, e, sum, largest, scale, g, rounded)) \
  LOSS( \
      double, ctl_head_share, \
      (size_t n, size_t eligible, const float *lp, const float *e, float inverse, double mass), \
      (n, eligible, lp, e, inverse, mass)) \
  LOSS(double, ctl_scale, (size_t n, const float *q, float scale, float *g), (n, q, scale, g)) \
  LOSS(double, ctl_standardize, (size_t n, const float *x, float *y), (n, x, y)) \
  LOSS(size_t, ctl_argmax, (size_t n, const float *x), (n, x))

// Those without a result.
#define VOID_LOSS_LIST(LOSS) \
  LOSS(void, ctl_standardize_backward, (size_t n, const float *y, double sd, float *g), (n, y, sd, g))

#endif
