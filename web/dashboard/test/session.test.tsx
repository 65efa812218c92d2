// @vitest-environment happy-dom
import { act, cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { as, fail, network, NOBODY, ok, OPEN, type Network } from './network.js';
import { found, project, show } from './show.js';

const ID = '0190d3f0-0000-7000-8000-00000000000a';
const SESSION = 'GET /api/v1/session';
const PROJECTS = 'GET /api/v1/projects';
const WRONG = fail(401, 'invalid-credentials', 'That is no login', 'name or password is wrong');

let net: Network;

beforeEach(() => {
  localStorage.clear();
  net = network();
  net.answers.set(SESSION, ok(NOBODY));
  net.answers.set(PROJECTS, ok({ items: [project(ID, 'harbour')] }));
});
afterEach(() => {
  cleanup();
  net.restore();
  vi.useRealTimers();
});

const heading = (name: string) => screen.findByRole('heading', { level: 1, name });
/** Waits until the focus is there, which is set after what is drawn. */
const hasFocus = (element: HTMLElement) => waitFor(() => expect(document.activeElement).toBe(element));
const button = (name: string | RegExp) => screen.getByRole('button', { name }) as HTMLButtonElement;

/** Fills the login page in, and sends it. */
async function logIn(name = 'Ada', password = 'four words and more') {
  await heading('Log in');
  await userEvent.type(screen.getByLabelText('Name'), name);
  await userEvent.type(screen.getByLabelText('Password'), `${password}{Enter}`);
}

/** From now on the server knows who asks. */
function knows(session = as('owner')) {
  net.answers.set(SESSION, ok(session));
  net.answers.set('POST /api/v1/session', ok(session));
}

describe('a session', () => {
  test('is asked for before anything is shown', async () => {
    net.answers.set(SESSION, 'pending');
    show('/');
    expect(await found('Loading the page…')).toBeTruthy();
    expect(screen.queryByRole('navigation')).toBeNull();
    expect(net.asked).toEqual(['GET /api/v1/session']);
  });

  test('that cannot be told says why, and can be asked for again', async () => {
    net.answers.set(SESSION, 'down');
    show('/');
    expect((await screen.findByRole('alert')).textContent).toContain('The server does not answer');
    net.answers.set(SESSION, ok(OPEN));
    await userEvent.click(button('Try again'));
    expect(await found('harbour')).toBeTruthy();
  });

  test('of an open server is everybody’s: nobody is asked, and there is nobody to log out', async () => {
    net.answers.set(SESSION, ok(OPEN));
    show('/');
    expect(await found('harbour')).toBeTruthy();
    expect(screen.queryByRole('button', { name: /^You/ })).toBeNull();
    expect(screen.getByRole('link', { name: 'Queue' })).toBeTruthy();
  });
});

describe('logging in', () => {
  test('leads to where one wanted to go, with nothing asked before', async () => {
    net.answers.set(`GET /api/v1/projects/${ID}`, ok(project(ID, 'harbour')));
    net.answers.set(`GET /api/v1/projects/${ID}/files`, ok({ items: [] }));
    show(`/projects/${ID}/files?q=rope`);
    await heading('Log in');
    await hasFocus(screen.getByLabelText('Name'));
    expect(net.asked.filter((line) => !line.endsWith('/session'))).toEqual([]);
    knows();
    await logIn(' Ada ');
    await heading('harbour');
    expect(window.location.pathname + window.location.search).toBe(`/projects/${ID}/files?q=rope`);
    expect(net.sent).toContainEqual(['POST /api/v1/session', { name: 'Ada', password: 'four words and more' }]);
    await waitFor(() => expect(document.title).toContain('harbour'));
  });

  test('with a wrong password says so at the field, and is no lost session', async () => {
    net.answers.set('POST /api/v1/session', WRONG);
    show('/');
    await logIn();
    const field = screen.getByLabelText('Password') as HTMLInputElement;
    await waitFor(() => expect(field.getAttribute('aria-invalid')).toBe('true'));
    const told = document.getElementById(field.getAttribute('aria-describedby') ?? '');
    expect(told?.textContent).toBe('Name or password is wrong.');
    expect(told?.getAttribute('role')).toBe('status');
    expect(net.asked.filter((line) => line === SESSION)).toHaveLength(1);
    knows();
    await userEvent.type(field, 'another{Enter}');
    expect(await found('harbour')).toBeTruthy();
  });

  test('too often counts down until it may be tried again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'], shouldAdvanceTime: true });
    const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
    net.answers.set('POST /api/v1/session', { ...fail(429, 'too-many-requests', 'Too many requests', 'wait'), headers: { 'Retry-After': '20' } });
    show('/');
    await heading('Log in');
    await user.type(screen.getByLabelText('Name'), 'Ada');
    await user.type(screen.getByLabelText('Password'), 'x{Enter}');
    const told = (await screen.findByRole('alert')).textContent;
    expect(told).toMatch(/^Too many tries\. Wait (20|19) seconds\.$/);
    expect(button('Log in').disabled).toBe(true);
    // The clock goes on by itself, too: a little here, more where a machine is busy.
    await act(() => vi.advanceTimersByTimeAsync(12_000));
    expect(screen.getByText(/^Try again in [1-8] s\.$/)).toBeTruthy();
    // What is heard is said once.
    expect(screen.getByRole('alert').textContent).toBe(told);
    await act(() => vi.advanceTimersByTimeAsync(9_000));
    expect(screen.queryByRole('alert')).toBeNull();
    expect(button('Log in').disabled).toBe(false);
  });

  test('that fails otherwise says why', async () => {
    net.answers.set('POST /api/v1/session', fail(503, 'database-unavailable', 'The database does not answer', 'restarting'));
    show('/');
    await logIn();
    expect((await screen.findByRole('alert')).textContent).toContain('restarting');
  });

  test('asks for the tenant only of those who have several', async () => {
    const tenants = [{ id: 't-1', name: 'local', role: 'owner' as const }, { id: 't-2', name: 'harbour office', role: 'viewer' as const }];
    net.answers.set('POST /api/v1/session', ok(as('owner', {}, { tenants })));
    const there = as('viewer', { tenant: { id: 't-2', name: 'harbour office' } }, { tenants });
    net.answers.set('PUT /api/v1/session', ok(there));
    show('/');
    await logIn();
    await heading('Choose a tenant');
    const list = within(screen.getByRole('list', { name: 'Tenants' }));
    await hasFocus(list.getByRole('button', { name: /local/ }));
    await userEvent.click(list.getByRole('button', { name: /harbour office/ }));
    expect(await found('harbour')).toBeTruthy();
    expect(net.sent).toContainEqual(['PUT /api/v1/session', { tenantId: 't-2' }]);
    await userEvent.click(button(/^You/));
    expect(screen.getByText('Viewer in harbour office')).toBeTruthy();
  });
});

