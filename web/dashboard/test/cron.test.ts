import { describe, expect, test } from 'vitest';
import { readCron } from '../src/pages/triggers/cron.js';

const words = (cron: string) => {
  const meaning = readCron(cron);
  return meaning.kind === 'words' ? meaning.words : meaning.kind === 'wrong' ? `! ${meaning.why}` : '?';
};

describe('a pattern in words', () => {
  test.each([
    ['0 2 * * *', 'At 02:00, every day'],
    ['30 2 * * MON-FRI', 'At 02:30, Monday to Friday'],
    ['30 2 * * 1-5', 'At 02:30, Monday to Friday'],
    ['0 6,18 * * *', 'At 06:00 and 18:00, every day'],
    ['0,30 9 * * mon,thu', 'At 09:00 and 09:30, on Mondays and Thursdays'],
    ['0 0 * * 0', 'At 00:00, on Sundays'],
    ['0 0 * * 7', 'At 00:00, on Sundays'],
    ['0 * * * *', 'Every hour, on the hour'],
    ['5 * * * *', 'At minute 5 of every hour'],
    ['5,20,50 * * * *', 'At minutes 5, 20 and 50 of every hour'],
    ['* * * * *', 'Every minute'],
    ['*/15 * * * *', 'Every 15 minutes'],
    ['*/15 9-17 * * MON-FRI', 'Every 15 minutes, from 09:00 to 17:59, Monday to Friday'],
    ['7 */6 * * *', 'At minute 7, every 6 hours'],
    ['0 2 1 * *', 'At 02:00, on day 1 of the month'],
    ['0 2 1,15 1-3 *', 'At 02:00, on days 1 and 15 of the month in January to March'],
    ['0 2 13 * FRI', 'At 02:00, on day 13 of the month and on Fridays'],
    ['0 2 L * *', 'At 02:00, on the last day of the month'],
    ['0 2 * * FRI#L', 'At 02:00, on the last Friday of the month'],
    ['0 2 * * 1#2', 'At 02:00, on the second Monday of the month'],
    ['0 2 15W * ?', 'At 02:00, on the weekday nearest to day 15 of the month'],
    ['0 2 * 12 *', 'At 02:00, every day in December'],
    ['*/7 * * * *', 'At minutes each 7th of 0 to 59 of every hour'],
    ['  0   2 * *   * ', 'At 02:00, every day'],
  ])('%s: %s', (cron, said) => {
    expect(words(cron)).toBe(said);
  });

  test.each([
    ['0 2 * *', '! It has five fields, not 4: minute, hour, day of the month, month, day of the week.'],
    ['0 0 2 * * *', '! It has five fields, not 6: minute, hour, day of the month, month, day of the week.'],
    ['60 2 * * *', '! The minute is from 0 to 59, not 60.'],
    ['0 24 * * *', '! The hour is from 0 to 23, not 24.'],
    ['0 2 0 * *', '! The day of the month is from 1 to 31, not 0.'],
    ['*/0 * * * *', '! “*/0” is no minute.'],
  ])('%s is surely wrong', (cron, said) => {
    expect(words(cron)).toBe(said);
  });

  test.each(['', 'abc * * * *', '0 2 * * FRIDAY', '0 22-2 * * *'])('“%s” is left to the server', (cron) => {
    expect(words(cron)).toBe('?');
  });
});
