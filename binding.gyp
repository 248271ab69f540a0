# node-gyp's front door, for this checkout. It is no part of the package: at the sight of it yarn would run node-gyp at every
# installation, "gypfile" or not. `fdreactor build` puts one in its place.
{ 'includes': ['fdreactor.gypi'] }
