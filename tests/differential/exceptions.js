// Where the encoder is meant to differ from JSONEachRow: «Where it differs from JSONEachRow» in
// event-consumer-events(7), row by row, for a machine.
'use strict';

const net = require('net');

const is_text = (value) => value.startsWith('"');
const plain = (value) => (is_text(value) ? JSON.parse(value) : value);
const is_number = (text) => /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text);

function is_json(value) {
  try {
    const parsed = JSON.parse(value);
    return typeof parsed !== 'string' || parsed.isWellFormed();
  } catch {
    return false;
  }
}

function is_date(text) {
  const parts = /^(\d{4})\D?(\d{1,2})\D?(\d{1,2})$/.exec(text);
  if (!parts) return false;
  const [year, month, day] = parts.slice(1).map(Number);
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day && month > 0;
}

const kMonths = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const kMonth = '(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)';
// The parts of a time as the manual says that they may look, each with the names of its groups.
const kParts = {
  weekday: [/(?<![a-z])(mon|tue|wed|thu|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday)(?![a-z]),?(?=.*(?<![+.\d]|[^a-z]-)(?:\d{4}|\d{8}|\d{14})(?!\d))/i, 'weekday'],
  date_and_time: [/^ *(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d+)?(?!\d)/, 'year', 'month', 'day', 'hour', 'minute', 'second'],
  time: [/(?<![\d:+-]|[+-]\d)(\d\d?):(\d\d?)(?!\.)(?::(\d\d?)(?:\.\d+)?)?(?![\d:.])/, 'hour', 'minute', 'second'],
  date: [/(?<!\d)(\d{4})([-/.])(\d\d?)\2(\d\d?)(?!\d)/, 'year', '', 'month', 'day'],
  basic_date: [/(?<!\d)(\d{4})(\d\d)(\d\d)(?!\d)/, 'year', 'month', 'day'],
  month_between: [new RegExp('(?<!\\d)(\\d\\d?)([-/. ]*)' + kMonth + '\\2(\\d{4})(?!\\d)', 'i'), 'day', '', 'month', 'year'],
  month_first: [new RegExp('(?<![a-z])' + kMonth + ' *(\\d\\d?)(?!\\d),?', 'i'), 'month', 'day'],
  month_second: [new RegExp('(?<!\\d)(\\d\\d?) *' + kMonth + '(?![a-z])', 'i'), 'day', 'month'],
  basic_time: [/(?<!\d)(\d\d)(\d\d)(\d\d)(?:\.\d+)?(?!\d)/, 'hour', 'minute', 'second'],
  offset: [/([+-])(\d\d?):?(\d\d)?(?!\d)/, 'sign', 'offset_hour', 'offset_minute'],
  year: [/(?<!\d)(\d{4})(?!\d)/, 'year'],
  half: [/(?<![a-z])(am|pm)(?![a-z])/i, 'half'],
  zone: [/(?<![a-z])(utc|gmt|msk|msd|z)(?![a-z])/i, 'zone'],
};

// The parts by their names, or undefined when one is there twice, or something else is left.
function parts_of_time(text) {
  const parts = {};
  for (const [kind, [pattern, ...names]] of Object.entries(kParts)) {
    const match = pattern.exec(text);
    if (!match) continue;
    for (const [i, name] of names.entries()) {
      if (name && match[i + 1] !== undefined) {
        if (parts[name] !== undefined) return undefined;
        parts[name] = match[i + 1];
      }
    }
    text = text.replace(pattern, kind.endsWith('time') ? ':' : '_');
  }
  // A T stands before a time only.
  return /^[ _:]*(,? *[_:] *|T: *)*$/.test(text) ? parts : undefined;
}

const between = (text, lowest, highest) => text === undefined || (Number(text) >= lowest && Number(text) <= highest);

function has_zone(text) {
  const parts = parts_of_time(text);
  return parts?.zone !== undefined || parts?.sign !== undefined;
}

