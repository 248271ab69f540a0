// ioctl(2) by the place of a request in the table of sys/linux/ioctl/ioctl.h, and that table for JavaScript.
#include <initializer_list>

#include "../../sys/constants.h"
#include "../../sys/linux/ioctl/ioctl.h"
#include "../arguments.h"
#include "../bind.h"
#include "../track_fd.h"

namespace fdreactor {
namespace {

// (fd, place of the request, number or undefined, bytes of the argument or undefined)
napi_value ioctl(napi_env env, napi_callback_info info) {
  Arguments<4> args(env, info);
  const IoctlTable table = ioctl_table();
  const int fd = args.fd(0);
  const auto place = static_cast<size_t>(args.integer(1, 0, static_cast<double>(table.count - 1)));
  if (!args.ok()) return args.refuse();
  const IoctlRequest& request = table.first[place];
  int64_t number = 0;
  Bytes memory = {nullptr, 0};
  if (request.argument == IoctlArgument::kNumber) number = args.integer(2, request.min, request.max);
  if (request.argument == IoctlArgument::kMemory) memory = args.bytes(3);
  if (!args.ok()) return args.refuse();
  const Result result = ioctl_call(fd, request, number, memory);
  return args.answer(request.new_fd == NewFd::kNone ? result : track_fd(env, result));
}

struct Member {
  const char* name;
  napi_value value;
};

// Defines every member, so that nothing that Object.prototype was given is read in its place, or called.
napi_value make_object(napi_env env, std::initializer_list<Member> members) {
  napi_value object = nullptr;
  napi_create_object(env, &object);
  for (const Member& member : members) {
    napi_property_descriptor property = {};
    property.utf8name = member.name;
    property.value = member.value;
    property.attributes = napi_enumerable;
    napi_define_properties(env, object, 1, &property);
  }
  return object;
}

napi_value undefined(napi_env env) {
  napi_value result = nullptr;
  napi_get_undefined(env, &result);
  return result;
}

napi_value text(napi_env env, const char* value) {
  napi_value result = nullptr;
  napi_create_string_utf8(env, value, NAPI_AUTO_LENGTH, &result);
  return result;
}

napi_value boolean(napi_env env, bool value) {
  napi_value result = nullptr;
  napi_get_boolean(env, value, &result);
  return result;
}

const char* name_of(FieldKind kind) {
  switch (kind) {
    case FieldKind::kUnsigned:
      return "unsigned";
    case FieldKind::kSigned:
      return "signed";
    case FieldKind::kText:
      return "text";
    case FieldKind::kBytes:
      return "bytes";
    case FieldKind::kAddress:
      return "address";
    case FieldKind::kStruct:
      break;
  }
  return "struct";
}

const char* name_of(FieldRole role) {
  switch (role) {
    case FieldRole::kKey:
      return "key";
    case FieldRole::kValue:
      return "value";
    case FieldRole::kOptional:
      return "optional";
    case FieldRole::kAnswer:
      break;
  }
  return "answer";
}

const char* name_of(IoctlArgument argument) {
  switch (argument) {
    case IoctlArgument::kNothing:
      return "nothing";
    case IoctlArgument::kNumber:
      return "number";
    case IoctlArgument::kMemory:
      break;
  }
  return "memory";
}

// The struct of a field is described once, and its own fields hold no structs with structs: two levels at most.
napi_value describe(napi_env env, const IoctlLayout& layout) {  // NOLINT(misc-no-recursion)
  napi_value fields = nullptr;
  napi_create_array_with_length(env, layout.field_count, &fields);
  for (size_t i = 0; i < layout.field_count; i++) {
    const IoctlField& field = layout.fields[i];
    napi_value described =
        make_object(env, {{"name", text(env, field.name)},
                          {"kind", text(env, name_of(field.kind))},
                          {"role", text(env, name_of(field.role))},
                          {"offset", to_js(env, Result{field.offset})},
                          {"size", to_js(env, Result{field.size})},
                          {"count", to_js(env, Result{field.count})},
                          {"countOffset", to_js(env, Result{field.count_offset})},
                          {"when", to_js(env, Result{field.when})},
                          {"layout", field.layout == nullptr ? undefined(env) : describe(env, *field.layout)}});
    napi_set_element(env, fields, static_cast<uint32_t>(i), described);
  }
  return make_object(env, {{"size", to_js(env, static_cast<Result>(layout.size))}, {"fields", fields}});
}

// () => the table, an array of requests. Made when it is asked for: few programs need it.
napi_value requests(napi_env env, napi_callback_info) {
  const IoctlTable table = ioctl_table();
  napi_value list = nullptr;
  napi_create_array_with_length(env, table.count, &list);
  for (size_t i = 0; i < table.count; i++) {
    const IoctlRequest& request = table.first[i];
    napi_value described =
        make_object(env, {{"name", text(env, request.name)},
                          {"number", to_js(env, static_cast<double>(request.number))},
                          {"argument", text(env, name_of(request.argument))},
                          {"sets", boolean(env, request.sets)},
                          {"gets", boolean(env, request.gets)},
                          {"min", to_js(env, request.min)},
                          {"max", to_js(env, request.max)},
                          {"makesFd", boolean(env, request.new_fd != NewFd::kNone)},
                          {"layout", request.layout == nullptr ? undefined(env) : describe(env, *request.layout)}});
    napi_set_element(env, list, static_cast<uint32_t>(i), described);
  }
  return list;
}

}  // namespace

napi_status bind_ioctl(napi_env env, napi_value exports) {
  const napi_status status = add_constants(env, exports, linux_device_constants());
  if (status != napi_ok) return status;
  return add_group(env, exports, "ioctl", {{"ioctl", ioctl}, {"requests", requests}});
}

}  // namespace fdreactor
