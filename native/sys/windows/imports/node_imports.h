// The functions of Node-API that a build by zig looks up for itself on Windows; see node_imports_windows.cc.
#pragma once

namespace fdreactor {

struct NodeImport {
  const char* name;
  void** address;
};

/** Ends with a name that is null. scripts/prebuild/node-api-imports.mjs writes it. */
extern const NodeImport kNodeImports[];

}  // namespace fdreactor