// Seconds since the epoch of what the encoder documents as a time, or undefined.
function seconds_of(value) {
  const text = plain(value);
  if (!is_text(value)) return is_number(text) ? epoch_seconds(Number(text)) : undefined;
  if (/^(\d{4}|\d{6})(\.\d+)?$/.test(text)) return undefined;
  if (/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) && !/^(\d{8}|\d{14}(\.\d+)?)$/.test(text)) return epoch_seconds(Number(text));
  const parts = parts_of_time(text);
  if (!parts || !parts.year || !parts.month || !parts.day) return undefined;
  const month = kMonths.indexOf(parts.month.slice(0, 3).toLowerCase()) + 1 || Number(parts.month);
  if (!is_date([parts.year, month, parts.day].join('-'))) return undefined;
  if (!between(parts.hour, 0, 23) || !between(parts.minute, 0, 59) || !between(parts.second, 0, 59)) return undefined;
  if (!between(parts.offset_hour, 0, 23) || !between(parts.offset_minute, 0, 59)) return undefined;
  let hour = Number(parts.hour ?? 0);
  const half = parts.half?.toLowerCase();
  if (half && (parts.hour === undefined || (half === 'am' ? hour > 12 : hour === 0))) return undefined;
  if (half) hour = hour % 12 + (half === 'pm' || hour > 12 ? 12 : 0);
  const named = { utc: 0, gmt: 0, z: 0, msk: 180, msd: 240 }[parts.zone?.toLowerCase()];
  const offset = parts.sign && (parts.sign + '1') * (parts.offset_hour * 60 + Number(parts.offset_minute ?? 0));
  if (named !== undefined && offset !== undefined && named !== offset && !/(utc|gmt) *[+-]/i.test(text)) return undefined;
  // Date.UTC takes the year 3 for 1903.
  const date = new Date(Date.UTC(2000, month - 1, 1, hour, parts.minute ?? 0, parts.second ?? 0));
  date.setUTCFullYear(parts.year, month - 1, parts.day);
  return date.getTime() / 1000 - (offset ?? named ?? 0) * 60;
}
function epoch_seconds(number) {
  const size = Math.abs(number);
  return number / (size < 1e11 ? 1 : size < 1e14 ? 1e3 : size < 1e17 ? 1e6 : 1e9);
}

const is_time = (type) => type.kind === 'date_time' || type.kind === 'date_time64';
const beyond = (number, lowest, highest) => number !== undefined && (number < lowest || number > highest);
const kFirst = -2208988800;  // 1900-01-01
const kLast = 10413791999;   // 2299-12-31 23:59:59

const kLastNanosecond = 9223372036;  // 2262-04-11, where Int64 ends

// «Out of the type's range», found out independently of the encoder.
function is_out_of_range(type, value) {
  const text = plain(value);
  switch (type.kind) {
    case 'integer':
      return /^[+-]?\d+$/.test(text) && beyond(BigInt(text.replace('+', '')), type.lowest, type.highest);
    case 'float32':
      return is_number(text) && !Number.isFinite(Math.fround(Number(text))) || is_underflow(text, Math.fround(Number(text)));
    case 'bfloat16':
      return is_number(text) && (!Number.isFinite(Math.fround(Number(text))) || is_underflow(text, bfloat16(Number(text))));
    case 'time':
    case 'time64':
      return is_text(value) ? /^-?\d{4,}:/.test(text) : beyond(Number(text) / 10 ** type.precision, -3599999.999999999, 3599999.999999999);
    case 'float64':
      return is_number(text) && !Number.isFinite(Number(text)) || is_underflow(text, Number(text));
    case 'date':
      return is_text(value) ? is_date(text) && beyond(Number(text.slice(0, 4)), 1970, 2148) : beyond(Number(text), 0, 65535);
    case 'date32':
      return is_text(value) ? is_date(text) && beyond(Number(text.slice(0, 4)), 1900, 2299) : beyond(Number(text), -25567, 120529);
    case 'date_time':
      return beyond(seconds_of(value), 0, 4294967295.999);
    case 'date_time64':
      return beyond(seconds_of(value), kFirst, type.precision === 9 ? kLastNanosecond : kLast + 0.99999);
    default:
      return false;
  }
}
const bfloat16 = (number) => new Float32Array(new Uint32Array([new Uint32Array(new Float32Array([number]).buffer)[0] & 0xffff0000]).buffer)[0];
const is_underflow = (text, number) => is_number(text) && number === 0 && /[1-9]/.test(text.split(/e/i)[0]);

