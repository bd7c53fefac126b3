#include <string.h>

#include "group.hpp"
#include "signals.hpp"

using retort::Deadline;
using retort::Failure;
using retort::Group;

struct retort_gloo_group {
  Group group;
  retort_gloo_group(int rank, int size) : group(rank, size) {}
};

namespace {

void note(retort_gloo_report *report, retort_gloo_outcome outcome, const char *message) {
  report->outcome = outcome;
  strncpy(report->message, message, sizeof report->message - 1);
  report->message[sizeof report->message - 1] = 0;
}

// Nothing that is thrown goes further.
template <typename Body>
void guarded(retort_gloo_report *report, uint8_t *members, Body body) noexcept {
  retort::NoPipeSignal quiet;
  try {
    body();
    note(report, RETORT_GLOO_DONE, "");
  } catch (const Failure &failure) {
    note(report, failure.outcome, failure.what());
    if (members)
      for (int member : failure.members) members[member] = 1;
  } catch (const std::exception &error) {
    note(report, RETORT_GLOO_FAILED, error.what());
  } catch (...) { note(report, RETORT_GLOO_FAILED, "an exception without a message"); }
}

Deadline after(int64_t timeout_ms) {
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms < 0 ? 0 : timeout_ms);
}

} // namespace

retort_gloo_group *retort_gloo_listen(int rank, int size, const char *address, retort_gloo_report *report) {
  retort_gloo_group *made = nullptr;
  guarded(report, nullptr, [&] {
    auto group = std::make_unique<retort_gloo_group>(rank, size);
    group->group.listen(address);
    made = group.release();
  });
  return made;
}

size_t retort_gloo_door(retort_gloo_group *group, int peer, uint8_t *bytes, size_t capacity) {
  retort_gloo_report report;
  size_t count = 0;
  guarded(&report, nullptr, [&] {
    const std::vector<char> &door = group->group.door(peer);
    count = door.size();
    if (bytes) memcpy(bytes, door.data(), count < capacity ? count : capacity);
  });
  return count;
}

void retort_gloo_connect(
    retort_gloo_group *group, int peer, const uint8_t *door, size_t count, int64_t timeout_ms, retort_gloo_report *report) {
  guarded(report, nullptr, [&] {
    const std::vector<char> bytes(door, door + count);
    group->group.connect(peer, bytes, after(timeout_ms));
  });
}

void retort_gloo_exchange(
    retort_gloo_group *group, uint8_t kind, const retort_gloo_parts *parts, int64_t timeout_ms, uint8_t *members,
    retort_gloo_report *report) {
  guarded(report, members, [&] { group->group.exchange(kind, *parts, after(timeout_ms)); });
}

int64_t retort_gloo_received(retort_gloo_group *group) {
  retort_gloo_report report;
  int64_t bytes = -1;
  guarded(&report, nullptr, [&] { bytes = group->group.received(); });
  return bytes;
}

void retort_gloo_abort(retort_gloo_group *group) {
  retort::NoPipeSignal quiet;
  group->group.abort();
}

void retort_gloo_free(retort_gloo_group *group) {
  retort::NoPipeSignal quiet;
  delete group;
}
