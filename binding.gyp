# What node-gyp reads in this checkout. The package does not include it: yarn would run node-gyp at every installation,
# with or without "gypfile". `fdreactor build` writes one.
{ 'includes': ['fdreactor.gypi'] }
