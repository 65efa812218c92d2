import { describe, expect, test } from 'vitest';
import { readSource, sourceText } from '../src/source.js';

describe('what somebody types', () => {
  test.each([
    ['/srv/git/thing.git', { kind: 'git', url: '/srv/git/thing.git' }, 'thing'],
    [' /home/me/thing/ ', { kind: 'git', url: '/home/me/thing/' }, 'thing'],
    ['/home/me/thing/.git', { kind: 'git', url: '/home/me/thing/.git' }, 'thing'],
    ['C:\\code\\thing', { kind: 'git', url: 'C:\\code\\thing' }, 'thing'],
    ['https://host.example/a/b/thing.git', { kind: 'git', url: 'https://host.example/a/b/thing.git' }, 'thing'],
    ['http://127.0.0.1:3000/thing', { kind: 'git', url: 'http://127.0.0.1:3000/thing' }, 'thing'],
    ['owner/name', { kind: 'github', owner: 'owner', name: 'name' }, 'name'],
    ['https://github.com/owner/name', { kind: 'github', owner: 'owner', name: 'name' }, 'name'],
    ['https://github.com/owner/name.git', { kind: 'github', owner: 'owner', name: 'name' }, 'name'],
  ])('%s is a source', (typed, source, name) => {
    expect(readSource(typed)).toMatchObject({ kind: 'source', source, name });
  });

  test.each([
    ['~/thing', /whole path/],
    ['./thing', /whole path/],
    ['git@host.example:a/b.git', /ssh/],
    ['ssh://host.example/a', /ssh/],
    ['ftp://host.example/a', /http and https/],
    ['https://me:secret@host.example/a', /Leave user and password out/],
    ['https://github.com/owner', /owner and name/],
    ['https://github.com/owner/name/tree/main', /owner and name/],
    ['https://host.example/', /repository itself/],
    ['https://', /no address/],
    ['word', /owner\/name/],
    ['a/b/c', /owner\/name/],
    ['/', /folder/],
  ])('%s is told to be wrong', (typed, why) => {
    expect(readSource(typed)).toMatchObject({ kind: 'wrong', why: expect.stringMatching(why) });
  });

  test('nothing is nothing', () => {
    expect(readSource('  ')).toEqual({ kind: 'nothing' });
  });

  test('a source is shown as it would be typed', () => {
    expect(sourceText({ kind: 'github', owner: 'a', name: 'b' })).toBe('a/b');
    expect(sourceText({ kind: 'git', url: '/x' })).toBe('/x');
  });
});
