#include "transport.hpp"

#include <gloo/transport/tcp/pair.h>
#include <unistd.h>

#include <exception>
#include <mutex>
#include <string>
#include <utility>

namespace retort {

namespace {

namespace tcp = gloo::transport::tcp;

class Pair final : public tcp::Pair {
 public:
  using tcp::Pair::Pair;

  void handleEvents(int events) noexcept override {
    try {
      tcp::Pair::handleEvents(events);
    } catch (const std::exception &error) { end(error.what()); }
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

} // namespace retort