describe('the first user', () => {
  test('is made with a password that was typed twice, and is logged in', async () => {
    net.answers.set(SESSION, ok({ ...NOBODY, setUp: false }));
    net.answers.set('POST /api/v1/setup', { status: 201, body: as('owner') });
    show('/');
    await heading('Set up Project Sync');
    await userEvent.type(screen.getByLabelText('Name'), 'Ada');
    await userEvent.type(screen.getByLabelText('Password'), 'four words and more');
    await userEvent.type(screen.getByLabelText('Password again'), 'four words');
    expect(await found('The two are not the same.')).toBeTruthy();
    expect(button('Make the user and log in').disabled).toBe(true);
    await userEvent.type(screen.getByLabelText('Password again'), ' and more{Enter}');
    expect(await found('harbour')).toBeTruthy();
    expect(net.sent).toEqual([['POST /api/v1/setup', { name: 'Ada', password: 'four words and more' }]]);
  });

  test('says at its field what is wrong', async () => {
    net.answers.set(SESSION, ok({ ...NOBODY, setUp: false }));
    const refused = fail(422, 'invalid-value', 'A value is not acceptable', 'it is too short');
    net.answers.set('POST /api/v1/setup', { ...refused, body: { ...refused.body, field: 'password' } });
    show('/');
    await heading('Set up Project Sync');
    await userEvent.type(screen.getByLabelText('Name'), 'Ada');
    await userEvent.type(screen.getByLabelText('Password'), 'x');
    await userEvent.type(screen.getByLabelText('Password again'), 'x{Enter}');
    expect(await found('it is too short')).toBeTruthy();
    expect(screen.getByLabelText('Password').getAttribute('aria-invalid')).toBe('true');
  });

  test('that somebody else made meanwhile leads to the login', async () => {
    net.answers.set(SESSION, ok({ ...NOBODY, setUp: false }));
    net.answers.set('POST /api/v1/setup', fail(409, 'already-set-up', 'It is set up', 'there is a user'));
    show('/');
    await heading('Set up Project Sync');
    net.answers.set(SESSION, ok(NOBODY));
    await userEvent.type(screen.getByLabelText('Name'), 'Ada');
    await userEvent.type(screen.getByLabelText('Password'), 'x');
    await userEvent.type(screen.getByLabelText('Password again'), 'x{Enter}');
    await heading('Log in');
  });
});

