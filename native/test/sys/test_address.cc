// Addresses: text to bytes, bytes to text, and what the kernel makes of them in between.
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <sys/un.h>

#include <random>
#include <string>

#include "../../sys/address.h"
#include "../../sys/linux/address_linux.h"
#include "../harness.h"
#include "../things.h"

using namespace fdreactor;
using namespace fdreactor::test;

static std::string text_of(const Address& address) {
  const AddressText text = address_to_text(address);
  return {text.text, text.text_length};
}

static Result path(const std::string& name, Address* address) {
  return address_from_path(name.data(), name.size(), address);
}

TEST("IPv4 and IPv6 addresses come back as they went in, in their shortest form") {
  const struct {
    const char* given;
    const char* shown;
    AddressKind kind;
  } cases[] = {
      {"127.0.0.1", "127.0.0.1", AddressKind::kIpv4},
      {"0.0.0.0", "0.0.0.0", AddressKind::kIpv4},
      {"255.255.255.255", "255.255.255.255", AddressKind::kIpv4},
      {"::", "::", AddressKind::kIpv6},
      {"::1", "::1", AddressKind::kIpv6},
      {"2001:DB8:0:0:0:0:0:1", "2001:db8::1", AddressKind::kIpv6},
      {"::ffff:10.0.0.1", "::ffff:10.0.0.1", AddressKind::kIpv6},
      {"fe80::1%lo", "fe80::1%lo", AddressKind::kIpv6},
      {"fe80::1%1", "fe80::1%lo", AddressKind::kIpv6},
      {"fe80::1%01", "fe80::1%lo", AddressKind::kIpv6},
      {"fe80::1%4294967295", "fe80::1%4294967295", AddressKind::kIpv6},
      {"fe80::1%4000000", "fe80::1%4000000", AddressKind::kIpv6},
      {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", AddressKind::kIpv6},
  };
  for (const auto& [given, shown, kind] : cases) {
    for (const int port : {0, 1, 80, 65535}) {
      Address address;
      EXPECT_EQ(address_from_ip(given, port, &address), 0);
      EXPECT_EQ(text_of(address), std::string(shown));
      EXPECT_EQ(address_to_text(address).kind, kind);
      EXPECT_EQ(address_to_text(address).port, port);
    }
  }
}

TEST("a text that is not a numeric address, or a number that is not a port, is a bad argument") {
  const std::string long_text(1000, '1');
  for (const char* host : {"",
                           " ",
                           "localhost",
                           "1.2.3",
                           "1.2.3.4.5",
                           "256.1.1.1",
                           "1.2.3.4 ",
                           " 1.2.3.4",
                           "1.2.3.4%lo",
                           "::1%",
                           "::1%no-such-interface",
                           "%lo",
                           ":::",
                           "1::2::3",
                           "[::1]",
                           "::1/64",
                           "12345::",
                           "::1%-1",
                           "::1%+1",
                           "::1% 1",
                           "::1%1 ",
                           "::1%0",
                           "::1%0x1",
                           "::1%4294967296",
                           "::1%4294967297",
                           "::1%18446744073709551617",
                           "::1%looooooooooooooo",
                           long_text.c_str()}) {
    Address address;
    EXPECT_EQ(address_from_ip(host, 80, &address), kBadArgument);
  }
  for (const int port : {-1, 65536, INT32_MIN, INT32_MAX}) {
    Address address;
    EXPECT_EQ(address_from_ip("127.0.0.1", port, &address), kBadArgument);
    EXPECT_EQ(address_from_ip("::1", port, &address), kBadArgument);
  }
}

TEST("any IPv6 address survives a round trip") {
  std::mt19937 random(1);  // the same ones in every run
  for (int i = 0; i < 2000; i++) {
    unsigned char bytes[16];
    for (unsigned char& byte : bytes) byte = static_cast<unsigned char>(random() % 4 == 0 ? random() : 0);
    char text[INET6_ADDRSTRLEN];
    REQUIRE(inet_ntop(AF_INET6, bytes, text, sizeof text) != nullptr);
    EXPECT_EQ(text_of(ip(text, 1)), std::string(text));
  }
}

TEST("text of any bytes is a refusal or an address, and no memory is touched beyond it") {
  std::mt19937 random(2);
  const std::string letters = "0123456789abcdef:.%lo";
  for (int i = 0; i < 5000; i++) {
    std::string host(random() % 60, '\0');
    for (char& letter : host) letter = letters[random() % letters.size()];
    Address address;
    const Result result = address_from_ip(host.c_str(), 1, &address);
    EXPECT(result == 0 || result == kBadArgument);
  }
}

TEST("bytes of any kind and length have a text") {
  std::mt19937 random(3);
  for (int i = 0; i < 5000; i++) {
    Address address;
    for (unsigned char& byte : address.storage) byte = static_cast<unsigned char>(random());
    const sa_family_t families[] = {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK, static_cast<sa_family_t>(random())};
    std::memcpy(address.storage, &families[i % 5], sizeof(sa_family_t));
    address.length = i % 7 == 0 ? static_cast<uint32_t>(random()) : static_cast<uint32_t>(random() % 129);
    EXPECT(address_to_text(address).text_length <= sizeof AddressText::text);
  }
}

TEST("paths and abstract names come back as they went in") {
  const std::string abstract("\0a\0b", 4);
  for (const std::string& name :
       {std::string("/run/socket"), std::string(107, 'x'), abstract, std::string(107, '\0')}) {
    Address address;
    EXPECT_EQ(path(name, &address), 0);
    EXPECT_EQ(text_of(address), name);
    EXPECT_EQ(address_to_text(address).kind, AddressKind::kUnix);
  }
}

TEST("a path that is empty, too long, or has a NUL inside is a bad argument") {
  for (const std::string& name :
       {std::string(), std::string(108, 'x'), std::string(4096, 'x'), std::string("a\0b", 3)}) {
    Address address;
    EXPECT_EQ(path(name, &address), kBadArgument);
  }
}

TEST("an address of the kernel's own: unnamed, none, and of another family") {
  const Pair pair;
  EXPECT_EQ(address_to_text(bound_to(pair.first)).kind, AddressKind::kUnix);
  EXPECT_EQ(address_to_text(bound_to(pair.first)).text_length, size_t{0});
  EXPECT_EQ(address_to_text(Address{}).kind, AddressKind::kNone);
  const Fd netlink(socket_open(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
  EXPECT_EQ(address_to_text(bound_to(netlink)).kind, AddressKind::kOther);
  EXPECT_EQ(address_to_text(bound_to(netlink)).family, AF_NETLINK);
  EXPECT_EQ(address_to_text(Address{}).family, AF_UNSPEC);
}

TEST("a name that the kernel was given is the name that it gives back") {
  const std::string names[] = {std::string("\0fdreactor-test-", 16) + std::to_string(getpid()),
                               std::string(P_tmpdir "/fdreactor-test-") + std::to_string(getpid())};
  for (const std::string& name : names) {
    Address address;
    REQUIRE(path(name, &address) == 0);
    const Fd socket(socket_open(AF_UNIX, SOCK_STREAM, 0));
    EXPECT_EQ(socket_bind(socket, address), 0);
    EXPECT_EQ(text_of(bound_to(socket)), name);
    ::unlink(name.c_str());
  }
}

TEST("vsock and netlink addresses have their numbers, and the other kinds have none") {
  Address address;
  EXPECT_EQ(address_from_vsock(UINT32_MAX, 1, &address), 0);
  EXPECT_EQ(address_part(address, AddressPart::kVsockCid), Result{UINT32_MAX});
  EXPECT_EQ(address_part(address, AddressPart::kVsockPort), 1);
  EXPECT_EQ(address_part(address, AddressPart::kNetlinkPid), kBadArgument);
  EXPECT_EQ(address_to_text(address).family, AF_VSOCK);
  EXPECT_EQ(address_from_netlink(7, UINT32_MAX, &address), 0);
  EXPECT_EQ(address_part(address, AddressPart::kNetlinkPid), 7);
  EXPECT_EQ(address_part(address, AddressPart::kNetlinkGroups), Result{UINT32_MAX});
  EXPECT_EQ(address_part(address, AddressPart::kVsockPort), kBadArgument);
  REQUIRE(address_from_ip("127.0.0.1", 1, &address) == 0);
  for (int part = 0; part < kAddressParts; part++) {
    EXPECT_EQ(address_part(address, static_cast<AddressPart>(part)), kBadArgument);
    EXPECT_EQ(address_part(Address{}, static_cast<AddressPart>(part)), kBadArgument);
  }
}

TEST("an address that ends before a number does not have it, and a false length reads nothing") {
  Address address;
  REQUIRE(address_from_netlink(7, 9, &address) == 0);
  address.length = 8;
  EXPECT_EQ(address_part(address, AddressPart::kNetlinkPid), 7);
  EXPECT_EQ(address_part(address, AddressPart::kNetlinkGroups), kBadArgument);
  address.length = UINT32_MAX;
  EXPECT_EQ(address_part(address, AddressPart::kNetlinkPid), kBadArgument);
}

TEST("a netlink socket is bound to an address of numbers, and says so") {
  const Fd netlink(socket_open(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
  Address address;
  REQUIRE(address_from_netlink(0, 1, &address) == 0);
  EXPECT_EQ(socket_bind(netlink, address), 0);
  EXPECT(address_part(bound_to(netlink), AddressPart::kNetlinkPid) > 0);
  EXPECT_EQ(address_part(bound_to(netlink), AddressPart::kNetlinkGroups), 1);
}
