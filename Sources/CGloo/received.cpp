// What the system knows of a connection is in <linux/tcp.h> in full, which goes with no other header of TCP.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

#include "transport.hpp"

namespace retort {

int64_t received(int descriptor) {
  tcp_info info = {};
  socklen_t length = sizeof info;
  if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &length)) return -1;
  const size_t needed = offsetof(tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received;
  return length < needed ? -1 : (int64_t)info.tcpi_bytes_received;
}

} // namespace retort
