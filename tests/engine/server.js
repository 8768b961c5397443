// An HTTP port of ClickHouse in front of its engine, of whatever age it is: enough of the real
// server's interface for inserts, DDL and queries, and nothing of users, sessions and quotas.
// Statements run one after the other. An INSERT … FORMAT stands in the URL or at the head of the body,
// before a line feed and the rows. Settings in the URL are honoured with it, and with a SELECT that says
// no FORMAT; those for everything else are made with SET, which lasts, as in one session.
// Usage: node server.js ENGINE DIRECTORY [PORT]; prints the port, ends on SIGTERM or with its parent.
// ENGINE is one of engine_session.js.
//
// Beyond ClickHouse's interface, for tests:
//   GET  /inserts               how many inserts with a query_id were posted since the start
//   POST /lose-answers?count=N  the answers to the next N inserts that are stored never arrive
'use strict';

const fs = require('fs');
const http = require('http');
const path = require('path');

const [engine, directory, port = '0'] = process.argv.slice(2);
const { open_session } = require('../support/engine_session.js');
const session = open_session(engine, path.join(directory, 'clickhouse'));

const kNotFound = new Set([46, 47, 50, 60, 73, 81, 115]);
const kBadRequest = new Set([6, 25, 26, 27, 36, 38, 41, 53, 62, 69, 70, 72, 117, 321, 376, 407, 467]);

const started_at = performance.now();
let engine_version = '';
let inserts = 0;
let answers_to_lose = 0;

class Refusal extends Error {
  constructor(status, message, code = 0) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

// The engine wraps some exceptions in another of the same code; a server shows the inner one.
function to_refusal(error) {
  const code = error.clickhouseCode;
  if (!code) return new Refusal(500, `the engine: ${error.message}\n`);
  const inner = /^Code: \d+\. DB::Exception: (Code: .*)\. \(\w+\)$/s.exec(error.message);
  const text = inner ? inner[1] : `${error.message} (version ${engine_version})`;
  return new Refusal(kNotFound.has(code) ? 404 : kBadRequest.has(code) ? 400 : 500, text + '\n', code);
}

async function run(sql) {
  try {
    return Buffer.from((await session.queryAsync(sql, { format: 'TabSeparated' })).bytes());
  } catch (error) {
    throw to_refusal(error);
  }
}

// Runs the statement with a setting of the session that has another value before and after.
async function run_with(name, value, statement) {
  const before = await run(`SELECT value FROM system.settings WHERE name = '${name}'`);
  await run(`SET ${name} = ${value}`);
  try {
    await run(statement);
  } finally {
    await run(`SET ${name} = ${before.toString()}`);
  }
}

// Every answer to a query bears headers of ClickHouse's own.
const kOwnHeaders = { 'X-ClickHouse-Server-Display-Name': 'engine' };

const quote = (text) => `'${text.replace(/[\\']/g, '\\$&')}'`;

const list_settings = (settings) => [...settings].map(([name, value]) => `${name} = ${quote(value)}`).join(', ');

// The rows go through a file: within the text of a query the engine ends binary ones at an empty line.
// Unlike a server it then knows no EPHEMERAL columns when it computes a DEFAULT.
async function insert(into, format, settings, rows, is_trial) {
  if (!is_trial) ++inserts;
  const file = path.join(directory, 'rows.bin');
  fs.writeFileSync(file, rows);
  // Of a server the limit is one for the statement as it was sent, and holds before it is read.
  const longest = settings.get('max_query_size');
  settings.delete('max_query_size');
  const list = list_settings(settings);
  const statement = `${into} FROM INFILE ${quote(file)} ${list ? `SETTINGS ${list} ` : ''}FORMAT ${format}`;
  if (longest === undefined) await run(statement);
  else await run_with('max_query_size', Number(longest) + 4096, statement);
  if (is_trial || answers_to_lose === 0) return Buffer.alloc(0);
  --answers_to_lose;
  return undefined;
}

// The statement of a request that inserts rows, and the rows; nothing for any other.
function split_insert(query, body) {
  if (query !== '') return [/^\s*(INSERT\s+INTO\s.*)\sFORMAT\s+(\w+)\s*$/is.exec(query), body];
  // Byte by byte, as rows follow; a line break can stand in the name of a column, too.
  const statement = /^\s*(INSERT\s+INTO\s.*?)\sFORMAT\s+(\w+) *\n/is.exec(body.toString('latin1'));
  if (!statement) return [null, body];
  const into = Buffer.from(statement[1], 'latin1').toString();
  return [[statement[0], into, statement[2]], body.subarray(statement[0].length)];
}

// What the request is answered with, or nothing when its answer is to be lost.
async function answer(request, body) {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname === '/ping') return Buffer.from('Ok.\n');
  if (url.pathname === '/inserts') return Buffer.from(`${inserts}\n`);
  if (url.pathname === '/lose-answers') {
    answers_to_lose = Number(url.searchParams.get('count'));
    return Buffer.alloc(0);
  }
  if (url.pathname !== '/') throw new Refusal(404, `There is no handle ${url.pathname}\n`);
  const query = url.searchParams.get('query') ?? '';
  const settings = new Map(url.searchParams);
  settings.delete('query');
  settings.delete('query_id');
  settings.delete('wait_end_of_query'); // no answer begins before its statement has ended
  const [statement, rows] = split_insert(query, body);
  // A trial of no rows, as the start of a worker does it, bears no id.
  const is_trial = !url.searchParams.has('query_id');
  if (statement) return insert(statement[1], statement[2], settings, rows, is_trial);
  const sql = `${query}\n${body.toString()}`;
  // Before 25 the engine begins anew with each query, to judge by its own.
  if (/^\s*SELECT uptime\(\)\s*$/.test(sql)) return Buffer.from(`${Math.floor((performance.now() - started_at) / 1000)}\n`);
  if (settings.size === 0) return run(sql);
  if (!/^\s*SELECT\s/i.test(sql)) throw new Refusal(501, 'settings in the URL are for INSERT and SELECT only\n');
  return run(`${sql} SETTINGS ${list_settings(settings)}`);
}

async function respond(request, response, body) {
  try {
    const result = await answer(request, body);
    if (result === undefined) return response.destroy();
    response.writeHead(200, {
      'Content-Type': 'text/plain; charset=UTF-8',
      'Content-Length': result.length,
      ...kOwnHeaders,
    });
    response.end(result);
  } catch (error) {
    const status = error instanceof Refusal ? error.status : 500;
    const code = error.code ? { 'X-ClickHouse-Exception-Code': error.code } : {};
    response.writeHead(status, { 'Content-Type': 'text/plain; charset=UTF-8', ...kOwnHeaders, ...code });
    response.end(error instanceof Refusal ? error.message : `${error.stack}\n`);
  }
}

let last = Promise.resolve();
const server = http.createServer((request, response) => {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  // A body that is cut short never ends, and nothing of it is stored.
  request.on('end', () => {
    last = last.then(() => respond(request, response, Buffer.concat(pieces)));
  });
});
// As the real server has it.
server.keepAliveTimeout = 30_000;

run('SELECT version()').then((answered) => {
  engine_version = answered.toString().trim();
  server.listen(Number(port), '127.0.0.1', () => console.log(server.address().port));
});

process.on('SIGTERM', () => last.then(() => process.exit(0)));
const parent = process.ppid;
setInterval(() => process.ppid === parent || process.exit(1), 1000);
