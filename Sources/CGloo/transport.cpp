#include "transport.hpp"

#include <gloo/transport/tcp/pair.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <exception>
#include <mutex>
#include <string>
#include <utility>

namespace retort {

namespace {

namespace tcp = gloo::transport::tcp;

void set(int descriptor, int level, int option, int value) { setsockopt(descriptor, level, option, &value, sizeof value); }

// Makes the system ask for signs of life: without any for half a minute the connection breaks.
void watch(int descriptor) {
  set(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, 10);
  set(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set(descriptor, IPPROTO_TCP, TCP_KEEPCNT, 4);
  // The same for what was sent and is not acknowledged. Unit: milliseconds.
  set(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, 30000);
  set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
}

class Pair final : public tcp::Pair {
 public:
  using tcp::Pair::Pair;

  void handleEvents(int events) noexcept override {
    try {
      tcp::Pair::handleEvents(events);
    } catch (const std::exception &error) { end(error.what()); }
  }

  // 0 where it is closed.
  int64_t received() {
    std::lock_guard<std::mutex> lock(m_);
    return state_ == CONNECTED ? retort::received(fd_) : 0;
  }

 protected:
  void changeState(state next) noexcept override {
    tcp::Pair::changeState(next);
    if (next == CONNECTED) watch(fd_);
  }

 private:
  void end(const std::string &reason) {
    std::lock_guard<std::mutex> lock(m_);
    if (ex_ || state_ == CLOSED) return;
    // What was accepted is not watched yet, and closing would take it from those that are.
    if (state_ == LISTENING && fd_ != -1) ::close(std::exchange(fd_, -1));
    signalException(reason);
  }
};

} // namespace

Transport::Transport(std::shared_ptr<tcp::Device> device, int rank, int size) : tcp::Context(std::move(device), rank, size) {}

std::unique_ptr<gloo::transport::Pair> &Transport::createPair(int peer) {
  return pairs_[peer] = std::make_unique<Pair>(this, device_.get(), peer, getTimeout());
}

int64_t Transport::received() {
  int64_t sum = 0;
  for (const auto &pair : pairs_) {
    if (!pair) continue;
    const int64_t bytes = static_cast<Pair &>(*pair).received();
    if (bytes < 0) return -1;
    sum += bytes;
  }
  return sum;
}

} // namespace retort