describe('an API token', () => {
  /** Answers by the token that a request has. */
  const byToken = (_: URL, request: Request) =>
    request.headers.get('authorization') === 'Bearer ps_good' ? as('owner', { kind: 'token', name: 'ci' }) : request.headers.has('authorization') ? fail(401, 'unauthorized', 'It is not known', 'no such token') : NOBODY;

  test('is another way in: kept, sent, and forgotten when one logs out', async () => {
    net.answers.set(SESSION, byToken);
    show('/');
    await heading('Log in');
    await userEvent.click(button('Use an API token'));
    await heading('Log in with a token');
    await hasFocus(screen.getByLabelText('API token'));
    await userEvent.type(screen.getByLabelText('API token'), 'ps_bad{Enter}');
    expect(await found(/^It is not accepted/)).toBeTruthy();
    expect(localStorage.getItem('project-sync.token')).toBeNull();
    await userEvent.clear(screen.getByLabelText('API token'));
    await userEvent.type(screen.getByLabelText('API token'), ' ps_good {Enter}');
    expect(await found('harbour')).toBeTruthy();
    expect(localStorage.getItem('project-sync.token')).toBe('ps_good');
    await userEvent.click(button(/^You/));
    expect(screen.getByText('API token in local')).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Change password…' })).toBeNull();
    await userEvent.click(button('Log out'));
    await heading('Log in');
    expect(localStorage.getItem('project-sync.token')).toBeNull();
    // A token has no session of its own to be ended.
    expect(net.asked).not.toContain('DELETE /api/v1/session');
  });

  test('that does not hold any more is forgotten', async () => {
    localStorage.setItem('project-sync.token', 'ps_old');
    net.answers.set(SESSION, byToken);
    show('/');
    await heading('Log in');
    expect(localStorage.getItem('project-sync.token')).toBeNull();
  });
});

describe('a session that ends', () => {
  test('by itself leads to the login, and back to the page as it was', async () => {
    knows();
    show('/?x=1');
    await userEvent.type(await screen.findByLabelText('Repository'), '/srv/half-typed');
    net.answers.set(SESSION, ok(NOBODY));
    net.answers.set('POST /api/v1/projects', fail(401, 'unauthorized', 'Who asks?', 'nobody is logged in'));
    await userEvent.keyboard('{Enter}');
    expect(await found(/^Your session has ended/)).toBeTruthy();
    expect(screen.getAllByRole('heading', { level: 1 }).map((each) => each.textContent)).toEqual(['Log in']);
    knows();
    const listed = () => net.asked.filter((line) => line.startsWith(PROJECTS)).length;
    const before = listed();
    await logIn();
    await waitFor(() => expect(screen.queryByRole('heading', { name: 'Log in' })).toBeNull());
    // What is shown is not as old as the session was.
    await waitFor(() => expect(listed()).toBeGreaterThan(before));
    expect((screen.getByLabelText('Repository') as HTMLInputElement).value).toBe('/srv/half-typed');
    await hasFocus(screen.getByRole('main'));
    expect(window.location.search).toBe('?x=1');
  });

  test('by a stream of events is noticed, too', async () => {
    knows();
    net.answers.set(`GET /api/v1/projects/${ID}`, ok(project(ID, 'harbour')));
    net.answers.set(`GET /api/v1/projects/${ID}/sync/status`, ok({ branch: 'main', sync: null, phases: [] }));
    net.answers.set(`GET /api/v1/events/projects/${ID}`, () => {
      net.answers.set(SESSION, ok(NOBODY));
      return fail(401, 'unauthorized', 'Who asks?', 'nobody is logged in');
    });
    show(`/projects/${ID}`);
    await heading('Log in');
  });

  test('and is somebody else’s then, shows nothing of before', async () => {
    knows();
    show('/');
    await userEvent.type(await screen.findByLabelText('Repository'), '/srv/half-typed');
    net.answers.set(SESSION, ok(NOBODY));
    net.answers.set('POST /api/v1/projects', fail(401, 'unauthorized', 'Who asks?', 'nobody is logged in'));
    await userEvent.keyboard('{Enter}');
    await found(/^Your session has ended/);
    net.answers.set(PROJECTS, 'pending');
    knows(as('owner', { id: 'u-2', name: 'Grace' }));
    await logIn('Grace');
    expect(((await screen.findByLabelText('Repository')) as HTMLInputElement).value).toBe('');
    expect(await found('Loading projects…')).toBeTruthy();
    expect(screen.queryByText('harbour')).toBeNull();
  });

  test('because one logs out leaves nothing, and begins at the projects again', async () => {
    knows();
    net.answers.set('DELETE /api/v1/session', () => {
      net.answers.set(SESSION, ok(NOBODY));
      return { status: 204, body: null };
    });
    show('/settings/members');
    await userEvent.click(await screen.findByRole('button', { name: /^You/ }));
    await userEvent.click(button('Log out'));
    await heading('Log in');
    expect(screen.queryByText(/^Your session has ended/)).toBeNull();
    expect(window.location.pathname).toBe('/');
  });
});

