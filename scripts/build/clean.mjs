// Removes the folders that it is given. A build starts from nothing, so that a file deleted from the source is gone
// from the output.
import { rmSync } from 'node:fs';

for (const folder of process.argv.slice(2)) rmSync(folder, { recursive: true, force: true });
