// Removes the folders it is given. A build starts from nothing, so that a file that was deleted in the source is gone
// from the output as well.
import { rmSync } from 'node:fs';

for (const folder of process.argv.slice(2)) rmSync(folder, { recursive: true, force: true });
