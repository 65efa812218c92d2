import { ProblemError } from '@project-sync/react';
import { useId, type HTMLInputAutoCompleteAttribute, type ReactNode, type Ref } from 'react';

export interface TextFieldProps {
  label: ReactNode;
  value: string;
  onChange: (value: string) => void;
  type?: 'text' | 'password';
  autoComplete?: HTMLInputAutoCompleteAttribute;
  placeholder?: string;
  maxLength?: number;
  /** Whether it is no text of a language: nothing corrects it. */
  isCode?: boolean;
  /** What is offered while one types. */
  offered?: readonly string[];
  /** Several lines. */
  isLong?: boolean;
  /** A line below the field; an empty one keeps its place. */
  hint?: string;
  /** What is wrong with the value; takes the hint's place. */
  wrong?: string | undefined;
  ref?: Ref<HTMLInputElement>;
}

/** A field with its name, a hint, and what is wrong with it. */
export function TextField(props: TextFieldProps) {
  const { label, value, onChange, type = 'text', isCode = false, isLong = false, offered, hint, wrong, ref, ...more } = props;
  const id = useId();
  const isTold = hint !== undefined || wrong !== undefined;
  const shared = {
    id,
    value,
    ...(isCode || type === 'password' ? { autoCapitalize: 'off', spellCheck: false } : {}),
    'aria-invalid': wrong !== undefined,
    'aria-describedby': isTold ? `${id}-hint` : undefined,
    ...more,
  };
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {isLong ? (
        <textarea rows={5} {...shared} onChange={(event) => onChange(event.target.value)} />
      ) : (
        <input type={type} ref={ref} list={offered && `${id}-list`} {...shared} onChange={(event) => onChange(event.target.value)} />
      )}
      {offered && (
        <datalist id={`${id}-list`}>
          {offered.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
      )}
      {isTold && (
        <p id={`${id}-hint`} className="hint" data-wrong={wrong !== undefined || undefined} role="status">
          {wrong ?? hint}
        </p>
      )}
    </div>
  );
}

export interface SelectFieldProps<T extends string> {
  label: ReactNode;
  value: T;
  onChange: (value: T) => void;
  options: readonly (readonly [value: T, name: string])[];
  hint?: string;
  /** What is wrong with the value; takes the hint's place. */
  wrong?: string | undefined;
}

/** One of some values. */
export function SelectField<T extends string>({ label, value, onChange, options, hint, wrong }: SelectFieldProps<T>) {
  const id = useId();
  const isTold = hint !== undefined || wrong !== undefined;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value as T)} aria-invalid={wrong !== undefined} aria-describedby={isTold ? `${id}-hint` : undefined}>
        {options.map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
      {isTold && (
        <p id={`${id}-hint`} className="hint" data-wrong={wrong !== undefined || undefined} role={wrong === undefined ? undefined : 'status'}>
          {wrong ?? hint}
        </p>
      )}
    </div>
  );
}

/** What a refusal says of a field, if it is about it. */
export function fieldProblem(error: unknown, field: string): string | undefined {
  if (!(error instanceof ProblemError) || error.field !== field) return undefined;
  // Its name need not be said again beside it.
  const rest = error.detail.startsWith(`${field}: `) ? error.detail.slice(field.length + 2) : undefined;
  return rest === undefined ? error.detail : rest.charAt(0).toUpperCase() + rest.slice(1);
}

/** Turns the refusal that means that there is none into nothing: for `catch`. */
export function noneIf(code: string): (error: unknown) => null {
  return (error) => {
    if (error instanceof ProblemError && error.code === code) return null;
    throw error;
  };
}
