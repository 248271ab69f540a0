# The part of libc++ that the add-on calls, compiled as the add-on is: without exceptions, and hidden from the process that
# loads it. zig would link a libc++ of its own, which takes a minute to compile for every target, trebles the size of the
# add-on by the printing of exceptions that nobody throws, and offers the functions of its unwinder to everybody on Windows.
get_filename_component(ZIG_FOLDER $ENV{FDREACTOR_ZIG} DIRECTORY)
set(LIBCXX ${ZIG_FOLDER}/lib/libcxx/src)
set(LIBCXXABI ${ZIG_FOLDER}/lib/libcxxabi)

# A static library: of these files only those are linked whose functions are called.
add_library(cxx STATIC
  ${LIBCXX}/chrono.cpp
  ${LIBCXX}/condition_variable.cpp
  ${LIBCXX}/condition_variable_destructor.cpp
  ${LIBCXX}/error_category.cpp
  ${LIBCXX}/hash.cpp
  ${LIBCXX}/memory.cpp
  ${LIBCXX}/mutex.cpp
  ${LIBCXX}/mutex_destructor.cpp
  ${LIBCXX}/random.cpp
  ${LIBCXX}/stdexcept.cpp
  ${LIBCXX}/string.cpp
  ${LIBCXX}/system_error.cpp
  ${LIBCXX}/verbose_abort.cpp
  ${LIBCXXABI}/src/abort_message.cpp
  ${LIBCXXABI}/src/cxa_guard.cpp
  ${LIBCXXABI}/src/cxa_handlers.cpp
  ${LIBCXXABI}/src/cxa_default_handlers.cpp
  ${LIBCXXABI}/src/cxa_noexception.cpp
  ${LIBCXXABI}/src/cxa_virtual.cpp
  ${LIBCXXABI}/src/stdlib_exception.cpp
  ${LIBCXXABI}/src/stdlib_stdexcept.cpp
  ${LIBCXXABI}/src/stdlib_typeinfo.cpp
  cmake/libcxx_rest.cc
)
if(WIN32)
  target_sources(cxx PRIVATE ${LIBCXX}/support/win32/support.cpp ${LIBCXX}/support/win32/thread_win32.cpp)
endif()
set_target_properties(cxx PROPERTIES POSITION_INDEPENDENT_CODE ON)
target_include_directories(cxx PRIVATE ${LIBCXX} ${LIBCXXABI}/include)
target_compile_definitions(cxx PRIVATE
  _LIBCPP_BUILDING_LIBRARY LIBCXX_BUILDING_LIBCXXABI _LIBCXXABI_BUILDING_LIBRARY _LIBCXXABI_NO_EXCEPTIONS)
target_compile_options(cxx PRIVATE
  -std=c++23 -fno-exceptions -fno-rtti -fvisibility=hidden -fvisibility-global-new-delete=force-hidden -ffunction-sections -fdata-sections
  -ffile-prefix-map=${ZIG_FOLDER}/=)
