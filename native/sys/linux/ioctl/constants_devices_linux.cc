// The numbers of fdreactor/linux for ioctl(2): interfaces, TUN devices, terminals and serial ports, GPIO.
#include <sys/ioctl.h>
// After the C library's header, which lacks some.
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <linux/if_tun.h>
#include <linux/serial.h>
#include <net/if.h>

#include "../../constants.h"
#include "ioctl_structs.h"

// termios.h has these too, but cannot be included together with asm/termbits.h.
#ifndef TCIFLUSH
#define TCIFLUSH 0
#define TCOFLUSH 1
#define TCIOFLUSH 2
#endif
#ifndef TCOOFF
#define TCOOFF 0
#define TCOON 1
#define TCIOFF 2
#define TCION 3
#endif

namespace fdreactor {
namespace {

constexpr Constant kConstants[] = {
    {"linux", "IFF_UP", IFF_UP},
    {"linux", "IFF_BROADCAST", IFF_BROADCAST},
    {"linux", "IFF_DEBUG", IFF_DEBUG},
    {"linux", "IFF_LOOPBACK", IFF_LOOPBACK},
    {"linux", "IFF_POINTOPOINT", IFF_POINTOPOINT},
    {"linux", "IFF_NOTRAILERS", IFF_NOTRAILERS},
    {"linux", "IFF_RUNNING", IFF_RUNNING},
    {"linux", "IFF_NOARP", IFF_NOARP},
    {"linux", "IFF_PROMISC", IFF_PROMISC},
    {"linux", "IFF_ALLMULTI", IFF_ALLMULTI},
    {"linux", "IFF_MASTER", IFF_MASTER},
    {"linux", "IFF_SLAVE", IFF_SLAVE},
    {"linux", "IFF_MULTICAST", IFF_MULTICAST},
    {"linux", "IFF_PORTSEL", IFF_PORTSEL},
    {"linux", "IFF_AUTOMEDIA", IFF_AUTOMEDIA},
    {"linux", "IFF_DYNAMIC", IFF_DYNAMIC},
    {"linux", "IFF_TUN", IFF_TUN},
    {"linux", "IFF_TAP", IFF_TAP},
    {"linux", "IFF_NAPI", IFF_NAPI},
    {"linux", "IFF_NAPI_FRAGS", IFF_NAPI_FRAGS},
    {"linux", "IFF_NO_PI", IFF_NO_PI},
    {"linux", "IFF_VNET_HDR", IFF_VNET_HDR},
    {"linux", "IFF_TUN_EXCL", IFF_TUN_EXCL},
    {"linux", "IFF_MULTI_QUEUE", IFF_MULTI_QUEUE},
    {"linux", "IFF_ATTACH_QUEUE", IFF_ATTACH_QUEUE},
    {"linux", "IFF_DETACH_QUEUE", IFF_DETACH_QUEUE},
    {"linux", "IFF_PERSIST", IFF_PERSIST},
    {"linux", "IFF_NOFILTER", IFF_NOFILTER},
    {"linux", "TUN_F_CSUM", TUN_F_CSUM},
    {"linux", "TUN_F_TSO4", TUN_F_TSO4},
    {"linux", "TUN_F_TSO6", TUN_F_TSO6},
    {"linux", "TUN_F_TSO_ECN", TUN_F_TSO_ECN},
    {"linux", "TUN_F_UFO", TUN_F_UFO},
    {"linux", "TUN_PKT_STRIP", TUN_PKT_STRIP},
    {"linux", "TIOCM_LE", TIOCM_LE},
    {"linux", "TIOCM_DTR", TIOCM_DTR},
    {"linux", "TIOCM_RTS", TIOCM_RTS},
    {"linux", "TIOCM_ST", TIOCM_ST},
    {"linux", "TIOCM_SR", TIOCM_SR},
    {"linux", "TIOCM_CTS", TIOCM_CTS},
    {"linux", "TIOCM_CAR", TIOCM_CAR},
    {"linux", "TIOCM_CD", TIOCM_CD},
    {"linux", "TIOCM_RNG", TIOCM_RNG},
    {"linux", "TIOCM_RI", TIOCM_RI},
    {"linux", "TIOCM_DSR", TIOCM_DSR},
    {"linux", "TIOCPKT_DATA", TIOCPKT_DATA},
    {"linux", "TIOCPKT_FLUSHREAD", TIOCPKT_FLUSHREAD},
    {"linux", "TIOCPKT_FLUSHWRITE", TIOCPKT_FLUSHWRITE},
    {"linux", "TIOCPKT_STOP", TIOCPKT_STOP},
    {"linux", "TIOCPKT_START", TIOCPKT_START},
    {"linux", "TIOCPKT_NOSTOP", TIOCPKT_NOSTOP},
    {"linux", "TIOCPKT_DOSTOP", TIOCPKT_DOSTOP},
    {"linux", "TIOCPKT_IOCTL", TIOCPKT_IOCTL},
    {"linux", "SER_RS485_ENABLED", SER_RS485_ENABLED},
    {"linux", "SER_RS485_RTS_ON_SEND", SER_RS485_RTS_ON_SEND},
    {"linux", "SER_RS485_RTS_AFTER_SEND", SER_RS485_RTS_AFTER_SEND},
    {"linux", "SER_RS485_RX_DURING_TX", SER_RS485_RX_DURING_TX},
    {"linux", "IGNBRK", IGNBRK},
    {"linux", "BRKINT", BRKINT},
    {"linux", "IGNPAR", IGNPAR},
    {"linux", "PARMRK", PARMRK},
    {"linux", "INPCK", INPCK},
    {"linux", "ISTRIP", ISTRIP},
    {"linux", "INLCR", INLCR},
    {"linux", "IGNCR", IGNCR},
    {"linux", "ICRNL", ICRNL},
    {"linux", "IXON", IXON},
    {"linux", "IXANY", IXANY},
    {"linux", "IXOFF", IXOFF},
    {"linux", "IMAXBEL", IMAXBEL},
    {"linux", "IUTF8", IUTF8},
    {"linux", "OPOST", OPOST},
    {"linux", "ONLCR", ONLCR},
    {"linux", "OCRNL", OCRNL},
    {"linux", "ONOCR", ONOCR},
    {"linux", "ONLRET", ONLRET},
    {"linux", "CSIZE", CSIZE},
    {"linux", "CS5", CS5},
    {"linux", "CS6", CS6},
    {"linux", "CS7", CS7},
    {"linux", "CS8", CS8},
    {"linux", "CSTOPB", CSTOPB},
    {"linux", "CREAD", CREAD},
    {"linux", "PARENB", PARENB},
    {"linux", "PARODD", PARODD},
    {"linux", "HUPCL", HUPCL},
    {"linux", "CLOCAL", CLOCAL},
    {"linux", "CBAUD", CBAUD},
    {"linux", "BOTHER", BOTHER},
    {"linux", "IBSHIFT", IBSHIFT},
    {"linux", "CMSPAR", CMSPAR},
    {"linux", "CRTSCTS", CRTSCTS},
    {"linux", "ISIG", ISIG},
    {"linux", "ICANON", ICANON},
    {"linux", "ECHO", ECHO},
    {"linux", "ECHOE", ECHOE},
    {"linux", "ECHOK", ECHOK},
    {"linux", "ECHONL", ECHONL},
    {"linux", "ECHOCTL", ECHOCTL},
    {"linux", "ECHOKE", ECHOKE},
    {"linux", "NOFLSH", NOFLSH},
    {"linux", "TOSTOP", TOSTOP},
    {"linux", "IEXTEN", IEXTEN},
    {"linux", "EXTPROC", EXTPROC},
    {"linux", "VINTR", VINTR},
    {"linux", "VQUIT", VQUIT},
    {"linux", "VERASE", VERASE},
    {"linux", "VKILL", VKILL},
    {"linux", "VEOF", VEOF},
    {"linux", "VTIME", VTIME},
    {"linux", "VMIN", VMIN},
    {"linux", "VSTART", VSTART},
    {"linux", "VSTOP", VSTOP},
    {"linux", "VSUSP", VSUSP},
    {"linux", "VEOL", VEOL},
    {"linux", "VEOL2", VEOL2},
    {"linux", "TCIFLUSH", TCIFLUSH},
    {"linux", "TCOFLUSH", TCOFLUSH},
    {"linux", "TCIOFLUSH", TCIOFLUSH},
    {"linux", "TCOOFF", TCOOFF},
    {"linux", "TCOON", TCOON},
    {"linux", "TCIOFF", TCIOFF},
    {"linux", "TCION", TCION},
    {"linux", "GPIO_V2_LINE_FLAG_USED", kGpioUsed},
    {"linux", "GPIO_V2_LINE_FLAG_ACTIVE_LOW", kGpioActiveLow},
    {"linux", "GPIO_V2_LINE_FLAG_INPUT", kGpioInput},
    {"linux", "GPIO_V2_LINE_FLAG_OUTPUT", kGpioOutput},
    {"linux", "GPIO_V2_LINE_FLAG_EDGE_RISING", kGpioEdgeRising},
    {"linux", "GPIO_V2_LINE_FLAG_EDGE_FALLING", kGpioEdgeFalling},
    {"linux", "GPIO_V2_LINE_FLAG_OPEN_DRAIN", kGpioOpenDrain},
    {"linux", "GPIO_V2_LINE_FLAG_OPEN_SOURCE", kGpioOpenSource},
    {"linux", "GPIO_V2_LINE_FLAG_BIAS_PULL_UP", kGpioBiasPullUp},
    {"linux", "GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN", kGpioBiasPullDown},
    {"linux", "GPIO_V2_LINE_FLAG_BIAS_DISABLED", kGpioBiasDisabled},
    {"linux", "GPIO_V2_LINE_FLAG_EVENT_CLOCK_REALTIME", kGpioEventClockRealtime},
    {"linux", "GPIO_V2_LINE_FLAG_EVENT_CLOCK_HTE", kGpioEventClockHte},
    {"linux", "GPIO_V2_LINE_ATTR_ID_FLAGS", kGpioIdFlags},
    {"linux", "GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES", kGpioIdOutputValues},
    {"linux", "GPIO_V2_LINE_ATTR_ID_DEBOUNCE", kGpioIdDebounce},
    {"linux", "GPIO_V2_LINE_EVENT_RISING_EDGE", kGpioRisingEdge},
    {"linux", "GPIO_V2_LINE_EVENT_FALLING_EDGE", kGpioFallingEdge},
    {"linux", "GPIO_V2_LINES_MAX", kGpioLinesMax},
    {"linux", "GPIO_V2_LINE_NUM_ATTRS_MAX", kGpioAttributesMax},
};

}  // namespace

ConstantList linux_device_constants() { return {kConstants, sizeof kConstants / sizeof kConstants[0]}; }

}  // namespace fdreactor
