// Loaded before a test of Node's: `require('net')` of the test gets what NODE_NET names, the module under test.
const Module = require('node:module');

const under = { ...require(process.env.NODE_NET) };
const load = Module._load;

Module._load = function (request, ...rest) {
  return request === 'net' || request === 'node:net' ? under : load.call(this, request, ...rest);
};
