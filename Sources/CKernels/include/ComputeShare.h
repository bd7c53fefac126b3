// Processes that share a machine's cores tell each other whether they compute, in a file that all of them map.
#ifndef RETORT_COMPUTE_SHARE_H
#define RETORT_COMPUTE_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

struct retort_share;

// Takes a place in the file, which is made where there is none. A place whose process has ended is free again. NULL where the
// file cannot be mapped or all places are taken.
struct retort_share *_Nullable retort_share_join(const char *path);
// Gives the place back.
void retort_share_leave(struct retort_share *share);
// Says whether this place's process computes.
void retort_share_tell(struct retort_share *share, bool computes);
// Number of other places whose processes compute.
int32_t retort_share_others(const struct retort_share *share);

#pragma clang assume_nonnull end

#endif
