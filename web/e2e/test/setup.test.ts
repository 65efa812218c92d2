// The very first user, and whoever tries to be one.
import { describe, expect, test } from 'vitest';
import { overflow, takeShifts, violations } from '../harness/browser.js';
import { forget, isIn, logIn, PASSWORD, withIdentity } from '../harness/people.js';
import { stage } from '../harness/stage.js';

describe('where it is asked who one is', () => {
  const on = stage(withIdentity());

  test('the first user is made in the browser, by keyboard alone', async () => {
    const page = await on.page('/settings/members');
    await page.getByRole('heading', { name: 'Set up Project Sync' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.setViewportSize({ width: 320, height: 700 });
    expect(await overflow(page)).toEqual([]);
    await page.keyboard.type('ada');
    await page.keyboard.press('Tab');
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Tab');
    await page.keyboard.type('another one');
    await page.getByText('The two are not the same.').waitFor();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    // Where one wanted to go.
    await page.getByRole('list', { name: 'Members' }).getByText('ada').first().waitFor();
    expect(new URL(page.url()).pathname).toBe('/settings/members');
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({ name: 'ps_session', httpOnly: true, sameSite: 'Strict', path: '/' });
    // No script can read it, and nothing else is kept.
    expect(await page.evaluate(() => [document.cookie, Object.keys(localStorage)])).toEqual(['', []]);
  });

  test('there is no second first user', async () => {
    await expect(on.service.client.setUp({ name: 'eve', password: PASSWORD })).rejects.toMatchObject({ status: 409, code: 'already-set-up' });
    const page = await on.page();
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
  });

  test('a wrong password is told without anything moving; the right one lets in, and a reload keeps one in', async () => {
    const page = await on.page();
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    await takeShifts(page);
    await logIn(page, 'ada', 'wrong');
    await page.getByText('Name or password is wrong.').waitFor();
    expect(await takeShifts(page)).toEqual([]);
    await logIn(page, 'ada');
    await isIn(page, 'ada');
    await page.reload();
    await isIn(page, 'ada');
    await page.getByRole('button', { name: 'You: ada' }).click();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
  });

  test('the password is changed by whoever knows it', async () => {
    const page = await on.page();
    await logIn(page, 'ada');
    await page.getByRole('button', { name: 'You: ada' }).click();
    await page.getByRole('button', { name: 'Change password…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Current password').fill('wrong');
    await dialog.getByLabel('New password', { exact: true }).fill(`${PASSWORD} twice`);
    await dialog.getByLabel('New password again').fill(`${PASSWORD} twice`);
    await page.keyboard.press('Enter');
    await dialog.getByText('That is not your password.').waitFor();
    await dialog.getByLabel('Current password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await dialog.getByText('Your password is changed.').waitFor();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await forget(page);
    await page.reload();
    await logIn(page, 'ada', `${PASSWORD} twice`);
    await isIn(page, 'ada');
  });

  // The last one: for a while nobody gets in after it.
  test('whoever guesses is told to wait, and how long', async () => {
    const page = await on.page();
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    const button = page.getByRole('button', { name: 'Log in' });
    /** How long one is told to wait, in seconds, and whether one may try: both of the same moment. */
    const look = () =>
      page.evaluate(() => ({
        left: Number(/Try again in (\d+) s\./.exec(document.body.innerText)?.[1] ?? 0),
        mayTry: document.querySelector<HTMLButtonElement>('.door [type=submit]')?.disabled === false,
      }));
    await page.getByLabel('Name').fill('ada');
    let seen = await look();
    // The first waits are short: the click waits them out.
    for (let tries = 0; tries < 50 && seen.left < 3; tries += 1) {
      await page.getByLabel('Password').fill(`guess ${tries}`);
      const answered = page.waitForResponse((response) => response.request().method() === 'POST');
      await button.click();
      await answered;
      await expect.poll(async () => ((seen = await look()), seen.left > 0 || seen.mayTry)).toBe(true);
    }
    expect(seen.left).toBeGreaterThanOrEqual(3);
    expect(seen.mayTry).toBe(false);
    await expect.poll(async () => (await look()).left).toBeLessThan(seen.left);
  });
});

describe('where nobody is asked', () => {
  const on = stage({ env: { PROJECT_SYNC__API__ACCESS: 'open' } });

  test('everything is there, and the settings say why', async () => {
    const page = await on.page('/settings');
    await page.getByText('Open to this machine only.').waitFor();
    expect(await page.getByRole('button', { name: /^You/ }).count()).toBe(0);
    await page.getByRole('link', { name: 'Members' }).waitFor();
  });
});
