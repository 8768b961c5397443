// The column types of the differential test: each a name, and a way to make the JSON text of a value
// that is valid for it, at its borders, or nearly valid.
'use strict';

const quote = (text) => JSON.stringify(text);
const maybe_quoted = (r, text) => (r.chance(0.3) ? quote(text) : text);

function integer(bits, signed) {
  const highest = 2n ** BigInt(bits - (signed ? 1 : 0)) - 1n;
  const lowest = signed ? -highest - 1n : 0n;
  return {
    kind: 'integer', lowest, highest,
    make: (r) => maybe_quoted(r, r.of([
      () => String(r.of([lowest, highest]) + BigInt(r.between(-3, 3))),
      () => String(BigInt(r.between(-300, 70000))),
      () => (r.chance(0.5) ? '-' : '') + (r.digits(r.between(1, bits / 3)).replace(/^0+(?=\d)/, '')),
      () => r.between(0, 9) + '.' + r.digits(2),
      () => r.between(1, 9) + 'e' + r.between(0, 9),
    ])()),
  };
}

function decimal_number(r, whole, fraction) {
  const sign = r.of(['', '', '-']);
  let text = sign + (r.digits(r.between(1, whole)).replace(/^0+(?=\d)/, ''));
  if (r.chance(0.7)) text += '.' + r.digits(r.between(1, fraction));
  if (r.chance(0.15)) text += r.of(['e', 'E']) + r.of(['', '-', '+']) + r.between(0, whole);
  return text;
}

function float(kind) {
  return {
    kind,
    make: (r) => maybe_quoted(r, r.of([
      () => decimal_number(r, 20, 20),
      () => r.of(['', '-']) + r.between(1, 9) + '.' + r.digits(r.between(1, 18)) + 'e' + r.between(-330, 310),
      () => r.of(['', '-']) + r.between(1, 9) + '.' + r.digits(r.between(1, 9)) + 'e' + r.between(-47, 39),
      () => String((r.next() - 0.5) * 10 ** r.between(-10, 10)),
      () => r.of(['0', '-0', '0.0', '1e0', '3.4028235e38', '3.4028236e38', '1.7976931348623157e308', '5e-324', '2e-324']),
    ])()),
  };
}

function decimal(precision, scale) {
  return {
    kind: 'decimal', precision, scale,
    make: (r) => maybe_quoted(r, r.chance(0.2)
      ? r.of(['', '-']) + '9'.repeat(Math.max(1, precision - scale)) + '.' + '9'.repeat(scale + r.below(3) + 1)
      : decimal_number(r, Math.max(1, precision - scale + r.below(3) - 1), scale + 3)),
  };
}

const two = (n) => String(n).padStart(2, '0');
const four = (n) => String(n).padStart(4, '0');

function date_text(r, from, to) {
  const [year, month, day] = [r.between(from, to), r.between(1, 12), r.between(1, 31)];
  const separator = r.chance(0.85) ? '-' : r.of(['/', '.', '']);
  if (r.chance(0.1) && separator) return [year, month, day].join(separator);
  return [four(year), two(month), two(day)].join(separator);
}

function date(kind, from, to) {
  return {
    kind,
    make: (r) => r.of([
      () => quote(date_text(r, from, to)),
      () => quote(date_text(r, 1970, 2149)),
      () => quote(date_text(r, 1, 9999)),
      () => String(r.between(-30000, 130000)),
      () => quote(r.of(['1970-01-01', '1969-12-31', '2149-06-06', '2149-06-07', '1900-01-01', '1899-12-31', '2299-12-31', '2300-01-01'])),
    ])(),
  };
}

function time_text(r, from, to) {
  let text = four(r.between(from, to)) + '-' + two(r.between(1, 12)) + '-' + two(r.between(1, 29));
  if (r.chance(0.1)) return text;
  text += r.of(['T', 'T', ' ']) + two(r.between(0, 23)) + ':' + two(r.between(0, 59));
  if (r.chance(0.95)) text += ':' + two(r.between(0, 59));
  if (r.chance(0.6)) text += '.' + r.digits(r.between(1, 12));
  if (r.chance(0.7)) text += r.of(['Z', 'Z', '+02:00', '-05:30', '+0530', '+14:00', '-12', ' UTC', 'z']);
  return text;
}

// Mostly one of the first list.
const mostly = (r, usual, odd) => r.of(r.chance(0.85) ? usual : odd);

