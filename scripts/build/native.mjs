// @ts-check
// `npm run build:native` builds the add-on of this checkout into build/. package.json must not name node-gyp in a
// script: yarn would install node-gyp for every user of the package.
import { root } from '../shared/sources.mjs';
import { buildAddOn } from './node-gyp.mjs';

buildAddOn(root, { variables: ['warnings_are_errors=true'] });
