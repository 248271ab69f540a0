// The version that the export table carries, so that lib/ never works with a table that it was not made for. Written by
// scripts/release/version.mjs, from package.json.
#pragma once

namespace fdreactor {

constexpr const char* kVersion = "0.1.0";

}  // namespace fdreactor
