/** Whether anything of a venue streams. Yahoo's exchanges have history only; their quotes come by feeds. */
export const hasStreams = (venue: string): boolean => !/^yahoo(_|$)/.test(venue)