// The parts of a time in all forms that people give them, seldom in a wrong order, or one twice.
function odd_time_text(r) {
  const number = (from, to) => r.of([String, two])(r.between(from, to));
  const [year, month, day] = [r.between(1971, 2099), number(1, 12), number(1, 29)];
  const name = mostly(r, ['Jan', 'Feb', 'MAR', 'Apr', 'May', 'jun', 'July', 'August', 'September', 'Oct', 'November', 'december'], ['Sept', 'Mars']);
  const s = mostly(r, ['-', '/', '.'], [' ', '_', '']);
  const date = mostly(r, [
    `${year}${s}${month}${s}${day}`, `${year}${s}${month}${s}${day}`, `${year}${two(month)}${two(day)}`,
    `${day} ${name} ${year}`, `${day}${s}${name}${s}${year}`, `${name} ${day}, ${year}`, `${name} ${day} ${year}`, `${year} ${name} ${day}`,
  ], [
    `${day}${s}${month}${s}${year}`, `${month}${s}${day}${s}${two(year % 100)}`, `${day}${s}${name}${s}${two(year % 100)}`,
    `${name} ${year}`, `${year}`, `${year}${s}${month}`, `${name} ${day}`,
  ]);
  const minute = number(0, 59);
  const time = mostly(r, [
    `${number(0, 23)}:${minute}:${number(0, 59)}`, `${number(0, 12)}:${minute}`, `${two(r.below(24))}${two(minute)}${number(0, 59)}`,
    `${number(1, 12)}:${minute}:${number(0, 59)}.${r.digits(r.between(1, 10))}`,
  ], [`${r.between(0, 24)}:${minute}:${r.between(0, 60)}`, `10:20:30.${r.digits(r.of([0, 25]))}`, `${two(r.below(24))}${two(minute)}`, number(0, 23)])
    + (r.chance(0.3) ? r.of(['', ' ']) + mostly(r, ['AM', 'PM', 'am', 'Pm'], ['a.m.', 'AM PM']) : '');
  const parts = [date];
  if (r.chance(0.9)) parts.push(time);
  if (r.chance(0.5)) {
    parts.push(mostly(r, ['Z', 'UTC', 'utc', 'GMT', 'MSK', 'MSD', '+02:00', '-0530', '+14', '+3', '-1:00', '+530', '+0000 UTC', '+0300 MSK', 'GMT+0100', 'UTC +1'],
      ['z', 'EST', '+2:3', 'MSK+1', '+24:00', '+0260', '[Europe/Berlin]']));
  }
  if (r.chance(0.25)) parts.unshift(mostly(r, ['Mon', 'Tue', 'Wednesday', 'Thu', 'fri', 'SAT', 'Sunday', 'Mon,', 'Tue,', 'Fri,'], ['Weds']));
  if (r.chance(0.02)) parts.push(r.of(parts));
  if (r.chance(0.1)) parts.sort(() => r.next() - 0.5);
  const gap = () => mostly(r, [' ', ' ', r.of(['', '  '])], ['', ', ', ',', 'T', '-', '+']);
  const text = parts.map((part, i) => (i === 0 ? '' : gap()) + part).join('');
  return r.chance(0.05) ? r.of([' ' + text, text + ' ', text + ',', text + 'T']) : text;
}

function date_time(kind, precision) {
  return {
    kind, precision,
    make: (r) => r.of([
      () => quote(time_text(r, 1970, 2105)),
      () => quote(time_text(r, 2020, 2030)),
      () => quote(odd_time_text(r)),
      () => quote(odd_time_text(r)),
      // ClickHouse fails the whole query where nanoseconds overflow.
      () => quote(precision === 9 ? time_text(r, 1900, 2261) : time_text(r, ...r.of([[1890, 2310], [1, 9999]]))),
      () => maybe_quoted(r, String(r.between(1e9, 2e9))),
      () => maybe_quoted(r, r.between(1e9, 2e9) + r.digits(r.of([3, 6, 9]))),
      () => maybe_quoted(r, r.between(1e9, 2e9) + '.' + r.digits(r.between(1, 9))),
      () => quote(r.of(['1970-01-01T00:00:00Z', '2106-02-07T06:28:15Z', '2106-02-07T06:28:16Z', '1969-12-31T23:59:59Z',
        '1900-01-01T00:00:00Z', '1899-12-31T23:59:59Z', '2262-04-11T23:47:16Z'])),
    ])(),
  };
}

