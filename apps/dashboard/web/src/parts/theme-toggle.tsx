import { useEffect, useState } from 'react'

const dark = window.matchMedia('(prefers-color-scheme: dark)')
export type Theme = 'light' | 'dark'
const chosen = () => document.documentElement.dataset['theme'] as Theme | undefined
export const currentTheme = (): Theme => chosen() ?? (dark.matches ? 'dark' : 'light')

/** The theme in force: the chosen one, else the system's. */
export function useTheme(): Theme {
  const [theme, setTheme] = useState(currentTheme)
  useEffect(() => {
    const update = () => setTheme(currentTheme())
    dark.addEventListener('change', update)
    window.addEventListener('streamforge:theme', update)
    return () => {
      dark.removeEventListener('change', update)
      window.removeEventListener('streamforge:theme', update)
    }
  }, [])
  return theme
}

export function ThemeToggle() {
  const theme = useTheme()
  const other: Theme = theme === 'dark' ? 'light' : 'dark'
  const toggle = () => {
    document.documentElement.dataset['theme'] = other
    try {
      localStorage.setItem('theme', other)
    } catch { /* storage is off: it lasts as long as the page */ }
    window.dispatchEvent(new Event('streamforge:theme'))
  }
  return (
    <button type="button" className="icon-button" onClick={toggle} aria-label={`Use the ${other} theme`} title={`Use the ${other} theme`}>
      <svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round">
        {theme === 'dark'
          ? <><circle cx="12" cy="12" r="4" /><path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M5.6 18.4 7 17M17 7l1.4-1.4" /></>
          : <path d="M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z" />}
      </svg>
    </button>
  )
}
