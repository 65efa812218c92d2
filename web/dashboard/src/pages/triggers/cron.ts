// What a schedule's pattern means, in words. The server decides what it takes; what is not understood here is left to it.

/** A pattern as it is read here: in words, with what is surely wrong, or not at all. */
export type Meaning = { kind: 'words'; words: string } | { kind: 'wrong'; why: string } | { kind: 'unknown' };

const NAMES = ['minute', 'hour', 'day of the month', 'month', 'day of the week'] as const;
const BOUNDS = [[0, 59], [0, 23], [1, 31], [1, 12], [0, 7]] as const;
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const ORDINALS = ['', 'first', 'second', 'third', 'fourth', 'fifth'];
/** As many times of a day are written out. */
const MOST_TIMES = 4;

type Index = 0 | 1 | 2 | 3 | 4;

/** A part of a field: values from one to another, each so many. */
interface Range {
  from: number;
  to: number;
  step: number;
}

/** A field: any value, ranges of them, or words of its own for a part that is neither. */
type Field = 'any' | { ranges: Range[]; special: string[] };

class Wrong extends Error {}
class Unknown extends Error {}

/** Reads the five fields of a pattern: minute, hour, day of the month, month, day of the week. */
export function readCron(cron: string): Meaning {
  const fields = cron.trim().split(/\s+/).filter(Boolean);
  if (fields.length === 0) return { kind: 'unknown' };
  if (fields.length !== NAMES.length) {
    return { kind: 'wrong', why: `It has five fields, not ${fields.length}: ${NAMES.join(', ')}.` };
  }
  try {
    const [minute, hour, day, month, weekday] = fields.map((text, i) => readField(text, i as Index)) as [Field, Field, Field, Field, Field];
    const time = timeWords(minute, hour);
    const days = dayWords(day, weekday, month);
    // What happens every few minutes happens every day.
    const isPlain = days === '' && !time.isClock;
    return { kind: 'words', words: isPlain ? time.words : `${time.words}, ${days || 'every day'}` };
  } catch (error) {
    if (error instanceof Wrong) return { kind: 'wrong', why: error.message };
    if (error instanceof Unknown) return { kind: 'unknown' };
    throw error;
  }
}

function readField(text: string, i: Index): Field {
  if (text === '*' || text === '?') return 'any';
  const field: Exclude<Field, 'any'> = { ranges: [], special: [] };
  for (const part of text.split(',')) {
    const special = specialDay(part.toUpperCase(), i);
    if (special === undefined) field.ranges.push(readRange(part, i));
    else field.special.push(special);
  }
  return field;
}