const hex = '0123456789abcdefABCDEF';

const uuid = {
  kind: 'uuid',
  make: (r) => {
    const parts = [8, 4, 4, 4, 12].map((length) => r.text(hex, length));
    return quote(parts.join(r.chance(0.8) ? '-' : ''));
  },
};

const ipv4_text = (r) => [0, 0, 0, 0].map(() => r.chance(0.95) ? r.between(0, 255) : r.of(['256', '00', '007', '999'])).join('.');
const ipv4 = { kind: 'ipv4', make: (r) => quote(ipv4_text(r)) };

function ipv6_text(r) {
  const groups = Array.from({ length: r.of([8, 8, 7, 6, 5, 3, 9]) }, () => r.text(hex, r.between(1, 4)));
  if (r.chance(0.15)) groups.splice(-2, 2, ipv4_text(r));
  if (groups.length >= 8 && r.chance(0.9)) return groups.join(':');
  const at = r.below(groups.length + 1);
  return groups.slice(0, at).join(':') + '::' + groups.slice(at).join(':');
}
const ipv6 = { kind: 'ipv6', make: (r) => quote(r.chance(0.2) ? ipv4_text(r) : ipv6_text(r)) };

function string_text(r) {
  const characters = ['a', 'Z', '7', ' ', '"', '\\', '/', '\n', '\t', '\u0000', '\u0001', '\u007f', 'ü', '€', '😀', '{', ']', ','];
  return r.text(characters, r.of([0, 1, 3, 8, 20, r.below(200)]));
}
// A character as one or two \u escapes.
const escape = (character) => [...Array(character.length).keys()]
  .map((i) => '\\u' + character.charCodeAt(i).toString(16).padStart(4, '0')).join('');
// Escapes more than it must.
const escaped = (r, text) =>
  '"' + [...text].map((c) => (r.chance(0.1) ? escape(c) : quote(c).slice(1, -1))).join('') + '"';
const json = (r, depth = 0) => r.of([
  () => quote(string_text(r)),
  () => decimal_number(r, 5, 5),
  () => r.of(['true', 'false', 'null']),
  () => depth > 3 ? '[]' : '[' + Array.from({ length: r.below(4) }, () => json(r, depth + 1)).join(r.of([',', ', '])) + ']',
  () => depth > 3 ? '{}' : '{' + Array.from({ length: r.below(3) }, (_, i) => `"k${i}": ` + json(r, depth + 1)).join(',') + '}',
])();

const string = {
  kind: 'string',
  make: (r) => (r.chance(0.6) ? escaped(r, string_text(r)) : json(r)),
};
const fixed_string = (length) => ({
  kind: 'fixed_string', length,
  make: (r) => quote(r.text(['a', 'b', 'ü', '\u0000'], r.between(0, length + 1))),
});

const enumeration = (kind, names, numbers) => ({
  kind, numbers,
  make: (r) => r.of([
    () => quote(r.of(names)),
    () => maybe_quoted(r, String(r.of(numbers))),
    () => maybe_quoted(r, String(r.of(numbers) + r.between(-2, 2))),
    () => maybe_quoted(r, String(r.of(numbers) + r.of([256, 65536]))),
  ])(),
});

function time_of_day(kind, precision) {
  return {
    kind, precision,
    make: (r) => r.of([
      () => quote(r.of(['', '', '-']) + r.of([r.between(0, 23), r.between(0, 999), two(r.below(24)), 1000]) + ':' +
        r.of([two(r.between(0, 59)), two(r.between(0, 61)), r.below(10)]) +
        (r.chance(0.9) ? ':' + r.of([two(r.between(0, 59)), two(r.between(0, 61)), r.below(10)]) : '') +
        (r.chance(precision > 0 ? 0.6 : 0.05) ? '.' + r.digits(r.between(1, 12)) : '')),
      () => String(r.between(-3599999, 3599999) * 10 ** r.between(0, precision)),
      () => maybe_quoted(r, String(r.between(-4000000, 4000000))),
    ])(),
  };
}

const json_object = (r) => '{' + Array.from({ length: r.below(4) }, (_, i) => `"k${i}":` + json(r, 1)).join(',') + '}';

// One of the types' values, or one of something else.
const variant = (...types) => ({
  kind: 'variant', choices: () => types.map((name) => scalars[name]),
  make: (r) => (r.chance(0.9) ? scalars[r.of(types)].make(r) : json(r)),
});

