#ifndef RETORT_CGLOO_ADDRESS_HPP
#define RETORT_CGLOO_ADDRESS_HPP

#include <string>

namespace retort {

// The number of a local address at which this machine can listen, of an address or a host name; throws Failure with the reason,
// which Gloo's own look-up does not tell.
std::string local_address(const std::string &address);

} // namespace retort

#endif
