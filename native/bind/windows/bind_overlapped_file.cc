#include "bind_overlapped_file.h"

#include <string>

#include "../bind.h"
#include "buffers_argument.h"
#include "operation_argument.h"

namespace fdreactor {
namespace {

// False where it is no string, is empty, or has a NUL inside.
bool read_path(napi_env env, napi_value value, std::u16string* path) {
  size_t length = 0;
  if (napi_get_value_string_utf16(env, value, nullptr, 0, &length) != napi_ok || length == 0) return false;
  path->resize(length + 1);
  if (napi_get_value_string_utf16(env, value, &(*path)[0], length + 1, &length) != napi_ok) return false;
  path->resize(length);
  return path->find(u'\0') == std::u16string::npos;
}

// (path, access, share, disposition, flags) => handle
napi_value open(napi_env env, napi_callback_info info) {
  Arguments<5> args(env, info);
  std::u16string path;
  const uint32_t access = args.bits(1);
  const uint32_t share = args.bits(2);
  const uint32_t disposition = args.bits(3);
  const uint32_t flags = args.bits(4);
  if (!args.ok() || !read_path(env, args.value(0), &path)) return args.refuse();
  const Result handle = file_open(path.c_str(), access, share, disposition, flags);
  if (handle >= 0) environment_of(env).operations->files.insert(static_cast<int>(handle));
  return args.answer(handle);
}

// (handle): one of openFile() only, since any other number may be a handle that Node itself relies on.
napi_value close(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const int handle = args.fd(0);
  if (!args.ok()) return args.refuse();
  Environment& environment = environment_of(env);
  if (environment.operations->files.erase(handle) == 0) return args.answer(file_not_open());
  for (const auto& tell : environment.before_close) tell(handle);
  return args.answer(file_close(handle));
}

template <Result (*kCall)(const Channel&, Piece, uint64_t, Operation*), bool kReads>
napi_value with_buffer(napi_env env, napi_callback_info info) {
  Arguments<4> args(env, info);
  Start start;
  const Bytes bytes = args.bytes(1);
  const uint64_t offset = args.unsigned_integer(2);
  if (!args.ok() || !start.read(env, args, 0, 3)) return args.refuse();
  const Piece piece = {bytes, memory_stays(env, args.value(1))};
  if ((kReads || piece.stays) && !start.keep(args.value(1), kReads)) return args.refuse();
  return args.answer(start.answered(kCall(start.channel, piece, offset, start.bound->operation)));
}

// (socket, file or -1, offset, count or 0: to the end, head, tail, flags, operation). Head and tail are copied.
napi_value transmit(napi_env env, napi_callback_info info) {
  Arguments<8> args(env, info);
  Start start;
  FileRange range = {};
  range.file = static_cast<int>(args.integer(1, kNoFile, INT32_MAX));
  range.offset = args.unsigned_integer(2);
  range.count = args.uint32(3);
  const Piece head = {args.bytes(4), false};
  const Piece tail = {args.bytes(5), false};
  const uint32_t flags = args.bits(6);
  if (!args.ok() || !start.read(env, args, 0, 7)) return args.refuse();
  return args.answer(
      start.answered(overlapped_transmit_file(start.channel, range, head, tail, flags, start.bound->operation)));
}

}  // namespace

napi_status bind_overlapped_file(napi_env env, napi_value exports) {
  return add_group(env, exports, "overlapped",
                   {{"openFile", open},
                    {"closeHandle", close},
                    {"readFile", with_buffer<overlapped_read, true>},
                    {"writeFile", with_buffer<overlapped_write, false>},
                    {"transmitFile", transmit}});
}

}  // namespace fdreactor
