// Time zones by their IANA names, and moments in them.

/** The zone of whoever looks at the page. */
export const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

/** All zones that this browser knows. */
export const ZONES: readonly string[] = [...new Set(['UTC', ...Intl.supportedValuesOf('timeZone')])];

/** Whether this browser knows the zone. The server's list may be another. */
export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name !== '';
  } catch {
    return false;
  }
}

/** "Mon, Mar 2, 02:30" as the clocks of a zone show it; of this browser, if it does not know the zone. */
export function inZone(at: string | number, zone: string): string {
  const timeZone = isZone(zone) ? zone : OWN_ZONE;
  const format = { timeZone, weekday: 'short', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  return new Intl.DateTimeFormat('en', format).format(new Date(at));
}
