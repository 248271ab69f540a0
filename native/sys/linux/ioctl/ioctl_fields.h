// Makes the fields of a layout out of the members of a struct: their kind, place and size come from the type.
#pragma once

#include <cstddef>
#include <type_traits>

#include "ioctl.h"

namespace fdreactor {

template <typename Member>
constexpr IoctlField field_of(const char* name, size_t offset, FieldRole role) {
  using Element = std::remove_all_extents_t<Member>;
  constexpr bool kIsText = std::is_same_v<Element, char>;
  constexpr size_t kElements = std::is_array_v<Member> ? std::extent_v<Member> : 1;
  const FieldKind kind = kIsText                       ? FieldKind::kText
                         : std::is_unsigned_v<Element> ? FieldKind::kUnsigned
                                                       : FieldKind::kSigned;
  return {name,
          kind,
          role,
          static_cast<uint16_t>(offset),
          static_cast<uint16_t>(kIsText ? sizeof(Member) : sizeof(Element)),
          static_cast<uint16_t>(kIsText ? 1 : kElements)};
}

// Whether the kernel reads or writes the member depends on an id before it.
constexpr IoctlField only_when(uint32_t id, IoctlField field) {
  field.when = id;
  return field;
}

constexpr IoctlField as_bytes(IoctlField field) {
  field.kind = FieldKind::kBytes;
  field.size = static_cast<uint16_t>(field.size * field.count);
  field.count = 1;
  return field;
}

// An array of which `count_offset` says how much is in use.
constexpr IoctlField counted_at(size_t count_offset, IoctlField field) {
  field.count_offset = static_cast<int16_t>(count_offset);
  return field;
}

constexpr IoctlField nested(const char* name, size_t offset, size_t count, const IoctlLayout& layout, FieldRole role) {
  return {name,
          FieldKind::kStruct,
          role,
          static_cast<uint16_t>(offset),
          static_cast<uint16_t>(layout.size),
          static_cast<uint16_t>(count),
          -1,
          0,
          &layout};
}

template <size_t kCount>
constexpr IoctlLayout layout_of(size_t size, const IoctlField (&fields)[kCount]) {
  return {size, fields, kCount};
}

// A macro, since no template can name a member and take its offset.
#define FIELD(type, member, name, role) field_of<decltype(type::member)>(name, offsetof(type, member), role)

}  // namespace fdreactor
