#ifndef RETORT_CGLOO_GROUP_HPP
#define RETORT_CGLOO_GROUP_HPP

#include <gloo/context.h>
#include <gloo/transport/unbound_buffer.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "failure.hpp"

namespace retort {

using Deadline = std::chrono::steady_clock::time_point;
using Buffer = gloo::transport::UnboundBuffer;

// One member's connections. Gloo's rendezvous is not used: who calls says where the others are.
class Group final : public gloo::Context {
 public:
  Group(int rank, int size) : gloo::Context(rank, size) {}
  ~Group() override;

  void listen(const std::string &address);
  // The address of a door, as the system has it.
  const std::vector<char> &door(int peer) const { return doors_.at(peer); }
  void connect(int peer, const std::vector<char> &door, Deadline deadline);
  void exchange(uint8_t kind, const retort_gloo_parts &parts, Deadline deadline);
  // Bytes that have come, by the system's count; -1: it cannot tell.
  int64_t received();
  void abort() noexcept;

 private:
  friend class Exchange;

  void throw_if_over();
  // Notes why the group is broken, closes it, and says what the call under way ends with.
  Failure fail(Failure failure);
  // Reads an exception of Gloo that ended a call.
  Failure explain(const std::exception &error, Deadline deadline);
  std::vector<int> broken_peers();
  void close_all() noexcept;

  std::vector<std::vector<char>> doors_; // by rank
  std::vector<char> form_;               // of Gloo's addresses: a door's at the front, the rest alike for all
  std::mutex calls_;                 // held by the exchange under way
  uint64_t call_number_ = 0;         // of the exchange under way
  std::mutex state_;                 // guards what follows
  bool aborted_ = false;
  std::unique_ptr<Failure> failure_; // the first
  Buffer *waiting_ = nullptr;        // what the exchange under way waits for

  // Sends the word that a member has all; lives as long as the connections, so that the last of them is never lost.
  uint64_t done_word_ = 1;
  std::unique_ptr<Buffer> done_;
};

// One exchange.
//
// Each member sends each other its part, then a word that says which call this is and how long the part was. One that has all
// parts says so to all; one that has heard so from all is finished. So a wait for anybody always has an open receipt from
// everybody: that is what makes Gloo wake it when a connection breaks, for a transfer under way alone does not.
class Exchange {
 public:
  Exchange(Group &group, uint8_t kind, const retort_gloo_parts &parts, Deadline deadline);
  ~Exchange();
  Exchange(const Exchange &) = delete;
  Exchange &operator=(const Exchange &) = delete;

  void run();
  // Those that had not sent all or, when all had, those that had not said that they have all.
  std::vector<int> awaited() const;

 private:
  uint64_t word(int peer, const size_t *bytes) const { return (uint64_t)kind_ << 56 | bytes[peer]; }
  uint64_t slot(int which) const { return group_.call_number_ << 2 | which; }
  uint64_t part_slot(size_t bytes) const;
  uint64_t seen(int index) const { return __atomic_load_n(&words_[index], __ATOMIC_ACQUIRE); }
  void post();
  void wait();
  void settle();
  bool all_sent() const;
  void check_words() const;
  std::chrono::milliseconds remaining() const;

  Group &group_;
  const uint8_t kind_;
  const retort_gloo_parts &parts_;
  const Deadline deadline_;
  // By rank: words to send, words received, words that a member has all. [3 · size]
  std::vector<uint64_t> words_;
  std::unique_ptr<Buffer> send_, receive_, control_;
};

} // namespace retort

#endif
