#include "liveness.hpp"

#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <memory>

namespace retort {

namespace {

using Name = int (*)(int, sockaddr *, socklen_t *);

// Whether one end of a socket is at an address, which is a sockaddr of its family.
bool is_at(int descriptor, Name name, const std::vector<char> &address) {
  sockaddr_storage found = {};
  socklen_t size = sizeof found;
  if (name(descriptor, (sockaddr *)&found, &size) != 0) return false;
  return size == address.size() && memcmp(&found, address.data(), size) == 0;
}

void set(int descriptor, int level, int option, int value) { setsockopt(descriptor, level, option, &value, sizeof value); }

} // namespace

// Gloo keeps its sockets to itself: they are found among all by their addresses.
void watch_connection(const std::vector<char> &own, const std::vector<char> &other) noexcept {
  const std::unique_ptr<DIR, int (*)(DIR *)> all(opendir("/proc/self/fd"), closedir);
  if (!all) return;
  while (const dirent *entry = readdir(all.get())) {
    char *end;
    const int descriptor = (int)strtol(entry->d_name, &end, 10);
    if (*end || (!is_at(descriptor, getsockname, own) && !is_at(descriptor, getpeername, other))) continue;
    set(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, 10);
    set(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, 5);
    set(descriptor, IPPROTO_TCP, TCP_KEEPCNT, 4);
    // The same for what was sent and is not acknowledged. Unit: milliseconds.
    set(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, 30000);
    set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  }
}

} // namespace retort
