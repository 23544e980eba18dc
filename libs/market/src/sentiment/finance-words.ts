/**
 * What the lexicon package lacks or reads otherwise than markets do, by valence (-5 to 5). Words of news come from the language of headlines; those of
 * posts were looked up in the training part of StockEmotions (docs/NEWS.md), never in what the scorer is measured on. Left out on purpose: `bulls` and `bears`,
 * which headlines use for the camps and posts for mocking the other one.
 */
const single: Readonly<Record<string, string>> = {
  4: 'skyrocket skyrockets skyrocketed skyrocketing moonshot 🚀',
  3: `soar soars soared soaring surge surges surged surging jumps jumped outperform outperforms outperformed outperforming blockbuster windfall
      undervalued breakout 📈 🌕 🌝 🤑 💎`,
  2: `bullish beat beats beating tops topped exceeds exceeded upgrade upgrades upgraded upbeat rally rallies rallied rallying rebound rebounds rebounded rebounding
      climbs climbed climbing gains gained buyback buybacks dividend accretive overweight oversubscribed moon mooning rocket rockets long longs uptrend
      rip ripping green squeeze ath strong 💪 💚 🍏 🟢 ⬆ 💰 💵 💲 💸 🔥 🥳 🎉 🍾 🥂 🍀 ✅`,
  1: `buy buying bought adding accumulate hold holding call calls rise rises rising rose higher approval approves approved record tailwind tailwinds
      resilient resilience diversified stimulus recovers recovered dip dips cheap momentum power steady solid 🙏 ❤ 🤞 👍 😎 ✈ 🛫 💯 ⚡ 💥 🌙 🤘 🎊 😍`,
  0: `like likes share shares top save welcome strike interest matter matters care true yeah cool free united alert block want hope stock stocks vision
      fire fear feeling kind cash demand super protect no up fun pretty ha haha cheers sure pay share god big just join reach wish miss`,
  [-1]: `sell selling sold down put puts lower downside lol lmao joke hype headwind headwinds cautious caution falls fell declines declined declining slips slipped
      weaker weakening softer delays delayed layoff layoffs cuts probe probes recall recalls dilution dilutive red virus coronavirus bag bags
      😂 🤣 😅 😭 😬 🙃 🙄 🥴 😷 👀 🦠 👋 🤦 🤡 😑 🐷 🐖 🚨 ⚠ 🛑 ⬇`,
  [-2]: `bearish misses missed missing downgrade downgrades downgraded underperform underperforms underweight short shorting plunge plunges slump slumps slumped slumping
      tumble tumbles tumbled tumbling sinks sank slides slid drops dropped dropping fall falling dump dumping pump lawsuit lawsuits subpoena subpoenaed impairment
      writedown write-down markdown overvalued overpriced outflow outflows volatility selloff sell-off correction downtrend recession bubble trap garbage trash pig
      cult bagholder bagholders bag-holders suckers delusional tank tanks tanked tanking bleeding bleed blood worthless halted delisted delisting warns
      🐻 💩 👎 🤮 🤢 🔻 😢 😡 🤒 🩸 🔪 💀 🚫 😱`,
  [-3]: `plunged plunging plummet plummets plummeted plummeting crashes crashed crashing default defaults defaulted insolvency insolvent bankruptcy bankrupt collapse
      collapses collapsed collapsing fraud scam ponzi nosedive capitulation 📉`,
}

/** Several words that mean something else than the sum of theirs. Negation and emphasis work on them as on words. */
const phrases: Readonly<Record<string, number>> = {
  'bull market': 2, 'bear market': -2, 'bull run': 2, 'bull trap': -2, 'bear trap': 2, 'short squeeze': 3, 'gamma squeeze': 3, 'all time high': 2, 'all-time high': 2, 'record high': 2,
  'record low': -2, 'all time low': -2, 'all-time low': -2, 'new low': -2, 'new lows': -2, 'new high': 2, 'new highs': 2, 'dead cat bounce': -2, 'bag holder': -2, 'bag holders': -2,
  'gap up': 2, 'gap down': -2, 'going up': 2, 'go up': 2, 'going down': -2, 'go down': -2, 'goes up': 2, 'goes down': -2, 'to the moon': 3, 'buy the dip': 2, 'price target raised': 2, 'raises price target': 2,
  'price target cut': -2, 'cuts price target': -2, 'raises guidance': 3, 'raised guidance': 3, 'cuts guidance': -3, 'cut guidance': -3, 'lowers guidance': -3, 'profit warning': -3, 'rate hike': -1,
  'rate hikes': -1, 'rate cut': 1, 'rate cuts': 1, 'cost cuts': 1, 'job cuts': -2, 'long term': 1, 'get out': -2, 'too high': -2, 'priced in': -1, 'take off': 2, 'strong buy': 3, 'strong sell': -3,
  'short sellers': 0, 'short seller': 0, 'better than expected': 3, 'worse than expected': -3, 'stock split': 1, 'below expectations': -2, 'above expectations': 2, 'beats expectations': 3, 'misses expectations': -3,
  'miss estimates': -3, 'miss expectations': -3, 'miss forecasts': -3, 'earnings miss': -3, 'revenue miss': -3, 'earnings beat': 3, 'revenue beat': 3,
  'not selling': 2, 'power hour': 1, 'debt free': 2, 'interest rate': 0, 'interest rates': 0, 'top line': 0, 'bottom line': 0, 'call center': 0, 'put in': 0, 'put it': 0, 'put on': 0,
}

/** Word or phrase, in lower case, and its valence. */
export const financeWords: ReadonlyMap<string, number> = new Map([
  ...Object.entries(single).flatMap(([valence, words]) => words.split(/\s+/).filter((word) => word !== '').map((word) => [word, Number(valence)] as const)),
  ...Object.entries(phrases),
])
