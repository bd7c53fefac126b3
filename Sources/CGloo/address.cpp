#include "address.hpp"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

#include "failure.hpp"

namespace retort {

namespace {

// 0.0.0.0 and ::, which lead nobody here.
bool is_wildcard(const addrinfo *found) {
  if (found->ai_family == AF_INET) return ((const sockaddr_in *)found->ai_addr)->sin_addr.s_addr == INADDR_ANY;
  return IN6_IS_ADDR_UNSPECIFIED(&((const sockaddr_in6 *)found->ai_addr)->sin6_addr);
}

// Whether this machine can listen there; leaves the reason in errno.
bool is_local(const addrinfo *found) {
  const int probe = socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, found->ai_protocol);
  if (probe < 0) return false;
  const bool bound = bind(probe, found->ai_addr, found->ai_addrlen) == 0;
  const int reason = errno;
  close(probe);
  errno = reason;
  return bound;
}

} // namespace

std::string local_address(const std::string &address) {
  const auto refuse = [&](const char *why) {
    return Failure(RETORT_GLOO_BAD_ADDRESS, std::string(why));
  };
  if (address.empty()) throw refuse("it is empty");
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo *list = nullptr;
  const int status = getaddrinfo(address.c_str(), nullptr, &hints, &list);
  if (status != 0) throw refuse(status == EAI_SYSTEM ? strerror(errno) : gai_strerror(status));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, freeaddrinfo);
  std::string reason = "no address of TCP";
  for (const addrinfo *found = list; found; found = found->ai_next) {
    if (found->ai_family != AF_INET && found->ai_family != AF_INET6) continue;
    if (is_wildcard(found)) {
      reason = "it stands for every interface: others need one that they can reach";
      continue;
    }
    if (!is_local(found)) {
      reason = strerror(errno);
      continue;
    }
    char host[NI_MAXHOST];
    if (getnameinfo(found->ai_addr, found->ai_addrlen, host, sizeof host, nullptr, 0, NI_NUMERICHOST) == 0) return host;
  }
  throw refuse(reason.c_str());
}

} // namespace retort
