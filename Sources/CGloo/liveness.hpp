#ifndef RETORT_CGLOO_LIVENESS_HPP
#define RETORT_CGLOO_LIVENESS_HPP

#include <vector>

namespace retort {

// Makes the system ask for signs of life on a connection that Gloo has made: without any for half a minute it breaks.
//
// A network that drops everything between two members tells neither, and whoever waits for something sends nothing that could fail.
//
// `own` and `other` are the doors of its ends, of which one leads to it.
void watch_connection(const std::vector<char> &own, const std::vector<char> &other) noexcept;

} // namespace retort

#endif