const scalars = {
  String: string,
  'LowCardinality(String)': string,
  'FixedString(1)': fixed_string(1),
  'FixedString(7)': fixed_string(7),
  Bool: { kind: 'bool', make: (r) => maybe_quoted(r, r.of(['true', 'false', '1', '0', '2'])) },
  Float32: float('float32'),
  Float64: float('float64'),
  BFloat16: float('bfloat16'),
  'Decimal(9, 2)': decimal(9, 2),
  'Decimal(9, 9)': decimal(9, 9),
  'Decimal(18, 0)': decimal(18, 0),
  'Decimal(18, 6)': decimal(18, 6),
  'Decimal(38, 10)': decimal(38, 10),
  'Decimal(76, 30)': decimal(76, 30),
  Date: date('date', 1900, 2300),
  Date32: date('date32', 1850, 2350),
  DateTime: date_time('date_time', 0),
  "DateTime('Europe/Berlin')": date_time('date_time', 0),
  'DateTime64(0)': date_time('date_time64', 0),
  'DateTime64(3)': date_time('date_time64', 3),
  "DateTime64(6, 'Asia/Kolkata')": date_time('date_time64', 6),
  'DateTime64(9)': date_time('date_time64', 9),
  Time: time_of_day('time', 0),
  'Time64(0)': time_of_day('time64', 0),
  'Time64(3)': time_of_day('time64', 3),
  'Time64(9)': time_of_day('time64', 9),
  UUID: uuid,
  IPv4: ipv4,
  IPv6: ipv6,
  "Enum8('-1' = -3, 'a' = 1, 'b' = 5)": enumeration('enum', ['a', 'b', '-1', 'c'], [5, 1, -3]),
  "Enum16('x' = -300, '' = 4, 'y' = 1000)": enumeration('enum', ['x', '', 'y', 'z'], [-300, 4, 1000]),
};
for (const bits of [8, 16, 32, 64, 128, 256]) {
  scalars['UInt' + bits] = integer(bits, false);
  scalars['Int' + bits] = integer(bits, true);
}
scalars['Variant(Bool, String, UInt64)'] = variant('Bool', 'String', 'UInt64');
scalars['Variant(Decimal(9, 2), IPv4, IPv6, UUID)'] = variant('Decimal(9, 2)', 'IPv4', 'IPv6', 'UUID');
scalars['Variant(Array(Float64), Array(String), DateTime, Map(String, Int32), Tuple(a Date, b Int8))'] =
  variant('Float64', 'DateTime', 'Int8', 'String');
// The types of a variant: any, in ClickHouse's order.
function random_variant(r) {
  const names = Object.keys(scalars).filter((name) => !/^(Variant|Dynamic|Bool)/.test(name));
  const chosen = [...new Set(Array.from({ length: r.between(2, 4) }, () => r.of(names)))].sort();
  return { name: `Variant(${chosen.join(', ')})`, ...variant(...chosen) };
}
scalars.JSON = { kind: 'json', make: json_object };
const long_integer = (r) => r.of(['', '-']) + r.between(1, 9) + r.digits(r.between(15, 45));
scalars.Dynamic = { kind: 'dynamic', make: (r) => (r.chance(0.1) ? long_integer(r) : json(r)) };
for (const unit of ['Nanosecond', 'Second', 'Day', 'Month', 'Year']) scalars['Interval' + unit] = integer(64, true);

// `name` with its kind, and with its element where it is an array.
function array_of(element, longest = 300) {
  return {
    name: `Array(${element.name})`, kind: 'array', elements: [element],
    make: (r) => '[' + Array.from({ length: r.of([0, 1, 2, 3, 3, r.below(longest)]) }, () => r.chance(0.03) ? 'null' : element.make(r))
      .join(r.of([',', ', ', ' , '])) + ']',
  };
}

const comma = (r) => r.of([',', ', ', ' , ']);
const colon = (r) => r.of([':', ': ', ' : ']);
const maybe_null = (r, type) => (r.chance(0.03) ? 'null' : type.make(r));

