// A user's folder with the package installed by npm.
import { managers } from './managers.js';
import { startRegistry } from './registry.js';
import { User } from './user.js';

/** @param others packages of the registry that the user installs as well */
export async function userWithPackage(others: readonly string[] = []): Promise<User> {
  const registry = await startRegistry();
  const user = new User({ 'package.json': '{ "name": "project", "private": true }' });
  await managers.get('npm')?.install(user, registry.url, ['fdreactor', ...others]);
  registry.close();
  return user;
}
