// The options of Linux, by the structures in its headers and by what net/ does with them. The numbers are written out
// where older headers, with which the add-on is built as well, have no name.
#include "../socket_options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace fdreactor {
namespace {

constexpr int kSctp = 132;
constexpr int kIcmpv6 = 58;
constexpr int kRaw = 255;
constexpr int kVsock = 40;  // AF_VSOCK is its level, too
constexpr int kCanRaw = 101;
constexpr int kCanIsotp = 106;
constexpr int kCanJ1939 = 107;
constexpr int kPacket = 263;
constexpr int kDccp = 269;
constexpr int kTipc = 271;
constexpr int kRxrpc = 272;
constexpr int kBluetooth = 274;
constexpr int kRds = 276;
constexpr int kAlg = 279;
constexpr int kTls = 282;
constexpr int kXdp = 283;
constexpr int kMptcp = 284;

// Each range ends with the last option that was looked at: a kernel may add one with an address after it. Packet's 22
// (PACKET_FANOUT_DATA) is left out: it takes an fd, which is an int, or a program by its address.
constexpr OptionRange kPlain[] = {
    {SOL_SOCKET, 1, 84},   {IPPROTO_IP, 1, 63},    {IPPROTO_IP, 200, 212},    // MRT_
    {IPPROTO_IPV6, 1, 63}, {IPPROTO_IPV6, 66, 82}, {IPPROTO_IPV6, 200, 212},  // MRT6_
    {IPPROTO_TCP, 1, 46},  {kIcmpv6, 1, 1},        {kRaw, 1, 1},
    {kSctp, 0, 140},       {kVsock, 0, 8},         {kCanRaw, 1, 8},
    {kCanIsotp, 1, 5},     {kCanJ1939, 1, 4},      {kPacket, 1, 21},
    {kPacket, 23, 24},     {kDccp, 1, 20},         {kTipc, 127, 138},
    {kRxrpc, 1, 6},        {kBluetooth, 4, 19},    {kAlg, 1, 7},
    {kTls, 1, 5},
};

constexpr OptionRange kRefusedSet[] = {
    {SOL_SOCKET, 26, 26},    // SO_ATTACH_FILTER: a sock_fprog
    {SOL_SOCKET, 51, 51},    // SO_ATTACH_REUSEPORT_CBPF: likewise
    {IPPROTO_IP, 64, 64},    // IPT_SO_SET_REPLACE: where the old counters are written
    {IPPROTO_IP, 96, 96},    // ARPT_SO_SET_REPLACE: likewise
    {IPPROTO_IP, 128, 129},  // EBT_SO_SET_: entries and counters
    {IPPROTO_IPV6, 64, 64},  // IP6T_SO_SET_REPLACE
    {kXdp, 4, 4},            // XDP_UMEM_REG: where packets are written
    {kRds, 2, 2},            // RDS_GET_MR
    {kRds, 7, 7},            // RDS_GET_MR_FOR_DEST
};

constexpr OptionRange kRefusedGet[] = {
    {SOL_SOCKET, 26, 26},    // SO_GET_FILTER: the length counts instructions of 8 bytes
    {IPPROTO_IP, 41, 41},    // IP_MSFILTER: writes as many addresses as its value says, whatever the length
    {IPPROTO_IP, 48, 48},    // MCAST_MSFILTER: likewise
    {IPPROTO_IP, 128, 131},  // EBT_SO_GET_: entries and counters
    {IPPROTO_IPV6, 48, 48},  // MCAST_MSFILTER
    {IPPROTO_TCP, 35, 35},   // TCP_ZEROCOPY_RECEIVE: where the data goes
    {IPPROTO_TCP, 41, 41},   // TCP_AO_GET_KEYS: writes as many keys as its value says
    {kSctp, 103, 106},       // the forms of Linux before 2.6.37 of what follows
    {kSctp, 111, 111},       // SCTP_SOCKOPT_CONNECTX3: the list of addresses
    {kMptcp, 4, 4},          // MPTCP_FULL_INFO: where the lists go
};

constexpr OptionRange kTakesInput[] = {
    {kSctp, 0, 39},     // which association is asked about
    {kSctp, 108, 140},  // likewise
    {kPacket, 11, 11},  // PACKET_HDRLEN: of which version
    {kMptcp, 2, 3},     // how large the parts are
};

template <size_t kCount>
constexpr OptionList list_of(const OptionRange (&ranges)[kCount]) {
  return {ranges, kCount};
}

}  // namespace

const OptionTables kOptionTables = {list_of(kPlain), list_of(kRefusedSet), list_of(kRefusedGet), list_of(kTakesInput)};

}  // namespace fdreactor
