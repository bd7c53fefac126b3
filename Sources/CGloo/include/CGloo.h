// A group of processes whose members send buffers to each other over TCP, with Gloo.
//
// No exception leaves these functions: each says how it ended. All may be called from any thread; exchanges of one group
// follow each other. SIGPIPE is not raised.
#ifndef RETORT_CGLOO_H
#define RETORT_CGLOO_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct retort_gloo_group;

enum retort_gloo_outcome {
  RETORT_GLOO_DONE = 0,
  RETORT_GLOO_PEER_LOST = 1,   // the connections to `members` are broken
  RETORT_GLOO_TIMED_OUT = 2,   // `members` had not done their part
  RETORT_GLOO_ABORTED = 3,     // retort_gloo_abort was called
  RETORT_GLOO_MISMATCH = 4,    // `members` make another call, or one of other sizes
  RETORT_GLOO_BAD_ADDRESS = 5, // `message` says what is wrong with an address
  RETORT_GLOO_FAILED = 6,      // `message` says what Gloo or the system refused
};

// How a call ended. After anything but DONE the group is broken: its connections are closed, and later calls end likewise.
struct retort_gloo_report {
  enum retort_gloo_outcome outcome;
  char message[256];
};

// Opens the doors of a member, one for each other, at a local address or at a host name that stands for one. NULL when it fails.
// A group of one has neither doors nor threads.
struct retort_gloo_group *_Nullable retort_gloo_listen(
    int rank, int size, const char *_Nonnull address, struct retort_gloo_report *_Nonnull report);

// The bytes by which member `peer` finds its door: their number, of which at most `capacity` are written.
size_t retort_gloo_door(
    struct retort_gloo_group *_Nonnull group, int peer, uint8_t *_Nullable bytes, size_t capacity);

// Waits until there is a connection with `peer`, whose door for this member is `door`.
void retort_gloo_connect(
    struct retort_gloo_group *_Nonnull group, int peer, const uint8_t *_Nonnull door, size_t count, int64_t timeout_ms,
    struct retort_gloo_report *_Nonnull report);

// What a member gives to each and takes from each in an exchange; arrays of `size` offsets and numbers of bytes, by rank.
// Its own part is copied from the one to the other: both numbers must agree, or the part to be taken be 0.
struct retort_gloo_parts {
  const void *_Nullable send;
  const size_t *_Nonnull send_offsets;
  const size_t *_Nonnull send_bytes;
  void *_Nullable receive;
  const size_t *_Nonnull receive_offsets;
  const size_t *_Nonnull receive_bytes;
};

// Gives and takes; returns when every member has all that it takes, or with the first failure. All members must make the same
// calls in the same order; `kind`, in 1...255, tells calls of different meaning apart. `members`, of `size` flags, says whom
// the outcome is about.
void retort_gloo_exchange(
    struct retort_gloo_group *_Nonnull group, uint8_t kind, const struct retort_gloo_parts *_Nonnull parts, int64_t timeout_ms,
    uint8_t *_Nonnull members, struct retort_gloo_report *_Nonnull report);

// Bytes that have come from the others so far, by the system's count, whatever became of them. -1: it cannot tell.
int64_t retort_gloo_received(struct retort_gloo_group *_Nonnull group);

// Ends the calls that wait, and all later ones, with ABORTED, and closes the connections. May be called at any time, again too.
void retort_gloo_abort(struct retort_gloo_group *_Nonnull group);

// Closes what is open and frees the group. No call may be under way.
void retort_gloo_free(struct retort_gloo_group *_Nonnull group);

#ifdef __cplusplus
}
#endif

#endif
