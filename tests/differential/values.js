// The JSON text of random values for a column: mostly its type's own, some of another type, some with
// a character changed.
'use strict';

const strangers = ['""', '"null"', '"NULL"', '"abc"', 'true', 'false', '"true"', '"false"', '0', '-0', '1',
  '-1', '256', '1.5', '1e2', '"1"', '"+1"', '" 1"', '"1 "', '"-"', '"."', '".5"', '"5."', '"1e400"', '1e400', '1e-400',
  '"nan"', '"-nan"', '"inf"', '"-Infinity"', '"2025-12-19"', '"2025-02-30"', '"2025-12-19 10:20:30"', '1766139630',
  '1.7e9', '"1.2.3.4"', '"::1"', '[]', '[1]', '[[]]', '{}', '{"a":[1]}', '"0x10"', '"\\u0000"',
  '"99999999999999999999"', '99999999999999999999999999999999999999999'];
// What RFC 8259 does not call JSON, but some parsers do.
const not_json = ['nan', 'inf', '+1', '01', '.5', '5.', '[1,]', '"\\ud800"', '"\\udc00x"'];

// No quotation marks, backslashes and brackets: the line must stay one row.
const replacements = [...'0123456789+-.:eE TZaxz/,'];

function mutate(r, value) {
  const quoted = value.startsWith('"');
  const at = quoted ? r.between(1, Math.max(1, value.length - 2)) : r.below(value.length);
  if (!/[\w+\-.:/]/.test(value[at] ?? '"') || value.includes('\\') || value.startsWith('[')) return value;
  const how = r.below(3);  // change, drop, insert
  const middle = how === 1 ? '' : r.of(replacements);
  return value.slice(0, at) + middle + value.slice(how === 2 ? at : at + 1);
}

// A text with one of its characters written as an escape.
function escape_one(r, value) {
  const text = JSON.parse(value);
  const at = r.below(text.length);
  const escape = text[at] === '/' ? '\\/' : '\\u' + text.charCodeAt(at).toString(16).padStart(4, '0');
  return JSON.stringify(text.slice(0, at)).slice(0, -1) + escape + JSON.stringify(text.slice(at + 1)).slice(1);
}

// A JSON text, or undefined for no value at all.
function random_value(r, type) {
  const die = r.next();
  if (die < 0.01) return undefined;
  if (die < 0.03) return 'null';
  if (die < 0.07) return r.of(strangers);
  if (die < 0.072) return r.of(not_json);
  const value = type.make(r);
  if (die < 0.077 && /^"[^"]/.test(value)) return escape_one(r, value);
  if (die > 0.1 || value.length < 2) return value;
  const mutant = mutate(r, value);
  return mutant === '' ? '0' : mutant;
}

module.exports = { random_value };
