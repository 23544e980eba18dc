import type { ButtonHTMLAttributes } from 'react'
import type { Role } from '@streamforge/contracts'
import { useWhyNot } from '../session/use-session.ts'

/** A button that changes something: off, with the reason, for who may not. */
export function ActionButton({ needs = 'operator', disabled, title, type = 'button', ...rest }: ButtonHTMLAttributes<HTMLButtonElement> & { needs?: Role }) {
  const reason = useWhyNot(needs)
  return <button {...rest} type={type} disabled={disabled || reason !== undefined} title={reason ?? title} />
}
