#ifndef RETORT_CGLOO_FAILURE_HPP
#define RETORT_CGLOO_FAILURE_HPP

#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "CGloo.h"

namespace retort {

// Why a call ended: what is thrown within this target.
struct Failure : std::exception {
  retort_gloo_outcome outcome;
  std::string message;
  std::vector<int> members;

  explicit Failure(retort_gloo_outcome outcome, std::string message = "", std::vector<int> members = {})
      : outcome(outcome), message(std::move(message)), members(std::move(members)) {}

  const char *what() const noexcept override { return message.c_str(); }
};

} // namespace retort

#endif
