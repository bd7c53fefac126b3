#include "group.hpp"

#include <gloo/common/error.h>
#include <gloo/transport/address.h>
#include <gloo/transport/context.h>
#include <gloo/transport/tcp/device.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <algorithm>

#include "address.hpp"
#include "signals.hpp"
#include "transport.hpp"
#include "watch.hpp"

namespace retort {

namespace {

// An address without what Gloo has behind it, which it does not always fill.
std::vector<char> cut(const std::vector<char> &bytes) {
  sockaddr_storage address;
  if (bytes.size() < sizeof address) throw Failure(RETORT_GLOO_FAILED, "Gloo's addresses are of an unknown form");
  memcpy(&address, bytes.data(), sizeof address);
  const size_t count = address.ss_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  return std::vector<char>(bytes.begin(), bytes.begin() + count);
}

} // namespace

Group::~Group() { done_.reset(); }

void Group::listen(const std::string &address) {
  if (size == 1) return;
  gloo::transport::tcp::attr attributes;
  attributes.hostname = local_address(address);
  {
    SilentThreads silent;
    device_ = gloo::transport::tcp::CreateDevice(attributes);
  }
  transportContext_ = std::make_shared<Transport>(std::static_pointer_cast<gloo::transport::tcp::Device>(device_), rank, size);
  // Gloo's own limits are far away: ours are those of the calls.
  transportContext_->setTimeout(std::chrono::hours(1));
  doors_.resize(size);
  for (int peer = 0; peer < size; peer++)
    if (peer != rank) doors_[peer] = cut(form_ = transportContext_->createPair(peer)->address().bytes());
  std::fill_n(form_.begin(), sizeof(sockaddr_storage), 0);
  done_ = createUnboundBuffer(&done_word_, sizeof done_word_);
}

void Group::connect(int peer, const std::vector<char> &other, Deadline deadline) {
  throw_if_over();
  const std::vector<char> &own = door(peer);
  if (other.size() != own.size() || memcmp(other.data(), own.data(), sizeof(sa_family_t)))
    throw fail(Failure(RETORT_GLOO_BAD_ADDRESS, "its address is of another family"));
  std::vector<char> address = form_;
  std::copy(other.begin(), other.end(), address.begin());
  Watch watch(deadline, [this] { close_all(); });
  try {
    getPair(peer)->connect(address);
  } catch (const std::exception &error) {
    if (watch.stop()) throw fail(Failure(RETORT_GLOO_TIMED_OUT, "", {peer}));
    throw fail(Failure(RETORT_GLOO_PEER_LOST, error.what(), {peer}));
  }
  if (watch.stop()) throw fail(Failure(RETORT_GLOO_TIMED_OUT, "", {peer}));
  throw_if_over();
}

void Group::exchange(uint8_t kind, const retort_gloo_parts &parts, Deadline deadline) {
  std::lock_guard<std::mutex> lock(calls_);
  throw_if_over();
  if (parts.receive_bytes[rank])
    memmove(
        (char *)parts.receive + parts.receive_offsets[rank], (const char *)parts.send + parts.send_offsets[rank],
        parts.receive_bytes[rank]);
  if (size == 1) return;
  call_number_++;
  Exchange exchange(*this, kind, parts, deadline);
  try {
    throw_if_over();
    exchange.run();
  } catch (const Failure &failure) {
    throw fail(failure);
  } catch (const std::exception &error) {
    Failure failure = explain(error, deadline);
    if (failure.outcome == RETORT_GLOO_TIMED_OUT) failure.members = exchange.awaited();
    throw fail(failure);
  }
}

void Group::throw_if_over() {
  std::lock_guard<std::mutex> lock(state_);
  if (aborted_) throw Failure(RETORT_GLOO_ABORTED);
  if (failure_) throw *failure_;
}

Failure Group::fail(Failure failure) {
  bool aborted;
  {
    std::lock_guard<std::mutex> lock(state_);
    aborted = aborted_;
    if (!failure_) failure_ = std::make_unique<Failure>(failure);
  }
  close_all();
  return aborted ? Failure(RETORT_GLOO_ABORTED) : failure;
}

Failure Group::explain(const std::exception &error, Deadline deadline) {
  if (std::chrono::steady_clock::now() >= deadline) return Failure(RETORT_GLOO_TIMED_OUT);
  const std::vector<int> broken = broken_peers();
  if (broken.empty()) return Failure(RETORT_GLOO_FAILED, error.what());
  return Failure(RETORT_GLOO_PEER_LOST, error.what(), broken);
}

// Gloo tells of a broken connection when it is used.
std::vector<int> Group::broken_peers() {
  std::vector<int> broken;
  for (int peer = 0; peer < size; peer++) {
    if (peer == rank) continue;
    try {
      done_->recv(peer, ~0ull >> 1, 0, 0);
    } catch (const std::exception &) { broken.push_back(peer); }
  }
  return broken;
}

void Group::close_all() noexcept {
  if (!transportContext_) return;
  for (int peer = 0; peer < size; peer++) {
    if (peer == rank) continue;
    try {
      const auto &pair = getPair(peer);
      if (pair) pair->close();
    } catch (...) {}
  }
}

int64_t Group::received() { return transportContext_ ? static_cast<Transport &>(*transportContext_).received() : 0; }

void Group::abort() noexcept {
  {
    std::lock_guard<std::mutex> lock(state_);
    aborted_ = true;
    if (waiting_) waiting_->abortWaitRecv();
  }
  close_all();
}

} // namespace retort