function map_of(key, value, longest) {
  const key_text = (r) => {
    const text = key.make(r);
    return text.startsWith('"') ? text : quote(text);
  };
  return {
    name: `Map(${key.name}, ${value.name})`, kind: 'map', elements: [key, value],
    make: (r) => '{' + Array.from({ length: r.of([0, 1, 2, 3, r.below(longest)]) }, () => key_text(r) + colon(r) + maybe_null(r, value))
      .join(comma(r)) + '}',
  };
}

// Names that ClickHouse quotes, and some that it does not.
const member_names = ['a', 'b c', 'd`e', 'f.g', 'h\\i', 'j"k', 'ü', 'Array', 'l(', 'm,', 'n\no'];
const identifier = (name) => (/^[a-z]\w*$/i.test(name) ? name : '`' + name.replace(/[`\\]/g, '\\$&').replace('\n', '\\n') + '`');

function tuple_of(elements, names) {
  const members = (r) => elements.map((element, i) => [r.chance(0.02) ? 'A' : names[i], element])
    .filter(() => r.chance(0.95)).concat(r.chance(0.05) ? [['unknown', scalars.String]] : [])
    .sort(() => r.next() - (r.chance(0.5) ? 0 : 0.5))
    .flatMap((member) => (r.chance(0.01) ? [member, member] : [member]));
  return {
    name: `Tuple(${elements.map((element, i) => (names ? identifier(names[i]) + ' ' : '') + element.name).join(', ')})`,
    kind: 'tuple', elements, names,
    make: (r) => names
      ? '{' + members(r).map(([name, element]) => (r.chance(0.02) ? escaped(r, name) : quote(name)) + colon(r) + maybe_null(r, element)).join(comma(r)) + '}'
      : '[' + elements.concat(r.chance(0.02) ? elements[0] : []).slice(r.chance(0.02) ? 1 : 0).map((element) => maybe_null(r, element)).join(comma(r)) + ']',
  };
}

const float64 = { name: 'Float64', ...scalars.Float64 };
const renamed = (type, name) => ({ ...type, name });
const point = renamed(tuple_of([float64, float64]), 'Point');
const line = renamed(array_of(point, 8), 'LineString');
const geometries = {
  Point: point,
  Ring: renamed(line, 'Ring'),
  LineString: line,
  Polygon: array_of(line, 6),
  MultiLineString: array_of(line, 6),
  MultiPolygon: array_of(array_of(line, 4), 4),
};

// A type that a map may have for its keys.
const is_key = (name) => !/^(Nullable|Float|BFloat|Array|Decimal|Bool|Variant|JSON|Dynamic)/.test(name);

function random_compound(r, depth = 0) {
  const scalar = () => {
    const name = r.of(Object.keys(scalars));
    return { name, ...scalars[name] };
  };
  const element = () => (depth < 2 && r.chance(0.4) ? random_compound(r, depth + 1) : scalar());
  const longest = depth === 0 ? 20 : 4;
  const shapes = [
    () => array_of(element(), longest),
    () => {
      let key = scalar();
      while (!is_key(key.name)) key = scalar();
      return map_of(key, element(), longest);
    },
    () => tuple_of(Array.from({ length: r.between(1, 4) }, element)),
    () => {
      const elements = Array.from({ length: r.between(1, 5) }, element);
      const names = [...member_names].sort(() => r.next() - 0.5).slice(0, elements.length);
      return tuple_of(elements, names);
    },
  ];
  return r.of(shapes)();
}

function random_type(r, number) {
  const names = Object.keys(scalars);
  const name = names[number % names.length];
  if (r.chance(0.3)) return random_compound(r);
  if (r.chance(0.1)) return random_variant(r);
  if (r.chance(0.05)) {
    const geometry = r.of(Object.keys(geometries));
    return renamed(geometries[geometry], geometry);
  }
  const round = Math.floor(number / names.length) % 4;  // plain, nullable, array, nested
  const scalar = { name, ...scalars[name] };
  // After the line of a Decimal that does not fit a Nullable, which ClickHouse 26.7 skips, all rows are
  // shifted by one. In an array they are not.
  const is_decimal = scalar.kind === 'decimal';
  const may_be_nullable = !/^(LowCardinality|Variant|JSON|Dynamic)/.test(name);
  const nullable = may_be_nullable ? { ...scalar, name: `Nullable(${name})` } : scalar;
  if (round === 0) return scalar;
  if (round === 1) return is_decimal ? scalar : nullable;
  const array = array_of(r.chance(0.5) ? scalar : nullable);
  return round === 2 ? array : array_of(array);
}

module.exports = { random_type };