/** `L`, `15W`, `FRI#2`, `FRI#L`, `5L`: days that only a calendar knows. */
function specialDay(part: string, i: Index): string | undefined {
  if (i === 2 && part === 'L') return 'the last day of the month';
  const [, near] = /^(\d+)W$/.exec(part) ?? [];
  if (i === 2 && near) return `the weekday nearest to day ${near} of the month`;
  const [, name, which] = /^(\w+?)(?:#)([1-5L])$/.exec(part) ?? /^([0-7A-Z]+?)(L)$/.exec(part) ?? [];
  if (i !== 4 || !name || !which) return undefined;
  return `the ${which === 'L' ? 'last' : ORDINALS[Number(which)]} ${DAYS[readValue(name, i) % 7]} of the month`;
}

function readRange(part: string, i: Index): Range {
  const [values = '', stepText, ...more] = part.split('/');
  const step = stepText === undefined ? 1 : readNumber(stepText);
  if (more.length > 0 || step < 1) throw new Wrong(`“${part}” is no ${NAMES[i]}.`);
  const [low, high] = BOUNDS[i];
  if (values === '*') return { from: low, to: i === 4 ? 6 : high, step };
  const [first = '', last, ...others] = values.split('-');
  if (others.length > 0) throw new Wrong(`“${part}” is no ${NAMES[i]}.`);
  const from = readValue(first, i);
  const to = last === undefined ? (stepText === undefined ? from : high) : readValue(last, i);
  if (to < from) throw new Unknown();
  return { from, to, step };
}

function readNumber(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new Unknown();
  return Number(text);
}

function readValue(text: string, i: Index): number {
  const short = text.toUpperCase();
  if (/^[A-Z]{3}$/.test(short) && (i === 3 || i === 4)) {
    const found = (i === 3 ? MONTHS : DAYS).findIndex((name) => name.slice(0, 3).toUpperCase() === short);
    if (found >= 0) return i === 3 ? found + 1 : found;
  }
  const value = readNumber(text);
  const [low, high] = BOUNDS[i];
  if (value < low || value > high) throw new Wrong(`The ${NAMES[i]} is from ${low} to ${high}, not ${value}.`);
  return value;
}

interface Time {
  words: string;
  /** Whether it names times of a day. */
  isClock: boolean;
}

function timeWords(minute: Field, hour: Field): Time {
  const minutes = valuesOf(minute);
  const hours = valuesOf(hour);
  if (minutes && hours && minutes.length * hours.length <= MOST_TIMES) {
    const times = hours.flatMap((h) => minutes.map((m) => clock(h, m)));
    return { words: `At ${listed(times)}`, isClock: true };
  }
  const often = minute === 'any' ? 'Every minute' : everyOf(minute, 60, 'minute') ?? (minutes ? minutesOf(minutes) : partsOf(minute, 'minutes', String));
  if (hour === 'any') {
    const isOnHour = minutes?.length === 1 && minutes[0] === 0;
    const words = isOnHour ? 'Every hour, on the hour' : minute === 'any' || everyOf(minute, 60, 'minute') ? often : `${often} of every hour`;
    return { words, isClock: false };
  }
  return { words: `${often}, ${hoursOf(hour)}`, isClock: false };
}

function minutesOf(minutes: number[]): string {
  return `At ${minutes.length === 1 ? 'minute' : 'minutes'} ${listed(minutes.map(String))}`;
}

function hoursOf(hour: Exclude<Field, 'any'>): string {
  const every = everyOf(hour, 24, 'hour');
  if (every) return every.toLowerCase();
  const [only, ...more] = hour.ranges;
  if (only && more.length === 0 && only.step === 1) return `from ${clock(only.from, 0)} to ${clock(only.to, 59)}`;
  return partsOf(hour, 'hours', (h) => clock(h, 0));
}

/** "Every 15 minutes" where a step goes on evenly from one whole to the next. */
function everyOf(field: Field, whole: number, unit: string): string | undefined {
  if (field === 'any' || field.ranges.length !== 1 || field.special.length > 0) return undefined;
  const { from, to, step } = field.ranges[0] as Range;
  const isEven = from === 0 && to === whole - 1 && whole % step === 0;
  return isEven ? (step === 1 ? `Every ${unit}` : `Every ${step} ${unit}s`) : undefined;
}

/** The values of a field, if it names them one by one. */
function valuesOf(field: Field): number[] | undefined {
  if (field === 'any' || field.special.length > 0) return undefined;
  if (field.ranges.some(({ from, to }) => from !== to)) return undefined;
  return [...new Set(field.ranges.map(({ from }) => from))].sort((a, b) => a - b);
}

function partsOf(field: Exclude<Field, 'any'>, unit: string, say: (value: number) => string): string {
  const parts = field.ranges.map(({ from, to, step }) => {
    const values = from === to ? say(from) : `${say(from)} to ${say(to)}`;
    return step === 1 ? values : `each ${step}${ending(step)} of ${values}`;
  });
  return `at ${unit} ${listed(parts)}`.replace(/^at minutes/, 'At minutes');
}

/** The days on which it comes due; where both are named, either will do. */
function dayWords(day: Field, weekday: Field, month: Field): string {
  const ofMonth = day === 'any' ? '' : onDays(day);
  const ofWeek = weekday === 'any' ? '' : onWeekdays(weekday);
  const days = [ofMonth, ofWeek].filter(Boolean).join(' and ');
  const months = month === 'any' ? '' : `in ${ranges(month, (m) => MONTHS[m - 1] ?? '')}`;
  if (days === '' && months === '') return '';
  return [days || 'every day', months].filter(Boolean).join(' ');
}

function onDays(day: Exclude<Field, 'any'>): string {
  const days = day.ranges.length === 0 ? [] : [`${isOne(day) ? 'day' : 'days'} ${ranges(day, String)} of the month`];
  return `on ${listed([...days, ...day.special])}`;
}

function onWeekdays(weekday: Exclude<Field, 'any'>): string {
  const names = (value: number) => DAYS[value % 7] ?? '';
  const days = weekday.ranges.length === 0 ? [] : [weekday.ranges.every(({ from, to }) => from === to) ? listed(weekday.ranges.map(({ from }) => `${names(from)}s`)) : ranges(weekday, names)];
  return `on ${listed([...days, ...weekday.special])}`.replace(/^on (\w+day to \w+day)$/, '$1');
}

function isOne({ ranges }: Exclude<Field, 'any'>): boolean {
  return ranges.length === 1 && ranges[0]?.from === ranges[0]?.to;
}

function ranges({ ranges }: Exclude<Field, 'any'>, say: (value: number) => string): string {
  return listed(
    ranges.map(({ from, to, step }) => {
      const values = from === to ? say(from) : `${say(from)} to ${say(to)}`;
      return step === 1 || from === to ? values : `each ${step}${ending(step)} of ${values}`;
    }),
  );
}

function clock(hour: number, minute: number): string {
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}

function listed(parts: string[]): string {
  return parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

/** "2nd", "3rd", "11th". */
function ending(n: number): string {
  if (n % 100 >= 11 && n % 100 <= 13) return 'th';
  return ['th', 'st', 'nd', 'rd'][n % 10] ?? 'th';
}
