// The options of Windows, by its headers.
#include "../socket_options.h"

#include "winsock.h"

namespace fdreactor {
namespace {

constexpr int kBspState = 0x1009;   // SO_BSP_STATE
constexpr int kPvdConfig = 0x3001;  // PVD_CONFIG

// SO_UPDATE_ACCEPT_CONTEXT takes a SOCKET, which Winsock looks up as it does that of any call.
constexpr OptionRange kPlain[] = {
    {SOL_SOCKET, 1, 0x10ff},       // those of Berkeley
    {SOL_SOCKET, 0x2001, 0x3fff},  // those of Winsock 2
    {SOL_SOCKET, 0x7000, 0x70ff},  // those of Microsoft
    {IPPROTO_IP, 1, 59},          {IPPROTO_IPV6, 1, 59},
};

constexpr OptionRange kRefusedSet[] = {
    {SOL_SOCKET, kBspState, kBspState}, {SOL_SOCKET, kPvdConfig, kPvdConfig},  // a provider's own structure
};

constexpr OptionRange kRefusedGet[] = {
    {SOL_SOCKET, kBspState, kBspState},  // a CSADDR_INFO: addresses of what is behind it
    {SOL_SOCKET, kPvdConfig, kPvdConfig},
};

template <size_t kCount>
constexpr OptionList list_of(const OptionRange (&ranges)[kCount]) {
  return {ranges, kCount};
}

}  // namespace

const OptionTables kOptionTables = {list_of(kPlain), list_of(kRefusedSet), list_of(kRefusedGet), {nullptr, 0}};

}  // namespace fdreactor
