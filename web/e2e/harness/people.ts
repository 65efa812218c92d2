// A service that asks who one is, and how people log in to it.
import { randomBytes } from 'node:crypto';
import type { Page } from './browser.js';
import type { ServiceOptions } from './service.js';

/** What everybody's password is. */
export const PASSWORD = 'boats are moored with ropes';

/** A service with identity, and a token of its own for the tests. */
export function withIdentity(): ServiceOptions & { token: string } {
  const token = randomBytes(32).toString('hex');
  return { token, env: { PROJECT_SYNC__API__ACCESS: 'identity', PROJECT_SYNC__API__TOKEN: token } };
}

/** Fills in the login page, which is shown. */
export async function logIn(page: Page, name: string, password = PASSWORD): Promise<void> {
  await page.getByRole('heading', { name: 'Log in' }).waitFor();
  // Behind it there may be a page that waits, with fields of its own.
  const door = page.locator('.door');
  await door.getByLabel('Name').fill(name);
  await door.getByLabel('Password').fill(password);
  await door.getByRole('button', { name: 'Log in' }).click();
}

/** Ends what the browser knows of a session, as its end on the server would. */
export async function forget(page: Page): Promise<void> {
  await page.context().clearCookies();
}

/** Waits until somebody is in. */
export async function isIn(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: `You: ${name}` }).waitFor();
}
