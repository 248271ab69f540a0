// The requests of ioctl(2) that can be made by name. Left out is what holds an address (SIOCGIFCONF, SIOCETHTOOL,
// TIOCGSERIAL, TUNATTACHFILTER), a range of memory (SIOCGIFMAP), input for another program's terminal (TIOCSTI,
// TIOCLINUX), and what waits (TCSBRK, TCSETSW2, TCSETSF2, TIOCMIWAIT).
#include <sys/ioctl.h>
// Before the C library's own names for these numbers come into use: musl lacks some.
#include <asm/ioctls.h>
#include <linux/fs.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>

#include "ioctl.h"
#include "ioctl_layouts.h"

// What headers of before Linux 5.0 lack, or the C library.
#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif
#ifndef TUNSETCARRIER
#define TUNSETCARRIER _IOW('T', 226, int)
#endif

namespace fdreactor {
namespace {

constexpr FileKind kAny = FileKind::kAny;
constexpr FileKind kStream = FileKind::kStream;
constexpr FileKind kTerminal = FileKind::kTerminal;
constexpr FileKind kSocket = FileKind::kSocket;
constexpr FileKind kInternet = FileKind::kInternet;
constexpr FileKind kDevice = FileKind::kCharacter;
constexpr FileKind kBlock = FileKind::kBlock;

constexpr IoctlRequest plain(const char* name, unsigned long number, FileKind file) {
  return {name, number, nullptr, 0, 0, file, IoctlArgument::kNothing, false, false, NewFd::kNone};
}

// The argument is a number, and not the address of one.
constexpr IoctlRequest by_value(const char* name, unsigned long number, FileKind file, double min, double max,
                                NewFd new_fd = NewFd::kNone) {
  return {name, number, nullptr, min, max, file, IoctlArgument::kNumber, true, false, new_fd};
}

constexpr IoctlRequest get(const char* name, unsigned long number, FileKind file, const IoctlLayout& layout) {
  return {name, number, &layout, 0, 0, file, IoctlArgument::kMemory, false, true, NewFd::kNone};
}

constexpr IoctlRequest set(const char* name, unsigned long number, FileKind file, const IoctlLayout& layout) {
  return {name, number, &layout, 0, 0, file, IoctlArgument::kMemory, true, false, NewFd::kNone};
}

constexpr IoctlRequest set_and_get(const char* name, unsigned long number, FileKind file, const IoctlLayout& layout,
                                   NewFd new_fd = NewFd::kNone) {
  return {name, number, &layout, 0, 0, file, IoctlArgument::kMemory, true, true, new_fd};
}

constexpr double kMaxUint32 = 4294967295.0;

// The name, and the number that the header has for it.
#define NAMED(request) #request, request

constexpr IoctlRequest kRequests[] = {
    get(NAMED(FIONREAD), kStream, kInt),
    get(NAMED(BLKGETSIZE64), kBlock, kLong),
    get(NAMED(BLKSSZGET), kBlock, kInt),

    get(NAMED(TIOCGWINSZ), kTerminal, kWindow),
    set(NAMED(TIOCSWINSZ), kTerminal, kWindow),
    plain(NAMED(TIOCEXCL), kTerminal),
    plain(NAMED(TIOCNXCL), kTerminal),
    get(NAMED(TIOCGEXCL), kTerminal, kInt),
    get(NAMED(TIOCOUTQ), kTerminal, kInt),
    by_value(NAMED(TCFLSH), kTerminal, 0, 2),
    by_value(NAMED(TCXONC), kTerminal, 0, 3),
    get(NAMED(TIOCMGET), kTerminal, kBits),
    set(NAMED(TIOCMSET), kTerminal, kBits),
    set(NAMED(TIOCMBIS), kTerminal, kBits),
    set(NAMED(TIOCMBIC), kTerminal, kBits),
    plain(NAMED(TIOCSBRK), kTerminal),
    plain(NAMED(TIOCCBRK), kTerminal),
    get(NAMED(TIOCGETD), kTerminal, kInt),
    set(NAMED(TIOCSETD), kTerminal, kInt),
    get(NAMED(TIOCGICOUNT), kTerminal, kCounters),
#ifdef TIOCGRS485
    get(NAMED(TIOCGRS485), kTerminal, kRs485),
    set_and_get(NAMED(TIOCSRS485), kTerminal, kRs485),
#endif
#ifdef TCGETS2
    get(NAMED(TCGETS2), kTerminal, kTermios),
    set(NAMED(TCSETS2), kTerminal, kTermios),
#endif
    get(NAMED(TIOCGPTN), kTerminal, kBits),
    set(NAMED(TIOCSPTLCK), kTerminal, kInt),
    get(NAMED(TIOCGPTLCK), kTerminal, kInt),
    by_value(NAMED(TIOCGPTPEER), kTerminal, 0, INT32_MAX, NewFd::kReturned),
    set(NAMED(TIOCPKT), kTerminal, kInt),
    get(NAMED(TIOCGPKT), kTerminal, kInt),
    by_value(NAMED(TIOCSIG), kTerminal, 1, 64),
    get(NAMED(TIOCGPGRP), kTerminal, kInt),
    set(NAMED(TIOCSPGRP), kTerminal, kInt),
    get(NAMED(TIOCGSID), kTerminal, kInt),
    by_value(NAMED(TIOCSCTTY), kTerminal, 0, 1),
    plain(NAMED(TIOCNOTTY), kTerminal),

    get(NAMED(SIOCINQ), kSocket, kInt),
    get(NAMED(SIOCOUTQ), kSocket, kInt),
    get(NAMED(SIOCOUTQNSD), kSocket, kInt),
    get(NAMED(SIOCATMARK), kSocket, kInt),

    get(NAMED(SIOCGIFINDEX), kSocket, kIndex),
    get(NAMED(SIOCGIFNAME), kSocket, kNameOf),
    set(NAMED(SIOCSIFNAME), kSocket, kRename),
    get(NAMED(SIOCGIFFLAGS), kSocket, kFlags),
    set(NAMED(SIOCSIFFLAGS), kSocket, kFlags),
    get(NAMED(SIOCGIFADDR), kInternet, kAddress),
    set(NAMED(SIOCSIFADDR), kInternet, kAddress),
    get(NAMED(SIOCGIFDSTADDR), kInternet, kPeer),
    set(NAMED(SIOCSIFDSTADDR), kInternet, kPeer),
    get(NAMED(SIOCGIFNETMASK), kInternet, kMask),
    set(NAMED(SIOCSIFNETMASK), kInternet, kMask),
    get(NAMED(SIOCGIFBRDADDR), kInternet, kBroadcast),
    set(NAMED(SIOCSIFBRDADDR), kInternet, kBroadcast),
    get(NAMED(SIOCGIFHWADDR), kSocket, kHardware),
    set(NAMED(SIOCSIFHWADDR), kSocket, kHardware),
    get(NAMED(SIOCGIFMTU), kSocket, kMtu),
    set(NAMED(SIOCSIFMTU), kSocket, kMtu),
    get(NAMED(SIOCGIFTXQLEN), kSocket, kQueueLength),
    set(NAMED(SIOCSIFTXQLEN), kSocket, kQueueLength),
    get(NAMED(SIOCGIFMETRIC), kSocket, kMetric),

    set_and_get(NAMED(TUNSETIFF), kDevice, kTun),
    get(NAMED(TUNGETIFF), kDevice, kTun),
    get(NAMED(TUNGETFEATURES), kDevice, kBits),
    by_value(NAMED(TUNSETPERSIST), kDevice, 0, 1),
    by_value(NAMED(TUNSETOWNER), kDevice, 0, kMaxUint32),
    by_value(NAMED(TUNSETGROUP), kDevice, 0, kMaxUint32),
    by_value(NAMED(TUNSETLINK), kDevice, 0, 65535),
    by_value(NAMED(TUNSETOFFLOAD), kDevice, 0, kMaxUint32),
    set(NAMED(TUNSETVNETHDRSZ), kDevice, kInt),
    get(NAMED(TUNGETVNETHDRSZ), kDevice, kInt),
    set(NAMED(TUNSETSNDBUF), kDevice, kInt),
    get(NAMED(TUNGETSNDBUF), kDevice, kInt),
    set(NAMED(TUNSETQUEUE), kDevice, kTunQueue),
    set(NAMED(TUNSETIFINDEX), kDevice, kBits),
    set(NAMED(TUNSETCARRIER), kDevice, kInt),

    get("GPIO_GET_CHIPINFO_IOCTL", kGpioGetChipInfo, kAny, kGpioChip),
    get("GPIO_V2_GET_LINEINFO_IOCTL", kGpioGetLineInfo, kAny, kGpioInfo),
    get("GPIO_V2_GET_LINEINFO_WATCH_IOCTL", kGpioWatchLineInfo, kAny, kGpioInfo),
    set("GPIO_GET_LINEINFO_UNWATCH_IOCTL", kGpioUnwatchLineInfo, kAny, kBits),
    set_and_get("GPIO_V2_GET_LINE_IOCTL", kGpioGetLine, kAny, kGpioLine, NewFd::kInMemory),
    set("GPIO_V2_LINE_SET_CONFIG_IOCTL", kGpioSetConfig, kAny, kGpioConfig),
    get("GPIO_V2_LINE_GET_VALUES_IOCTL", kGpioGetValues, kAny, kGpioValues),
    set("GPIO_V2_LINE_SET_VALUES_IOCTL", kGpioSetValues, kAny, kGpioValues),

    set("EPIOCSPARAMS", kEpollSetParams, kAny, kEpoll),
    get("EPIOCGPARAMS", kEpollGetParams, kAny, kEpoll),
};

constexpr bool all_fit() {
  for (const IoctlRequest& request : kRequests) {
    if (request.layout != nullptr && request.layout->size * 2 > kIoctlRoom) return false;
  }
  return true;
}
static_assert(all_fit(), "the room of a call is twice the longest argument");

}  // namespace

IoctlTable ioctl_table() { return {kRequests, sizeof kRequests / sizeof kRequests[0]}; }

}  // namespace fdreactor
