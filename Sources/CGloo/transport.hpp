#ifndef RETORT_CGLOO_TRANSPORT_HPP
#define RETORT_CGLOO_TRANSPORT_HPP

#include <gloo/transport/tcp/context.h>
#include <gloo/transport/tcp/device.h>

#include <cstdint>
#include <memory>

namespace retort {

// Gloo's connections, but for two things. Its thread lets exceptions of a connection end the process: one whose other side
// resets it before it is accepted is enough. Here they end the connection.
//
// And a network that drops everything between two members tells neither, while whoever waits for something sends nothing that could
// fail. Here the system asks for signs of life.
class Transport final : public gloo::transport::tcp::Context {
 public:
  Transport(std::shared_ptr<gloo::transport::tcp::Device> device, int rank, int size);

  std::unique_ptr<gloo::transport::Pair> &createPair(int peer) override;
  // Bytes that have come over all connections, by the system's count; -1: it cannot tell.
  int64_t received();
};

// Bytes that have come over a connection; -1: the system cannot tell.
int64_t received(int descriptor);

} // namespace retort

#endif
