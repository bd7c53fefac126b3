#include <algorithm>

#include "group.hpp"

namespace retort {

namespace {

enum { word_slot = 0, done_slot = 1 };

size_t extent(int size, const size_t *offsets, const size_t *bytes) {
  size_t end = 0;
  for (int peer = 0; peer < size; peer++)
    if (bytes[peer]) end = std::max(end, offsets[peer] + bytes[peer]);
  return end;
}

} // namespace

Exchange::Exchange(Group &group, uint8_t kind, const retort_gloo_parts &parts, Deadline deadline)
    : group_(group), kind_(kind), parts_(parts), deadline_(deadline), words_(3 * group.size, 0) {
  const int size = group.size;
  send_ = group.createUnboundBuffer((void *)parts.send, extent(size, parts.send_offsets, parts.send_bytes));
  receive_ = group.createUnboundBuffer(parts.receive, extent(size, parts.receive_offsets, parts.receive_bytes));
  control_ = group.createUnboundBuffer(words_.data(), words_.size() * sizeof words_[0]);
  std::lock_guard<std::mutex> lock(group.state_);
  group.waiting_ = control_.get();
}

Exchange::~Exchange() {
  std::lock_guard<std::mutex> lock(group_.state_);
  group_.waiting_ = nullptr;
}

void Exchange::run() {
  post();
  wait();
  settle();
}

// Its length is part of a part's name: parts of unequal lengths never meet, where Gloo would end the process.
uint64_t Exchange::part_slot(size_t bytes) const {
  return 1ull << 63 | (group_.call_number_ & 0x3fffff) << 40 | bytes;
}

void Exchange::post() {
  const int size = group_.size, rank = group_.rank;
  const size_t bytes = sizeof words_[0];
  for (int step = 1; step < size; step++) {
    const int peer = (rank + size - step) % size;
    const size_t part = parts_.receive_bytes[peer];
    if (part) receive_->recv(peer, part_slot(part), parts_.receive_offsets[peer], part);
    control_->recv(peer, slot(word_slot), (size + peer) * bytes, bytes);
    control_->recv(peer, slot(done_slot), (2 * size + peer) * bytes, bytes);
  }
  for (int step = 1; step < size; step++) {
    const int peer = (rank + step) % size;
    const size_t part = parts_.send_bytes[peer];
    if (part) send_->send(peer, part_slot(part), parts_.send_offsets[peer], part);
    words_[peer] = word(peer, parts_.send_bytes);
    control_->send(peer, slot(word_slot), peer * bytes, bytes);
  }
}

void Exchange::wait() {
  const int size = group_.size;
  bool told = false;
  for (int counted = 0;; counted++) {
    // A word may be half written until its receipt is counted: what is seen is read when all of it is counted.
    const int visible = (int)std::count_if(
        words_.begin() + size, words_.end(), [](const uint64_t &w) { return __atomic_load_n(&w, __ATOMIC_ACQUIRE) != 0; });
    if (visible == counted) {
      check_words();
      if (!told && all_sent()) {
        for (int step = 1; step < size; step++) {
          group_.done_->send((group_.rank + step) % size, slot(done_slot), 0, sizeof group_.done_word_);
        }
        told = true;
      }
      if (counted == 2 * (size - 1)) return;
    }
    if (!control_->waitRecv(nullptr, remaining())) throw Failure(RETORT_GLOO_ABORTED);
  }
}

bool Exchange::all_sent() const {
  for (int peer = 0; peer < group_.size; peer++)
    if (peer != group_.rank && !seen(group_.size + peer)) return false;
  return true;
}

void Exchange::check_words() const {
  std::vector<int> strangers;
  for (int peer = 0; peer < group_.size; peer++) {
    const uint64_t found = seen(group_.size + peer);
    if (found && found != word(peer, parts_.receive_bytes)) strangers.push_back(peer);
  }
  if (!strangers.empty()) throw Failure(RETORT_GLOO_MISMATCH, "", strangers);
}

// All is sent and received; what remains is that Gloo has counted it.
void Exchange::settle() {
  const auto soon = std::max(remaining(), std::chrono::milliseconds(1000));
  const auto check = [](bool counted) {
    if (!counted) throw Failure(RETORT_GLOO_ABORTED);
  };
  for (int peer = 0; peer < group_.size; peer++) {
    if (peer == group_.rank) continue;
    if (parts_.receive_bytes[peer]) check(receive_->waitRecv(nullptr, soon));
    if (parts_.send_bytes[peer]) check(send_->waitSend(nullptr, soon));
    check(control_->waitSend(nullptr, soon));
  }
}

std::vector<int> Exchange::awaited() const {
  const int size = group_.size, from = all_sent() ? 2 * size : size;
  std::vector<int> list;
  for (int peer = 0; peer < size; peer++)
    if (peer != group_.rank && !seen(from + peer)) list.push_back(peer);
  return list;
}

// Rounded up: a wait that ends is one whose time is over. And never none, which is Gloo's word for a wait without end.
std::chrono::milliseconds Exchange::remaining() const {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now());
  return std::max(left, std::chrono::milliseconds(1));
}

} // namespace retort
