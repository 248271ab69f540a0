// Addresses: text to the kernel's bytes and back.
#include <string>

#include "address_argument.h"
#include "arguments.h"
#include "bind.h"

namespace fdreactor {
namespace {

// Longer texts are no address; one more byte is read than the longest has, so that they are seen to be too long.
constexpr size_t kTextBytes = 256;

struct Text {
  char bytes[kTextBytes];
  size_t length = 0;
};

template <size_t kCount>
bool read_text(napi_env env, const Arguments<kCount>& args, size_t index, Text* text) {
  return napi_get_value_string_utf8(env, args.value(index), text->bytes, kTextBytes, &text->length) == napi_ok &&
         text->length < kTextBytes - 1;
}

bool holds_nul(const Text& text) { return std::char_traits<char>::find(text.bytes, text.length, '\0') != nullptr; }

// (host, port, target)
napi_value from_ip(napi_env env, napi_callback_info info) {
  Arguments<3> args(env, info);
  Text host;
  const bool readable = read_text(env, args, 0, &host) && !holds_nul(host);
  const int port = args.int32(1);
  Address* target = target_address(args.bytes(2));
  if (!args.ok() || !readable || target == nullptr) return args.refuse();
  return args.answer(address_from_ip(host.bytes, port, target));
}

// (path, target)
napi_value from_path(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  Text path;
  const bool readable = read_text(env, args, 0, &path);
  Address* target = target_address(args.bytes(1));
  if (!args.ok() || !readable || target == nullptr) return args.refuse();
  return args.answer(address_from_path(path.bytes, path.length, target));
}

// (bytes of a sockaddr, target)
napi_value from_bytes(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const Bytes bytes = args.bytes(0);
  Address* target = target_address(args.bytes(1));
  return args.ok() && target != nullptr ? args.answer(address_from_bytes(bytes, target)) : args.refuse();
}

// (address) => how many bytes its sockaddr has; 0: no address
napi_value length_of(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const Address* address = target_address(args.bytes(0));
  return args.ok() && address != nullptr ? args.answer(address->length) : args.refuse();
}

const char* name_of(AddressKind kind) {
  switch (kind) {
    case AddressKind::kIpv4:
      return "IPv4";
    case AddressKind::kIpv6:
      return "IPv6";
    case AddressKind::kUnix:
      return "unix";
    case AddressKind::kOther:
      return "other";
    case AddressKind::kNone:
      break;
  }
  return "none";
}

// (address) => [kind, text, port, the number of the family], or kBadArgument
napi_value to_text(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const Address* address = target_address(args.bytes(0));
  if (!args.ok() || address == nullptr) return args.refuse();
  const AddressText text = address_to_text(*address);
  napi_value parts = nullptr;
  napi_value kind = nullptr;
  napi_value name = nullptr;
  napi_create_array_with_length(env, 4, &parts);
  napi_create_string_utf8(env, name_of(text.kind), NAPI_AUTO_LENGTH, &kind);
  napi_create_string_utf8(env, text.text, text.text_length, &name);
  napi_set_element(env, parts, 0, kind);
  napi_set_element(env, parts, 1, name);
  napi_set_element(env, parts, 2, to_js(env, Result{text.port}));
  napi_set_element(env, parts, 3, to_js(env, Result{text.family}));
  return parts;
}

}  // namespace

napi_status bind_address(napi_env env, napi_value exports) {
  const auto add = [&](const char* name, Result value) {
    return add_to_group(env, exports, "address", name, to_js(env, value));
  };
  napi_status status = add("bytes", Result{sizeof(Address)});
  if (status == napi_ok) status = add("maxPathBytes", static_cast<Result>(kMaxPathBytes));
  if (status != napi_ok) return status;
  return add_group(env, exports, "address",
                   {{"fromIp", from_ip},
                    {"fromPath", from_path},
                    {"fromBytes", from_bytes},
                    {"lengthOf", length_of},
                    {"toText", to_text}});
}

}  // namespace fdreactor
