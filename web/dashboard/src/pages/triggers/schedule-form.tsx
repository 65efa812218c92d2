import { Dialog, ErrorMessage, explainProblem, useNow, type NewSchedule, type ProjectDetail, type Schedule } from '@project-sync/react';
import { useMutation } from '@tanstack/react-query';
import { useId, useState, type FormEvent } from 'react';
import { client } from '../../api.js';
import { fieldProblem, SelectField, TextField } from '../../parts/field.js';
import { readCron } from './cron.js';
import { AGO_MS } from './hook-words.js';
import { inZone, isZone, OWN_ZONE, ZONES } from './zones.js';

/** What is wanted most; the pattern can be changed afterwards. */
const OFTEN: readonly (readonly [cron: string, words: string])[] = [
  ['0 * * * *', 'Every hour'],
  ['0 2 * * *', 'Every night at 2'],
  ['0 2 * * MON-FRI', 'Weekdays at 2 in the night'],
  ['0 2 * * MON', 'Every Monday at 2 in the night'],
  ['0 2 1 * *', 'The first of each month'],
];

const JITTER: readonly (readonly [seconds: string, words: string])[] = [
  ['0', 'on time'],
  ['60', 'up to a minute later'],
  ['300', 'up to 5 minutes later'],
  ['900', 'up to 15 minutes later'],
  ['3600', 'up to an hour later'],
];

/** The fields of the API that have one of their own here. */
const FIELDS = ['cron', 'timeZone', 'branch', 'jitterSeconds'];

interface ScheduleFormProps {
  project: ProjectDetail;
  /** The one to change; absent: a new one. */
  before?: Schedule;
  onDone: () => void;
  onClose: () => void;
}

/** Makes a schedule, or changes one. */
export function ScheduleForm({ project, before, onDone, onClose }: ScheduleFormProps) {
  const id = useId();
  const [cron, setCron] = useState(before?.cron ?? '0 2 * * *');
  const [timeZone, setTimeZone] = useState(before?.timeZone ?? OWN_ZONE);
  const [branch, setBranch] = useState(before?.branch ?? '');
  const [jitter, setJitter] = useState(String(before?.jitterSeconds ?? 0));
  const [sent, setSent] = useState<NewSchedule>();
  const given: NewSchedule = {
    cron: cron.trim(),
    timeZone: timeZone.trim(),
    jitterSeconds: Number(jitter),
    enabled: before?.enabled ?? true,
    ...(branch.trim() === '' ? {} : { branch: branch.trim() }),
  };
  const save = useMutation({
    mutationFn: (schedule: NewSchedule) => {
      setSent(schedule);
      const { schedules } = client.projects;
      return before ? schedules.change(project.id, before.id, schedule) : schedules.create(project.id, schedule);
    },
    onSuccess: onDone,
  });
  const meaning = readCron(cron);
  const isReady = given.cron !== '' && meaning.kind !== 'wrong' && given.timeZone !== '' && !save.isPending;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady) save.mutate(given);
  };
  // What was refused is wrong until it is changed.
  const wrong = (field: keyof NewSchedule) => (sent?.[field] === given[field] ? fieldProblem(save.error, field) : undefined);
  const ofCron = meaning.kind === 'wrong' ? meaning.why : wrong('cron');
  const isOfField = FIELDS.some((field) => fieldProblem(save.error, field) !== undefined);
  return (
    <Dialog
      title={before ? 'Change the schedule' : 'Add a schedule'}
      onClose={onClose}
      isBusy={save.isPending}
      footer={
        <>
          <button type="button" className="ps-button" onClick={onClose} disabled={save.isPending}>
            Leave it
          </button>
          <button type="submit" form={id} className="ps-button ps-primary" disabled={!isReady}>
            {save.isPending ? 'Saving…' : before ? 'Change' : 'Add'}
          </button>
        </>
      }
    >
      <form id={id} className="confirm" onSubmit={submit} noValidate>
        <SelectField
          label="When"
          value={OFTEN.some(([pattern]) => pattern === given.cron) ? given.cron : ''}
          onChange={(pattern) => pattern !== '' && setCron(pattern)}
          options={[...OFTEN, ['', 'As the pattern says']]}
        />
        <TextField
          label={
            <>
              Pattern <span className="ps-muted">(minute, hour, day, month, weekday)</span>
            </>
          }
          value={cron}
          onChange={setCron}
          autoComplete="off"
          isCode
          maxLength={100}
          wrong={ofCron}
          hint={meaning.kind === 'words' ? `${meaning.words}.` : ''}
        />
        <Zone value={timeZone} onChange={setTimeZone} wrong={wrong('timeZone')} />
        <div className="side-by-side">
          <TextField
            label={
              <>
                Branch <span className="ps-muted">(the default one if empty)</span>
              </>
            }
            value={branch}
            onChange={setBranch}
            autoComplete="off"
            isCode
            offered={project.branches.map(({ name }) => name)}
            placeholder={project.defaultBranch ?? ''}
            wrong={wrong('branch')}
            hint=""
          />
          <SelectField
            label="Spread"
            value={jitter}
            onChange={setJitter}
            options={JITTER.some(([seconds]) => seconds === jitter) ? JITTER : [...JITTER, [jitter, `up to ${jitter} s later`]]}
            wrong={wrong('jitterSeconds')}
            hint="So that not all begin at once."
          />
        </div>
        {save.isError && !isOfField && <ErrorMessage explanation={explainProblem(save.error)} />}
      </form>
    </Dialog>
  );
}

interface ZoneProps {
  value: string;
  onChange: (zone: string) => void;
  wrong: string | undefined;
}

/** Chooses a time zone by its name, and tells what the clocks show there. */
function Zone({ value, onChange, wrong }: ZoneProps) {
  const now = useNow(true, AGO_MS);
  const name = value.trim();
  return (
    <TextField
      label="Time zone"
      value={value}
      onChange={onChange}
      autoComplete="off"
      isCode
      offered={ZONES}
      maxLength={64}
      wrong={wrong}
      hint={isZone(name) ? `Now it is ${inZone(now, name)} there.` : 'Such as Europe/Berlin, or UTC.'}
    />
  );
}
