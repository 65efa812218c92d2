// @vitest-environment happy-dom
import { cleanup, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { as, network, ok, type Network } from './network.js';
import { at, found, project, show } from './show.js';

const ID = '0190d3f0-0000-7000-8000-00000000000a';

let net: Network;

beforeEach(() => {
  localStorage.clear();
  net = network();
  net.answers.set('GET /api/v1/projects', ok({ items: [project(ID, 'harbour')] }));
});
afterEach(() => {
  cleanup();
  net.restore();
});

const heading = (name: string) => screen.findByRole('heading', { level: 1, name });
const knows = (session: ReturnType<typeof as>) => net.answers.set('GET /api/v1/session', ok(session));

describe('what one may not do is not offered', () => {
  const sync = { id: 's-1', projectId: ID, branch: 'main', kind: 'sync', status: 'completed', trigger: 'api', number: 4, attempts: 1, summary: 'Begin', createdAt: at, finishedAt: at, counts: { added: 0, modified: 0, deleted: 0, renamed: 0, entriesCreated: 0, entriesSuperseded: 0 } };

  beforeEach(() => {
    net.answers.set(`GET /api/v1/projects/${ID}`, ok(project(ID, 'harbour')));
    net.answers.set(`GET /api/v1/projects/${ID}/sync/status`, ok({ branch: 'main', sync: null, phases: [] }));
    net.answers.set(`GET /api/v1/projects/${ID}/sync/history`, ok({ items: [sync] }));
  });

  test.each([
    { role: 'viewer' as const, offered: [] },
    { role: 'member' as const, offered: ['Sync now'] },
    { role: 'owner' as const, offered: ['Sync now', 'Remove…', 'Triggers', 'Settings'] },
  ])('on a project, to a $role', async ({ role, offered }) => {
    knows(as(role));
    show(`/projects/${ID}`);
    await heading('harbour');
    const main = within(screen.getByRole('main'));
    await main.findByText('Nothing yet');
    const names = [main.queryByRole('button', { name: 'Sync now' }), main.queryByRole('button', { name: 'Remove…' }), main.queryByRole('link', { name: 'Triggers' }), main.queryByRole('link', { name: 'Settings' })];
    expect(names.filter(Boolean).map((each) => each?.textContent)).toEqual(offered);
    expect(main.queryByText('You may look, but not sync.') !== null).toBe(role === 'viewer');
  });

  test.each([
    { role: 'viewer' as const, can: false },
    { role: 'member' as const, can: true },
  ])('in the history, to a $role', async ({ role, can }) => {
    knows(as(role));
    show(`/projects/${ID}/history`);
    await screen.findByRole('button', { name: /^Changes/ });
    expect(screen.queryByRole('button', { name: /^Restore/ }) !== null).toBe(can);
  });

  test('in the main navigation, and a page that is named anyway says why', async () => {
    knows(as('viewer'));
    show('/queue');
    await heading('Queue');
    expect(screen.getByText(/Only operators of this service may see this page/)).toBeTruthy();
    expect(within(screen.getByRole('navigation', { name: 'Main' })).getAllByRole('link').map((link) => link.textContent)).toEqual(['Projects']);
    expect(net.asked.some((line) => line.includes('/admin/'))).toBe(false);
  });

  test('to a viewer among the projects: no repository is connected', async () => {
    knows(as('viewer'));
    net.answers.set('GET /api/v1/projects', ok({ items: [] }));
    show('/');
    expect(await found(/^Members and owners connect repositories/)).toBeTruthy();
    expect(screen.queryByLabelText('Repository')).toBeNull();
  });

  test('of the settings, each sees what is theirs', async () => {
    net.answers.set('GET /api/v1/tokens', ok({ items: [], next: null }));
    knows(as('owner'));
    const owner = show('/settings');
    expect(await found('No token yet')).toBeTruthy();
    const links = () => within(screen.getByRole('navigation', { name: 'Settings' })).getAllByRole('link').map((link) => link.textContent);
    expect(links()).toEqual(['API tokens', 'Members', 'Webhooks', 'Audit log']);
    expect(window.location.pathname).toBe('/settings/tokens');
    owner.unmount();
    knows(as('owner', { role: null, rights: ['operate'] }));
    net.answers.set('GET /api/v1/admin/doctor', ok({ status: 'ok', checks: [] }));
    net.answers.set('GET /api/v1/settings', ok({ sections: {} }));
    const operator = show('/settings');
    await found('How the service is');
    expect(links()).toEqual(['Service']);
    operator.unmount();
    knows(as('member'));
    show('/settings/tokens');
    expect(await found('Not for you')).toBeTruthy();
  });

  test('to a token of one project: nothing of the tenant', async () => {
    localStorage.setItem('project-sync.token', 'ps_one');
    knows(as('owner', { kind: 'token', projectId: ID }));
    show('/');
    expect(await found('harbour')).toBeTruthy();
    expect(screen.queryByLabelText('Repository')).toBeNull();
    expect(screen.queryByRole('link', { name: 'Settings' })).toBeNull();
  });
});