const kShortNumberFirst = new RegExp('(?<!\\d|\\d[-/.])\\d\\d?[-/. ](\\d\\d?[-/. ]\\d|' + kMonth + '[-/. ]\\d\\d?(?![\\d:]))', 'i');

// `ours` and `oracle` say who stored the value. A row explains a difference of its form.
const rows = [
  { name: 'not JSON', ours: false, oracle: true, applies: (type, value) => !is_json(value) },
  { name: 'out of range', ours: false, oracle: true, applies: is_out_of_range },
  {
    name: 'an escape in a text', ours: true, oracle: false,
    applies: (type, value) => is_text(value) && value.includes('\\') && !['string', 'fixed_string', 'enum', 'json'].includes(type.kind),
  },
  {
    name: 'text that is no number', ours: false, oracle: true,
    applies: (type, value) => ['integer', 'float32', 'float64', 'bfloat16', 'decimal'].includes(type.kind) && is_text(value) &&
      (type.kind === 'integer' ? !/^[+-]?\d+$/.test(plain(value)) : !is_number(plain(value))),
  },
  {
    name: 'minus zero', ours: true, oracle: false,
    applies: (type, value) => ['integer', 'date'].includes(type.kind) && /^"?-0+"?$/.test(value),
  },
  { name: 'decimals with an exponent', ours: true, oracle: false, applies: (type, value) => type.kind === 'decimal' && /e/i.test(value) },
  {
    name: 'dates that do not exist', ours: false, oracle: true,
    applies: (type, value) => ['date', 'date32'].includes(type.kind) && (value === 'true' || value === 'false' || !is_date(plain(value))),
  },
  { name: 'other separators in a date', ours: false, oracle: true,
    applies: (type, value) => ['date', 'date32'].includes(type.kind) && /^"\d{4}[^-/.]|^"\d{4}.\d{1,2}[^-/.\d]/.test(value) },
  {
    name: 'times with the day or the month first, or a year of two digits', ours: false, oracle: true,
    applies: (type, value) => is_time(type) && is_text(value) && kShortNumberFirst.test(plain(value)),
  },
  {
    name: 'incomplete or contradictory times', ours: false, oracle: true,
    applies: (type, value) => is_time(type) && is_text(value) && seconds_of(value) === undefined,
  },
  { name: 'a long fraction', ours: true, oracle: false, applies: (type, value) => is_time(type) && /\.\d{20}/.test(value) },
  {
    name: 'incomplete times', ours: false, oracle: true,
    applies: (type, value) => ['time', 'time64'].includes(type.kind) && is_text(value) && !/^-?\d{1,3}:[0-5]\d:[0-5]\d(\.\d+)?$/.test(plain(value)),
  },
  { name: 'text, arrays and objects in a Dynamic', ours: true, oracle: true, applies: (type, value) => type.kind === 'dynamic' && !is_number(value) },
  { name: 'text, arrays and objects in a Dynamic', ours: true, oracle: false, applies: (type, value) => type.kind === 'dynamic' && !is_number(value) },
  { name: 'out of range', ours: false, oracle: true, applies: (type, value) => type.kind === 'dynamic' && is_number(value) },
  { name: 'long integers in a Dynamic', ours: true, oracle: true, applies: (type, value) => type.kind === 'dynamic' && /^-?\d{19,}$/.test(value) },
  { name: 'a small t or z', ours: true, oracle: false, applies: (type, value) => is_time(type) && /\d ?z"$|^"[\d-]+t/.test(value) },
  { name: 'numbers as times', ours: true, oracle: false, applies: (type, value) => is_time(type) && is_number(plain(value)) },
  {
    name: 'numbers as times', ours: true, oracle: true,
    applies: (type, value) => is_time(type) && is_number(plain(value)),
  },
  {
    name: "times without a zone", ours: true, oracle: true,
    applies: (type, value) => is_time(type) && /'/.test(type.name) && is_text(value) && !has_zone(plain(value)),
  },
  {
    name: 'enum numbers', ours: false, oracle: true,
    applies: (type, value) => type.kind === 'enum' && (!type.numbers.includes(Number(plain(value))) || /^"\+/.test(value)),
  },
  { name: 'null for an enum', ours: true, oracle: true, applies: (type, value) => type.kind === 'enum' && value === 'null' },
  { name: '1 and 0 in a Variant with a Bool', ours: true, oracle: true, applies: (type, value) => type.kind === 'bool' && /^[01]$/.test(value) },
  { name: 'IPv6 addresses of a wrong form', ours: false, oracle: true, applies: (type, value) => type.kind === 'ipv6' && !net.isIPv6(plain(value)) },
  { name: 'zeros before IPv4 numbers', ours: true, oracle: false, applies: (type, value) => type.kind === 'ipv6' && /^"0\d|\.0\d/.test(value) },
];

// The elements of the text of an array or object, in which keys and values come in turn.
function parts_of(value) {
  const parts = [];
  let depth = 0, start = 1;
  for (let at = 1; at < value.length; ++at) {
    if (value[at] === '"') for (++at; value[at] !== '"'; ++at) if (value[at] === '\\') ++at;
    if ('[{'.includes(value[at])) ++depth;
    if ((',:'.includes(value[at]) && depth === 0) || at === value.length - 1) {
      parts.push(value.slice(start, at).trim());
      start = at + 1;
    }
    if (']}'.includes(value[at])) --depth;
  }
  return parts.filter((part) => part !== '');
}

// The scalars in the text of a value, each with its type.
function scalars(type, value) {
  if (type.choices) return type.choices().map((choice) => [choice, value.trim()]);
  if (!type.elements) return [[type, value.trim()]];
  if (!is_json(value) || !/^[[{]/.test(value)) return [[type, value]];
  const parts = parts_of(value);
  if (type.kind === 'tuple' && type.names) {
    if (parts.length % 2 !== 0) return [];
    return type.names.flatMap((name, i) => {
      const at = parts.findIndex((part, place) => place % 2 === 0 && JSON.parse(part) === name);
      return at < 0 ? [] : scalars(type.elements[i], parts[at + 1]);
    });
  }
  return parts.flatMap((part, i) => scalars(type.elements[i % type.elements.length], part));
}

// Whether the type, or any that it is made of, is so.
const any_type = (type, is_so) => is_so(type) || (type.elements ?? []).some((element) => any_type(element, is_so));

// The name of the row that explains the difference, or undefined. One of several scalars explains.
function explain(type, value, ours, oracle) {
  if (value === undefined) return undefined;
  if (/\\u/.test(value) && any_type(type, ({ names, kind }) => names || kind === 'variant')) return 'escapes in a Tuple or Variant';
  if (ours && oracle && any_type(type, ({ kind, elements }) => kind === 'tuple' && elements.some((element) => element.kind === 'enum')))
    return 'null for an enum';
  if (!ours && /\[\]/.test(value) && any_type(type, ({ kind, elements }) => kind === 'tuple' && elements.length === 1))
    return 'an empty array for a Tuple of one';
  // A Variant's next type may take what the first does not.
  const is_free = any_type(type, ({ kind }) => kind === 'variant');
  const found = rows.find((row) => (is_free || (row.ours === ours && row.oracle === oracle)) &&
    scalars(type, value).some(([inner, scalar]) => row.applies(inner, scalar)));
  return found?.name;
}

module.exports = { explain };
