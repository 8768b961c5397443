// Numbers and times as people read them.
export const group = number => String(Math.round(number)).replace(/\B(?=(\d{3})+$)/g, '\u202f');

// In the unit that suits `like`, for the marks of one axis.
export function short(number, like = number) {
  if (number === 0) return '0';
  for (const [from, unit, name] of [[1e9, 1e9, 'G'], [1e6, 1e6, 'M'], [1e4, 1e3, 'k']])
    if (like >= from) return +(number / unit).toPrecision(3) + '\u202f' + name;
  if (number >= 100 || Number.isInteger(number)) return group(number);
  return String(+number.toPrecision(2));
}

export function age(seconds) {
  if (seconds < 10) return seconds.toFixed(1) + ' s';
  if (seconds < 120) return Math.round(seconds) + ' s';
  if (seconds < 7200) return Math.round(seconds / 60) + ' min';
  if (seconds < 172800) return Math.round(seconds / 3600) + ' h';
  return Math.round(seconds / 86400) + ' days';
}

export function duration(seconds) {
  if (seconds === 0) return '0';
  if (seconds < 0.995) return +(seconds * 1000).toPrecision(2) + ' ms';
  return age(seconds);
}

export const clock = date => date.toLocaleTimeString([], {hour12: false});