test('logging out of a session that is over already is logging out', async () => {
  knows();
  net.answers.set('DELETE /api/v1/session', () => {
    net.answers.set(SESSION, ok(NOBODY));
    return fail(401, 'unauthorized', 'Who asks?', 'nobody is logged in');
  });
  show('/');
  await userEvent.click(await screen.findByRole('button', { name: /^You/ }));
  await userEvent.click(button('Log out'));
  await heading('Log in');
  await waitFor(() => expect(screen.queryByText(/^Your session has ended/)).toBeNull());
});

describe('the menu of a user', () => {
  test('tells who one is, and closes with Escape and when the focus leaves it', async () => {
    knows(as('member'));
    show('/');
    const opener = await screen.findByRole('button', { name: /^You/ });
    await userEvent.click(opener);
    expect(opener.getAttribute('aria-expanded')).toBe('true');
    expect(screen.getByText('Member in local')).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Switch tenant…' })).toBeNull();
    await userEvent.keyboard('{Escape}');
    expect(opener.getAttribute('aria-expanded')).toBe('false');
    expect(document.activeElement).toBe(opener);
    await userEvent.click(opener);
    await userEvent.tab({ shift: true });
    expect(opener.getAttribute('aria-expanded')).toBe('false');
  });

  test('stays open when the first repository could be typed by now', async () => {
    knows();
    let answer: (body: unknown) => void = () => {};
    net.answers.set(PROJECTS, () => new Promise((resolve) => (answer = resolve)));
    show('/');
    const opener = await screen.findByRole('button', { name: /^You/ });
    await userEvent.click(opener);
    await waitFor(() => expect(net.asked.some((line) => line.startsWith(PROJECTS))).toBe(true));
    answer({ items: [] });
    await found('No project yet');
    expect(opener.getAttribute('aria-expanded')).toBe('true');
  });

  test('changes the password; a wrong one is told, and is no lost session', async () => {
    knows();
    net.answers.set('PUT /api/v1/session/password', WRONG);
    show('/');
    await userEvent.click(await screen.findByRole('button', { name: /^You/ }));
    await userEvent.click(button('Change password…'));
    const dialog = within(screen.getByRole('dialog', { name: 'Change password' }));
    await userEvent.type(dialog.getByLabelText('Current password'), 'old');
    await userEvent.type(dialog.getByLabelText('New password'), 'new one');
    await userEvent.type(dialog.getByLabelText('New password again'), 'new one');
    await userEvent.click(dialog.getByRole('button', { name: 'Change password' }));
    expect(await found('That is not your password.')).toBeTruthy();
    expect(net.asked.filter((line) => line === SESSION)).toHaveLength(1);
    net.answers.set('PUT /api/v1/session/password', { status: 204, body: null });
    await userEvent.click(dialog.getByRole('button', { name: 'Change password' }));
    expect(await found('Your password is changed.')).toBeTruthy();
    expect(net.sent.at(-1)).toEqual(['PUT /api/v1/session/password', { current: 'old', new: 'new one' }]);
  });

  test('switches the tenant, and goes to its projects', async () => {
    const tenants = [{ id: 't-1', name: 'local', role: 'owner' as const }, { id: 't-2', name: 'other', role: 'member' as const }];
    knows(as('owner', {}, { tenants }));
    net.answers.set('GET /api/v1/members', ok({ items: [], next: null }));
    show('/settings/members');
    await userEvent.click(await screen.findByRole('button', { name: /^You/ }));
    await userEvent.click(button('Switch tenant…'));
    const next = as('member', { tenant: { id: 't-2', name: 'other' } }, { tenants });
    net.answers.set('PUT /api/v1/session', ok(next));
    net.answers.set(SESSION, ok(next));
    net.answers.set(PROJECTS, ok({ items: [project('b', 'lighthouse')] }));
    await userEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: /other/ }));
    expect(await found('lighthouse')).toBeTruthy();
    expect(window.location.pathname).toBe('/');
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(screen.queryByRole('link', { name: 'Settings' })).toBeNull();
  });
});
