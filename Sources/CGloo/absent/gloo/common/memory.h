// Debian's package leaves this header of Gloo out, which its connections' declarations include. What it declares is here with
// the same members, for the size of a connection: nothing here is made or called by this target.
#if __has_include_next(<gloo/common/memory.h>)
#include_next <gloo/common/memory.h>
#else
#ifndef RETORT_CGLOO_ABSENT_MEMORY_H
#define RETORT_CGLOO_ABSENT_MEMORY_H

#include <memory>

namespace gloo {

template <typename T>
class NonOwningPtr {
  std::shared_ptr<T> pointer_;
};

template <typename T>
class WeakNonOwningPtr {
  std::weak_ptr<T> pointer_;
};

template <typename T>
class ShareableNonOwningPtr {
  std::shared_ptr<T> pointer_;
};

} // namespace gloo

#endif
#endif
