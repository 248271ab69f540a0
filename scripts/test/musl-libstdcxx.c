// What Debian's libstdc++.a and libgcc_eh.a want of glibc and musl does not have. With them it becomes a libstdc++.so.6
// for programs of musl, of which Debian has none (scripts/test/runtime-list.mjs).
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

char __libc_single_threaded;  // 0: there may be others

// Where the unwinding tables of an address are: not known here, so that dl_iterate_phdr() is asked.
int _dl_find_object(void* address, void* result) {
  (void)address;
  (void)result;
  return -1;
}

uint32_t arc4random(void) {
  uint32_t number;
  if (getentropy(&number, sizeof number) != 0) abort();
  return number;
}

size_t __strftime_l(char* text, size_t size, const char* format, const struct tm* time, locale_t locale) {
  return strftime_l(text, size, format, time, locale);
}

int __pthread_key_create(pthread_key_t* key, void (*destroy)(void*)) { return pthread_key_create(key, destroy); }

// Destructors of thread_local objects, the last one first.
struct destructor {
  void (*run)(void*);
  void* object;
  struct destructor* next;
};

static pthread_key_t destructors;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void run_all(void* list) {
  for (struct destructor *next, *one = list; one != NULL; one = next) {
    next = one->next;
    one->run(one->object);
    free(one);
  }
}

static void make_key(void) { pthread_key_create(&destructors, run_all); }

int __cxa_thread_atexit_impl(void (*run)(void*), void* object, void* library) {
  (void)library;
  struct destructor* one = malloc(sizeof *one);
  if (one == NULL) return -1;
  pthread_once(&once, make_key);
  *one = (struct destructor){run, object, pthread_getspecific(destructors)};
  return pthread_setspecific(destructors, one);
}
