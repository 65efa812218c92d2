import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventStreamParser, EventTooLongError, type StreamEvent } from '../src/stream/parser.js';
import { TRIED } from './samples.js';

function parse(...chunks: (string | Uint8Array)[]) {
  const events: StreamEvent[] = [];
  const retries: number[] = [];
  const parser = new EventStreamParser({ onEvent: (event) => events.push(event), onRetry: (ms) => retries.push(ms) });
  for (const chunk of chunks) parser.push(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk);
  return { events, retries, lastEventId: parser.lastEventId };
}

const data = (...chunks: (string | Uint8Array)[]) => parse(...chunks).events.map((event) => event.data);

describe('fields', () => {
  test('id, event and data make an event; the id stays', () => {
    expect(parse('id: 7\nevent: warning\ndata: {"a":1}\n\ndata: b\n\n').events).toEqual([
      { type: 'warning', data: '{"a":1}', id: '7' },
      { type: 'message', data: 'b', id: '7' },
    ]);
  });

  test('one space after the colon is dropped, a second one is not', () => {
    expect(data('data:a\n\ndata: a\n\ndata:  a\n\ndata:\ta\n\n')).toEqual(['a', 'a', ' a', '\ta']);
  });

  test('several data lines are joined, empty ones too', () => {
    expect(data('data: a\ndata\ndata:\ndata: b\n\n')).toEqual(['a\n\n\nb']);
  });

  test('data without a colon is an empty event; an event without data is none', () => {
    expect(data('data\n\nevent: x\n\ndata: after\n\n')).toEqual(['', 'after']);
    expect(parse('event: x\n\ndata: after\n\n').events[0]?.type).toBe('message');
  });

  test('an id without data counts too, an empty one clears it, one with NUL is none', () => {
    expect(parse('id: 5\n\n').lastEventId).toBe('5');
    expect(parse('id: 5\n\nid\ndata: x\n\n').lastEventId).toBe('');
    expect(parse('id: 5\n\nid: 6\0\ndata: x\n\n').lastEventId).toBe('5');
  });

  test('an id counts only once its event is whole', () => {
    expect(parse('id: 1\ndata: a\n\nid: 2\ndata: b\n').lastEventId).toBe('1');
  });

  test('retry takes digits only', () => {
    expect(parse('retry: 1500\nretry: 2s\nretry:-1\nretry:\nretry: 0\n').retries).toEqual([1500, 0]);
  });

  test('comments and unknown fields pass', () => {
    expect(data(': hello\n:\nnonsense: 1\n data: no\ndata: yes\n\n')).toEqual(['yes']);
  });

  test('what is not whole at the end is no event', () => {
    expect(data('data: a\n\ndata: b\n')).toEqual(['a']);
  });
});

describe('bytes', () => {
  test('lines end with LF, CR or CRLF, also mixed', () => {
    expect(data('data: a\n\ndata: b\r\rdata: c\r\n\r\ndata: d\r\n\ndata: e\r\n\r')).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('CR and LF in two chunks are one end', () => {
    expect(data('data: a\r', '\ndata: b\r', '\n\r', '\n')).toEqual(['a\nb']);
    expect(data('data: a\r', '\r', 'data: b\n\n')).toEqual(['a', 'b']);
  });

  test('a line that ends with CR does not wait for the next chunk', () => {
    expect(data('data: a\r\r')).toEqual(['a']);
  });

  test('a byte order mark at the beginning is dropped, a later one is not', () => {
    expect(data('\uFEFFdata: a\n\n')).toEqual(['a']);
    expect(data(Uint8Array.of(0xef), Uint8Array.of(0xbb, 0xbf), 'data: a\n\n')).toEqual(['a']);
    expect(data('\uFEFF\uFEFFdata: a\n\ndata: b\n\n')).toEqual(['b']);
    expect(data('data: \uFEFFa\n\n')).toEqual(['\uFEFFa']);
  });

  test('bytes that are not UTF-8 become U+FFFD and break nothing else', () => {
    expect(data('data: ', Uint8Array.of(0xff), '\n\ndata: b\n\n')).toEqual(['\uFFFD', 'b']);
  });

  test('what is too long is refused, in a line and in many', () => {
    const limited = () => new EventStreamParser({ onEvent: () => {}, maxEventChars: 100 });
    expect(() => limited().push(new TextEncoder().encode(`data: ${'x'.repeat(200)}`))).toThrow(EventTooLongError);
    const parser = limited();
    const line = new TextEncoder().encode(`data: ${'x'.repeat(30)}\n`);
    expect(() => Array.from({ length: 5 }, () => parser.push(line))).toThrow(EventTooLongError);
  });

  test('wherever the chunks are cut, the events are the same', () => {
    const field = fc.constantFrom('data: é\u{1F600}x', 'data', 'id: 4', 'id', 'event: ü', 'retry: 10', ': c', '', '', 'x: y');
    const stream = fc
      .tuple(fc.boolean(), fc.array(fc.tuple(field, fc.constantFrom('\n', '\r', '\r\n')), { maxLength: 30 }))
      .map(([bom, lines]) => (bom ? '\uFEFF' : '') + lines.flat().join(''));
    fc.assert(
      fc.property(stream, fc.array(fc.nat(200), { maxLength: 12 }), (text, cuts) => {
        const bytes = new TextEncoder().encode(text);
        const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
        const chunks = at.slice(1).map((to, i) => bytes.subarray(at[i], to));
        expect(parse(...chunks)).toEqual(parse(bytes));
        expect(parse(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(parse(bytes));
      }),
      TRIED,
    );
  });
});
