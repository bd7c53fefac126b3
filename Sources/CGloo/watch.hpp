#ifndef RETORT_CGLOO_WATCH_HPP
#define RETORT_CGLOO_WATCH_HPP

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "signals.hpp"

namespace retort {

// Does something at a moment, unless it is stopped before.
class Watch {
 public:
  Watch(std::chrono::steady_clock::time_point deadline, std::function<void()> action)
      : deadline_(deadline), action_(std::move(action)) {
    SilentThreads silent;
    thread_ = std::thread([this] { wait(); });
  }
  ~Watch() { stop(); }
  Watch(const Watch &) = delete;
  Watch &operator=(const Watch &) = delete;

  // Whether it was done.
  bool stop() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
    return acted_;
  }

 private:
  void wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    if (changed_.wait_until(lock, deadline_, [this] { return stopped_; })) return;
    acted_ = true;
    lock.unlock();
    action_();
  }

  const std::chrono::steady_clock::time_point deadline_;
  const std::function<void()> action_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false, acted_ = false;
  std::thread thread_;
};

} // namespace retort

#endif
