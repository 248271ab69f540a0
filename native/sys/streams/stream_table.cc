#include "stream_table.h"

#include <cstring>

#include "../socket_headers.h"

namespace fdreactor {
namespace {

constexpr uint32_t kMaxSlots = 1U << 30;
constexpr uint32_t kLastGeneration = 0x7fffffff;
constexpr uint8_t kIpv4 = 4;
constexpr uint8_t kIpv6 = 6;

}  // namespace

uint32_t StreamTable::take() {
  if (first_free_ == kNoSlot) {
    if (slots() >= kMaxSlots) return kNoSlot;
    Page page(static_cast<Stream*>(std::calloc(kPageLength, sizeof(Stream))));
    if (page == nullptr) return kNoSlot;
    const uint32_t first = slots();
    for (uint32_t i = 0; i < kPageLength; ++i) {
      page[i].fd = -1;
      page[i].next_free = i + 1 < kPageLength ? first + i + 1 : kNoSlot;
    }
    pages_.push_back(std::move(page));
    first_free_ = first;
  }
  const uint32_t slot = first_free_;
  Stream& stream = at(slot);
  const uint32_t generation = stream.generation == kLastGeneration ? 1 : stream.generation + 1;
  first_free_ = stream.next_free;
  stream = {};
  stream.generation = generation;
  ++size_;
  return slot;
}

void StreamTable::release(uint32_t slot) {
  Stream& stream = at(slot);
  stream.fd = -1;
  stream.next_free = first_free_;
  first_free_ = slot;
  --size_;
}

void store_peer(const Address& address, StreamPeer* peer) {
  *peer = {};
  sockaddr any = {};
  std::memcpy(&any, address.storage, sizeof any);
  if (address.length >= sizeof(sockaddr_in) && any.sa_family == AF_INET) {
    sockaddr_in ipv4 = {};
    std::memcpy(&ipv4, address.storage, sizeof ipv4);
    std::memcpy(peer->ip, &ipv4.sin_addr, sizeof ipv4.sin_addr);
    peer->port = ipv4.sin_port;
    peer->family = kIpv4;
  } else if (address.length >= sizeof(sockaddr_in6) && any.sa_family == AF_INET6) {
    sockaddr_in6 ipv6 = {};
    std::memcpy(&ipv6, address.storage, sizeof ipv6);
    std::memcpy(peer->ip, &ipv6.sin6_addr, sizeof ipv6.sin6_addr);
    peer->port = ipv6.sin6_port;
    peer->scope = static_cast<uint32_t>(ipv6.sin6_scope_id);
    peer->family = kIpv6;
  }
}

Address peer_address(const StreamPeer& peer) {
  Address address = {};
  if (peer.family == kIpv4) {
    sockaddr_in ipv4 = {};
    ipv4.sin_family = AF_INET;
    ipv4.sin_port = peer.port;
    std::memcpy(&ipv4.sin_addr, peer.ip, sizeof ipv4.sin_addr);
    address_from_bytes({&ipv4, sizeof ipv4}, &address);
  } else if (peer.family == kIpv6) {
    sockaddr_in6 ipv6 = {};
    ipv6.sin6_family = AF_INET6;
    ipv6.sin6_port = peer.port;
    ipv6.sin6_scope_id = peer.scope;
    std::memcpy(&ipv6.sin6_addr, peer.ip, sizeof ipv6.sin6_addr);
    address_from_bytes({&ipv6, sizeof ipv6}, &address);
  }
  return address;
}

}  // namespace fdreactor
