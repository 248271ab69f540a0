// The options of macOS and the BSDs, by their headers. One list for all of them: where one number means different
// things, it is let through only if none of them holds an address.
#include <sys/types.h>
// After it.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "../socket_options.h"

namespace fdreactor {
namespace {

// IP_FW_ and IP_DUMMYNET_, between the ranges, are left out: these structures differ from version to version.
constexpr OptionRange kPlain[] = {
    {SOL_SOCKET, 1, 0x10ff},   {IPPROTO_IP, 1, 39},   {IPPROTO_IP, 65, 85},      {IPPROTO_IPV6, 1, 29},
    {IPPROTO_IPV6, 35, 85},    {IPPROTO_TCP, 1, 255}, {IPPROTO_TCP, 1025, 1025},  // FreeBSD's TCP_FASTOPEN
    {IPPROTO_TCP, 8192, 8192},                                                    // FreeBSD's TCP_FUNCTION_BLK
};

// In either direction. Most have the number of the other systems' headers as well, where these lack the name.
constexpr OptionRange kRefused[] = {
#ifdef SO_LABEL
    {SOL_SOCKET, SO_LABEL, SO_LABEL},  // a struct mac
#endif
#ifdef SO_PEERLABEL
    {SOL_SOCKET, SO_PEERLABEL, SO_PEERLABEL},
#endif
    {IPPROTO_IP, 74, 74},    // IP_MSFILTER: the list of sources
    {IPPROTO_IPV6, 74, 74},  // IPV6_MSFILTER
#ifdef TCP_TXTLS_ENABLE
    {IPPROTO_TCP, TCP_TXTLS_ENABLE, TCP_TXTLS_ENABLE},  // the keys
#endif
#ifdef TCP_RXTLS_ENABLE
    {IPPROTO_TCP, TCP_RXTLS_ENABLE, TCP_RXTLS_ENABLE},
#endif
};

template <size_t kCount>
constexpr OptionList list_of(const OptionRange (&ranges)[kCount]) {
  return {ranges, kCount};
}

}  // namespace

const OptionTables kOptionTables = {list_of(kPlain), list_of(kRefused), list_of(kRefused), {nullptr, 0}};

}  // namespace fdreactor
