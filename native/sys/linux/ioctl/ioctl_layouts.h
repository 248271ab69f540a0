// The layouts of the arguments in the table of ioctl_table_linux.cc, one a struct of the kernel. A field's name is the
// kernel's in the spelling of JavaScript.
#pragma once

#include <asm/termbits.h>
#include <linux/serial.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include "ioctl_fields.h"
#include "ioctl_structs.h"

namespace fdreactor {

constexpr FieldRole kKey = FieldRole::kKey;
constexpr FieldRole kValue = FieldRole::kValue;
constexpr FieldRole kOptional = FieldRole::kOptional;
constexpr FieldRole kAnswer = FieldRole::kAnswer;

// The argument is one number.
constexpr IoctlField kIntFields[] = {field_of<int32_t>("", 0, kValue)};
constexpr IoctlLayout kInt = layout_of(sizeof(int32_t), kIntFields);
constexpr IoctlField kBitsFields[] = {field_of<uint32_t>("", 0, kValue)};
constexpr IoctlLayout kBits = layout_of(sizeof(uint32_t), kBitsFields);
constexpr IoctlField kLongFields[] = {field_of<uint64_t>("", 0, kValue)};
constexpr IoctlLayout kLong = layout_of(sizeof(uint64_t), kLongFields);

constexpr IoctlField kWindowFields[] = {
    FIELD(winsize, ws_row, "rows", kValue),
    FIELD(winsize, ws_col, "cols", kValue),
    FIELD(winsize, ws_xpixel, "xpixel", kOptional),
    FIELD(winsize, ws_ypixel, "ypixel", kOptional),
};
constexpr IoctlLayout kWindow = layout_of(sizeof(winsize), kWindowFields);

#ifndef __powerpc__  // whose struct termios has the speeds already
constexpr IoctlField kTermiosFields[] = {
    FIELD(termios2, c_iflag, "iflag", kValue),   FIELD(termios2, c_oflag, "oflag", kValue),
    FIELD(termios2, c_cflag, "cflag", kValue),   FIELD(termios2, c_lflag, "lflag", kValue),
    FIELD(termios2, c_line, "line", kOptional),  FIELD(termios2, c_cc, "cc", kValue),
    FIELD(termios2, c_ispeed, "ispeed", kValue), FIELD(termios2, c_ospeed, "ospeed", kValue),
};
constexpr IoctlLayout kTermios = layout_of(sizeof(termios2), kTermiosFields);
#endif

constexpr IoctlField kRs485Fields[] = {
    FIELD(SerialRs485, flags, "flags", kValue),
    FIELD(SerialRs485, delay_rts_before_send, "delayRtsBeforeSend", kOptional),
    FIELD(SerialRs485, delay_rts_after_send, "delayRtsAfterSend", kOptional),
    FIELD(SerialRs485, addr_recv, "addrRecv", kOptional),
    FIELD(SerialRs485, addr_dest, "addrDest", kOptional),
};
static_assert(sizeof(SerialRs485) == sizeof(serial_rs485), "the size never changed");
constexpr IoctlLayout kRs485 = layout_of(sizeof(SerialRs485), kRs485Fields);

constexpr IoctlField kCountersFields[] = {
    FIELD(SerialCounters, cts, "cts", kValue),
    FIELD(SerialCounters, dsr, "dsr", kValue),
    FIELD(SerialCounters, rng, "rng", kValue),
    FIELD(SerialCounters, dcd, "dcd", kValue),
    FIELD(SerialCounters, rx, "rx", kValue),
    FIELD(SerialCounters, tx, "tx", kValue),
    FIELD(SerialCounters, frame, "frame", kValue),
    FIELD(SerialCounters, overrun, "overrun", kValue),
    FIELD(SerialCounters, parity, "parity", kValue),
    FIELD(SerialCounters, brk, "brk", kValue),
    FIELD(SerialCounters, buf_overrun, "bufOverrun", kValue),
};
static_assert(sizeof(SerialCounters) == sizeof(serial_icounter_struct), "the size never changed");
constexpr IoctlLayout kCounters = layout_of(sizeof(SerialCounters), kCountersFields);

// struct ifreq: a name, and a union of which each request uses one member.
constexpr size_t kUnion = offsetof(ifreq, ifr_ifru);
static_assert(kUnion == IFNAMSIZ, "the name comes first");
constexpr IoctlField interface_name(const char* name, size_t offset, FieldRole role) {
  return field_of<char[IFNAMSIZ]>(name, offset, role);
}
constexpr IoctlField interface_address(const char* name) {
  return {name, FieldKind::kAddress, kValue, kUnion, sizeof(sockaddr), 1};
}
constexpr IoctlField kName = interface_name("name", 0, kKey);

constexpr IoctlField kTunFields[] = {interface_name("name", 0, kOptional), field_of<uint16_t>("flags", kUnion, kValue)};
constexpr IoctlLayout kTun = layout_of(sizeof(ifreq), kTunFields);
constexpr IoctlField kTunQueueFields[] = {field_of<uint16_t>("flags", kUnion, kValue)};
constexpr IoctlLayout kTunQueue = layout_of(sizeof(ifreq), kTunQueueFields);

constexpr IoctlField kFlagsFields[] = {kName, field_of<uint16_t>("flags", kUnion, kValue)};
constexpr IoctlLayout kFlags = layout_of(sizeof(ifreq), kFlagsFields);
constexpr IoctlField kIndexFields[] = {kName, field_of<int32_t>("index", kUnion, kValue)};
constexpr IoctlLayout kIndex = layout_of(sizeof(ifreq), kIndexFields);
constexpr IoctlField kNameOfFields[] = {field_of<int32_t>("index", kUnion, kKey), interface_name("name", 0, kValue)};
constexpr IoctlLayout kNameOf = layout_of(sizeof(ifreq), kNameOfFields);
constexpr IoctlField kRenameFields[] = {kName, interface_name("newName", kUnion, kValue)};
constexpr IoctlLayout kRename = layout_of(sizeof(ifreq), kRenameFields);
constexpr IoctlField kMtuFields[] = {kName, field_of<int32_t>("mtu", kUnion, kValue)};
constexpr IoctlLayout kMtu = layout_of(sizeof(ifreq), kMtuFields);
constexpr IoctlField kMetricFields[] = {kName, field_of<int32_t>("metric", kUnion, kValue)};
constexpr IoctlLayout kMetric = layout_of(sizeof(ifreq), kMetricFields);
constexpr IoctlField kQueueLengthFields[] = {kName, field_of<int32_t>("txqlen", kUnion, kValue)};
constexpr IoctlLayout kQueueLength = layout_of(sizeof(ifreq), kQueueLengthFields);
constexpr IoctlField kAddressFields[] = {kName, interface_address("address")};
constexpr IoctlLayout kAddress = layout_of(sizeof(ifreq), kAddressFields);
constexpr IoctlField kPeerFields[] = {kName, interface_address("dstaddr")};
constexpr IoctlLayout kPeer = layout_of(sizeof(ifreq), kPeerFields);
constexpr IoctlField kMaskFields[] = {kName, interface_address("netmask")};
constexpr IoctlLayout kMask = layout_of(sizeof(ifreq), kMaskFields);
constexpr IoctlField kBroadcastFields[] = {kName, interface_address("broadaddr")};
constexpr IoctlLayout kBroadcast = layout_of(sizeof(ifreq), kBroadcastFields);
constexpr IoctlField kHardwareFields[] = {
    kName,
    field_of<uint16_t>("type", kUnion + offsetof(sockaddr, sa_family), kValue),
    as_bytes(field_of<uint8_t[14]>("hwaddr", kUnion + offsetof(sockaddr, sa_data), kValue)),
};
constexpr IoctlLayout kHardware = layout_of(sizeof(ifreq), kHardwareFields);

constexpr IoctlField kEpollFields[] = {
    FIELD(EpollParams, busy_poll_usecs, "busyPollUsecs", kValue),
    FIELD(EpollParams, busy_poll_budget, "busyPollBudget", kValue),
    FIELD(EpollParams, prefer_busy_poll, "preferBusyPoll", kOptional),
};
constexpr IoctlLayout kEpoll = layout_of(sizeof(EpollParams), kEpollFields);

constexpr IoctlField kGpioChipFields[] = {
    FIELD(GpioChipInfo, name, "name", kValue),
    FIELD(GpioChipInfo, label, "label", kValue),
    FIELD(GpioChipInfo, lines, "lines", kValue),
};
constexpr IoctlLayout kGpioChip = layout_of(sizeof(GpioChipInfo), kGpioChipFields);

constexpr IoctlField kGpioAttributeFields[] = {
    FIELD(GpioLineAttribute, id, "id", kValue),
    only_when(kGpioIdFlags, FIELD(GpioLineAttribute, flags, "flags", kValue)),
    only_when(kGpioIdOutputValues, FIELD(GpioLineAttribute, values, "values", kValue)),
    only_when(kGpioIdDebounce, FIELD(GpioLineAttribute, debounce_period_us, "debouncePeriodUs", kValue)),
};
constexpr IoctlLayout kGpioAttribute = layout_of(sizeof(GpioLineAttribute), kGpioAttributeFields);

constexpr IoctlField kGpioConfigAttributeFields[] = {
    kGpioAttributeFields[0],
    kGpioAttributeFields[1],
    kGpioAttributeFields[2],
    kGpioAttributeFields[3],
    FIELD(GpioLineConfigAttribute, mask, "mask", kValue),
};
static_assert(offsetof(GpioLineConfigAttribute, attr) == 0, "the fields of the attribute are those of the whole");
constexpr IoctlLayout kGpioConfigAttribute = layout_of(sizeof(GpioLineConfigAttribute), kGpioConfigAttributeFields);

constexpr IoctlField kGpioConfigFields[] = {
    FIELD(GpioLineConfig, flags, "flags", kOptional),
    counted_at(offsetof(GpioLineConfig, num_attrs),
               nested("attrs", offsetof(GpioLineConfig, attrs), kGpioAttributesMax, kGpioConfigAttribute, kOptional)),
};
constexpr IoctlLayout kGpioConfig = layout_of(sizeof(GpioLineConfig), kGpioConfigFields);

constexpr IoctlField kGpioLineFields[] = {
    counted_at(offsetof(GpioLineRequest, num_lines), FIELD(GpioLineRequest, offsets, "offsets", kValue)),
    FIELD(GpioLineRequest, consumer, "consumer", kOptional),
    nested("config", offsetof(GpioLineRequest, config), 1, kGpioConfig, kOptional),
    FIELD(GpioLineRequest, event_buffer_size, "eventBufferSize", kOptional),
    FIELD(GpioLineRequest, fd, "fd", kAnswer),
};
constexpr IoctlLayout kGpioLine = layout_of(sizeof(GpioLineRequest), kGpioLineFields);

constexpr IoctlField kGpioInfoFields[] = {
    FIELD(GpioLineInfo, offset, "offset", kKey),
    FIELD(GpioLineInfo, name, "name", kValue),
    FIELD(GpioLineInfo, consumer, "consumer", kValue),
    FIELD(GpioLineInfo, flags, "flags", kValue),
    counted_at(offsetof(GpioLineInfo, num_attrs),
               nested("attrs", offsetof(GpioLineInfo, attrs), kGpioAttributesMax, kGpioAttribute, kValue)),
};
constexpr IoctlLayout kGpioInfo = layout_of(sizeof(GpioLineInfo), kGpioInfoFields);

constexpr IoctlField kGpioValuesFields[] = {
    FIELD(GpioLineValues, mask, "mask", kKey),
    FIELD(GpioLineValues, bits, "bits", kValue),
};
constexpr IoctlLayout kGpioValues = layout_of(sizeof(GpioLineValues), kGpioValuesFields);

}  // namespace fdreactor
