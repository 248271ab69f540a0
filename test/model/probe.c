// What the model asks of the kernel without the package: poll(2) on fds of this process, duplicates, and closes that
// the package does not see. A Node-API add-on for the tests only; each function takes small integers or an Int32Array.
#include <fcntl.h>
#include <node_api.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_ARGUMENTS = 2, MOST_FDS = 1024 };

static int arguments(napi_env env, napi_callback_info info, int32_t* numbers) {
  napi_value values[MOST_ARGUMENTS];
  size_t count = MOST_ARGUMENTS;
  napi_get_cb_info(env, info, &count, values, NULL, NULL);
  for (size_t i = 0; i < count && i < MOST_ARGUMENTS; i++) napi_get_value_int32(env, values[i], &numbers[i]);
  return (int)count;
}

static napi_value number(napi_env env, int64_t value) {
  napi_value result = NULL;
  napi_create_int64(env, value, &result);
  return result;
}

static int32_t* int32_array(napi_env env, napi_callback_info info, size_t* length) {
  napi_value value = NULL;
  size_t count = 1;
  void* data = NULL;
  napi_get_cb_info(env, info, &count, &value, NULL, NULL);
  napi_get_typedarray_info(env, value, NULL, length, &data, NULL, NULL);
  return data;
}

// pollFds(triples): fd, events, revents; the last is written. Does not wait.
static napi_value poll_fds(napi_env env, napi_callback_info info) {
  struct pollfd fds[MOST_FDS];
  size_t length = 0;
  int32_t* triples = int32_array(env, info, &length);
  const size_t count = length / 3 < MOST_FDS ? length / 3 : MOST_FDS;
  for (size_t i = 0; i < count; i++) {
    fds[i] = (struct pollfd){.fd = triples[3 * i], .events = (short)triples[3 * i + 1]};
  }
  const int ready = poll(fds, count, 0);
  for (size_t i = 0; i < count; i++) triples[3 * i + 2] = fds[i].revents;
  return number(env, ready);
}

// identify(pairs): fd, identity; the second is written: a mix of device and inode, -1 where the fd is closed.
static napi_value identify(napi_env env, napi_callback_info info) {
  size_t length = 0;
  int32_t* pairs = int32_array(env, info, &length);
  for (size_t i = 0; i + 1 < length; i += 2) {
    struct stat status;
    const int known = fstat(pairs[i], &status);
    pairs[i + 1] = known < 0 ? -1 : (int32_t)((status.st_ino ^ (status.st_dev << 20)) & INT32_MAX);
  }
  return number(env, 0);
}

static napi_value dup_fd(napi_env env, napi_callback_info info) {
  int32_t fd[MOST_ARGUMENTS] = {-1, -1};
  arguments(env, info, fd);
  return number(env, fcntl(fd[0], F_DUPFD_CLOEXEC, 0));
}

static napi_value dup_to(napi_env env, napi_callback_info info) {
  int32_t fd[MOST_ARGUMENTS] = {-1, -1};
  arguments(env, info, fd);
  return number(env, dup3(fd[0], fd[1], O_CLOEXEC));
}

static napi_value close_behind(napi_env env, napi_callback_info info) {
  int32_t fd[MOST_ARGUMENTS] = {-1, -1};
  arguments(env, info, fd);
  return number(env, close(fd[0]));
}

static napi_value open_file(napi_env env, napi_callback_info info) {
  (void)info;
  return number(env, memfd_create("fdreactor-model", MFD_CLOEXEC));
}

static napi_value open_eventfd(napi_env env, napi_callback_info info) {
  (void)info;
  return number(env, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

// ignore(signal): what is restored when nothing watches it any more, so that a late one does not end the process.
static napi_value ignore_signal(napi_env env, napi_callback_info info) {
  int32_t number_of[MOST_ARGUMENTS] = {0, 0};
  arguments(env, info, number_of);
  return number(env, signal(number_of[0], SIG_IGN) == SIG_ERR ? -1 : 0);
}

// raise(signal): for this thread, so that its handler has run when the call returns.
static napi_value raise_here(napi_env env, napi_callback_info info) {
  int32_t number_of[MOST_ARGUMENTS] = {0, 0};
  arguments(env, info, number_of);
  return number(env, pthread_kill(pthread_self(), number_of[0]));
}

NAPI_MODULE_INIT() {
  const struct {
    const char* name;
    napi_callback call;
  } table[] = {
      {"pollFds", poll_fds},
      {"identify", identify},
      {"dup", dup_fd},
      {"dupTo", dup_to},
      {"openFile", open_file},
      {"openEventfd", open_eventfd},
      {"closeBehind", close_behind},
      {"raise", raise_here},
      {"ignore", ignore_signal},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    napi_value function = NULL;
    napi_create_function(env, table[i].name, NAPI_AUTO_LENGTH, table[i].call, NULL, &function);
    napi_set_named_property(env, exports, table[i].name, function);
  }
  return exports;
}
