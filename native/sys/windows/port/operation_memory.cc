#include "operation_memory.h"

#include <malloc.h>

#include <algorithm>
#include <cstring>

#include "../../../core/check.h"
#include "operation.h"

namespace fdreactor {
namespace {

constexpr size_t kKeptBytes = 65536;  // so much is kept between two uses

// A file opened with FILE_FLAG_NO_BUFFERING wants its buffers at multiples of the sector size, and reads whole sectors.
constexpr size_t kSectorBytes = 512;
constexpr size_t kSectorAlignment = 4096;
constexpr size_t kAlignment = 16;

void free_memory(void* details) { delete static_cast<OperationMemory*>(details); }

ULONG size_of(const Piece& piece) { return static_cast<ULONG>(piece.bytes.size); }

}  // namespace

NumberInUse number_in_use(int number, const uint32_t* closes) { return {number, closes, *closes}; }

OperationMemory::~OperationMemory() { _aligned_free(memory_); }

bool OperationMemory::reserve(size_t bytes) {
  if (bytes <= capacity_) return true;
  _aligned_free(memory_);
  capacity_ = 0;
  memory_ = static_cast<unsigned char*>(_aligned_malloc(bytes, bytes < kSectorBytes ? kAlignment : kSectorAlignment));
  if (memory_ == nullptr) return false;
  capacity_ = bytes;
  return true;
}

// No buffers at all are one without bytes: a receive that only tells that there is something.
bool OperationMemory::lay_out(const Piece* pieces, size_t count) {
  size_t copied_bytes = 0;
  for (size_t i = 0; i < count; ++i) copied_bytes += pieces[i].stays ? 0 : pieces[i].bytes.size;
  if (!reserve(copied_bytes)) return false;
  auto* next = reinterpret_cast<CHAR*>(memory_);
  buffers_.clear();
  in_place_.clear();
  for (size_t i = 0; i < count; ++i) {
    const Piece& piece = pieces[i];
    buffers_.push_back({size_of(piece), piece.stays ? static_cast<CHAR*>(piece.bytes.data) : next});
    in_place_.push_back(piece.stays);
    if (!piece.stays) next += piece.bytes.size;
  }
  if (count == 0) buffers_.push_back({0, next});
  return true;
}

void OperationMemory::copy_in(const Piece* pieces) {
  for (size_t i = 0; i < in_place_.size(); ++i) {
    if (!in_place_[i] && buffers_[i].len > 0) std::memcpy(buffers_[i].buf, pieces[i].bytes.data, buffers_[i].len);
  }
}

bool OperationMemory::copy_out(uint32_t bytes, const Bytes* targets, size_t count) const {
  bool all = true;
  uint32_t left = bytes;
  for (size_t i = 0; i < in_place_.size() && left > 0; ++i) {
    const uint32_t part = std::min<uint32_t>(left, buffers_[i].len);
    left -= part;
    if (in_place_[i] || part == 0) continue;
    if (i >= count || targets[i].size < part) {
      all = false;
    } else {
      std::memcpy(targets[i].data, buffers_[i].buf, part);
    }
  }
  return all;
}

void OperationMemory::let_go() {
  if (capacity_ <= kKeptBytes) return;
  _aligned_free(memory_);
  memory_ = nullptr;
  capacity_ = 0;
}

OperationMemory* memory_of(const Operation* operation) {
  return operation->free_details == free_memory ? static_cast<OperationMemory*>(operation->details) : nullptr;
}

bool overlapped_copy_out(const Operation* operation, uint32_t bytes, const Bytes* targets, size_t count) {
  const OperationMemory* memory = memory_of(operation);
  return memory != nullptr && memory->copy_out(bytes, targets, count);
}

void overlapped_let_go(Operation* operation) {
  OperationMemory* memory = memory_of(operation);
  if (memory != nullptr) memory->let_go();
}

// A poll (afd_operation.cc) has details of its own.
OperationMemory* fresh_memory(Operation* operation) {
  CHECK(operation->state == OperationState::kIdle);
  std::memset(operation->overlapped, 0, sizeof operation->overlapped);
  OperationMemory* memory = memory_of(operation);
  if (memory != nullptr) return memory;
  if (operation->free_details != nullptr) operation->free_details(operation->details);
  memory = new OperationMemory;
  operation->details = memory;
  operation->free_details = free_memory;
  return memory;
}

}  // namespace fdreactor
