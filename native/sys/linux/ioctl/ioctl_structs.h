// Structures of ioctl(2) as the kernel has them. They stand here because the headers that the add-on is compiled with
// can be older than the kernel that it runs on: linux/gpio.h has these since 5.10, linux/eventpoll.h since 6.9.
#pragma once

#include <sys/ioctl.h>

#include <cstddef>
#include <cstdint>

namespace fdreactor {

constexpr size_t kGpioNameBytes = 32;
constexpr size_t kGpioLinesMax = 64;
constexpr size_t kGpioAttributesMax = 10;

struct GpioChipInfo {
  char name[kGpioNameBytes];
  char label[kGpioNameBytes];
  uint32_t lines;
};
static_assert(sizeof(GpioChipInfo) == 68, "struct gpiochip_info");

struct GpioLineAttribute {
  uint32_t id;
  uint32_t padding;
  union {
    uint64_t flags;
    uint64_t values;
    uint32_t debounce_period_us;
  };
};
static_assert(sizeof(GpioLineAttribute) == 16, "struct gpio_v2_line_attribute");

struct GpioLineConfigAttribute {
  GpioLineAttribute attr;
  uint64_t mask;
};
static_assert(sizeof(GpioLineConfigAttribute) == 24, "struct gpio_v2_line_config_attribute");

struct GpioLineConfig {
  uint64_t flags;
  uint32_t num_attrs;
  uint32_t padding[5];
  GpioLineConfigAttribute attrs[kGpioAttributesMax];
};
static_assert(sizeof(GpioLineConfig) == 272, "struct gpio_v2_line_config");

struct GpioLineRequest {
  uint32_t offsets[kGpioLinesMax];
  char consumer[kGpioNameBytes];
  GpioLineConfig config;
  uint32_t num_lines;
  uint32_t event_buffer_size;
  uint32_t padding[5];
  int32_t fd;
};
static_assert(sizeof(GpioLineRequest) == 592, "struct gpio_v2_line_request");

struct GpioLineInfo {
  char name[kGpioNameBytes];
  char consumer[kGpioNameBytes];
  uint32_t offset;
  uint32_t num_attrs;
  uint64_t flags;
  GpioLineAttribute attrs[kGpioAttributesMax];
  uint32_t padding[4];
};
static_assert(sizeof(GpioLineInfo) == 256, "struct gpio_v2_line_info");

struct GpioLineValues {
  uint64_t bits;
  uint64_t mask;
};
static_assert(sizeof(GpioLineValues) == 16, "struct gpio_v2_line_values");

struct EpollParams {
  uint32_t busy_poll_usecs;
  uint16_t busy_poll_budget;
  uint8_t prefer_busy_poll;
  uint8_t padding;
};
static_assert(sizeof(EpollParams) == 8, "struct epoll_params");

// struct serial_rs485; before Linux 6.0 the two addresses are padding.
struct SerialRs485 {
  uint32_t flags;
  uint32_t delay_rts_before_send;
  uint32_t delay_rts_after_send;
  uint8_t addr_recv;
  uint8_t addr_dest;
  uint8_t padding0[2];
  uint32_t padding1[4];
};
static_assert(sizeof(SerialRs485) == 32, "struct serial_rs485");

// struct serial_icounter_struct
struct SerialCounters {
  int32_t cts;
  int32_t dsr;
  int32_t rng;
  int32_t dcd;
  int32_t rx;
  int32_t tx;
  int32_t frame;
  int32_t overrun;
  int32_t parity;
  int32_t brk;
  int32_t buf_overrun;
  int32_t reserved[9];
};
static_assert(sizeof(SerialCounters) == 80, "struct serial_icounter_struct");

enum GpioRequest : unsigned long {
  kGpioGetChipInfo = _IOR(0xB4, 0x01, GpioChipInfo),
  kGpioGetLineInfo = _IOWR(0xB4, 0x05, GpioLineInfo),
  kGpioWatchLineInfo = _IOWR(0xB4, 0x06, GpioLineInfo),
  kGpioGetLine = _IOWR(0xB4, 0x07, GpioLineRequest),
  kGpioUnwatchLineInfo = _IOWR(0xB4, 0x0C, uint32_t),
  kGpioSetConfig = _IOWR(0xB4, 0x0D, GpioLineConfig),
  kGpioGetValues = _IOWR(0xB4, 0x0E, GpioLineValues),
  kGpioSetValues = _IOWR(0xB4, 0x0F, GpioLineValues),
};

enum EpollRequest : unsigned long {
  kEpollSetParams = _IOW(0x8A, 0x01, EpollParams),
  kEpollGetParams = _IOR(0x8A, 0x02, EpollParams),
};

// linux/gpio.h
enum GpioLineFlag : uint32_t {
  kGpioUsed = 1U << 0,
  kGpioActiveLow = 1U << 1,
  kGpioInput = 1U << 2,
  kGpioOutput = 1U << 3,
  kGpioEdgeRising = 1U << 4,
  kGpioEdgeFalling = 1U << 5,
  kGpioOpenDrain = 1U << 6,
  kGpioOpenSource = 1U << 7,
  kGpioBiasPullUp = 1U << 8,
  kGpioBiasPullDown = 1U << 9,
  kGpioBiasDisabled = 1U << 10,
  kGpioEventClockRealtime = 1U << 11,
  kGpioEventClockHte = 1U << 12,
};

enum GpioAttributeId : uint32_t { kGpioIdFlags = 1, kGpioIdOutputValues = 2, kGpioIdDebounce = 3 };
enum GpioLineEventId : uint32_t { kGpioRisingEdge = 1, kGpioFallingEdge = 2 };

}  // namespace fdreactor
