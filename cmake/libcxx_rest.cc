// What libc++ does in a larger way than the add-on needs; see libcxx.cmake.
#include <cstdlib>
#include <thread>

// Without exceptions there is nothing to do but to end when memory is out. libc++'s own would look for another
// program's operator new, by symbols that the add-on would have to show.
void* operator new(size_t bytes) {
  void* memory = malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) abort();
  return memory;
}
void operator delete(void* memory) noexcept { free(memory); }
void operator delete(void* memory, size_t) noexcept { free(memory); }

// condition_variable.cpp has std::notify_all_at_thread_exit(), which no code calls. It would bring in std::thread and
// std::future, and with them exceptions.
_LIBCPP_BEGIN_NAMESPACE_STD
__thread_struct::__thread_struct() : __p_(nullptr) {}
__thread_struct::~__thread_struct() {}
void __thread_struct::notify_all_at_thread_exit(condition_variable*, mutex*) { abort(); }
__thread_specific_ptr<__thread_struct>& __thread_local_data() { abort(); }
_LIBCPP_END_NAMESPACE_STD
