// The status page: reads status and history every few seconds, and shows them. Whatever servers and
// operators have named reaches the page as text only (textContent), never as markup.
import {showHistory} from './charts.js';
import {byId, make, show} from './elements.js';
import {age, clock, duration, group, short} from './format.js';

const STATUS_EVERY = 2000, HISTORY_EVERY = 5000, PATIENCE = 4000; // milliseconds

// The last look, and the one before it

let before = null; // {status, at}
let notice = {text: '', until: 0};

const isSameInstance = (a, b) => a.pid === b.pid && a.started_at_unix_seconds === b.started_at_unix_seconds;

function rate(now, then, seconds) {
  return then === undefined || now < then || seconds <= 0 ? null : (now - then) / seconds;
}

function tellNotice() {
  const text = performance.now() < notice.until ? notice.text : '';
  show('notice', text);
  byId('notice').hidden = text === '';
}

function showCondition(status) {
  const condition = status.ready ? 'Ready' : status.alive ? 'Not ready' : 'Not alive';
  byId('mark').className = 'mark ' + (status.ready ? 'good' : 'bad');
  show('condition', condition);
  show('because', status.ready ? '' : ': ' + status.not_ready_because);
  const up = Math.max(0, Date.now() / 1000 - status.started_at_unix_seconds);
  const since = status.last_insert_seconds_ago;
  const waiting = status.queue_messages, empty = status.queue_empty_in_seconds;
  show('facts', [
    `${status.workers_consuming} of ${status.workers_wanted} workers consume`,
    status.state === 'running' ? `runs for ${age(up)}` : `${status.state}, started ${age(up)} ago`,
    since === null ? 'nothing stored yet' : `last insert ${age(since)} ago`,
    ...(waiting === null ? [] : [`${group(waiting)} wait in the queue${empty === null ? '' : `, empty in about ${age(empty)}`}`]),
  ].join(' · '));
  document.title = `${status.ready ? '' : condition + ': '}${status.queue} → ${status.table}`;
}

function oldestOf(status) {
  const ages = status.workers.flatMap(worker => worker.processes).map(each => each.oldest_seconds);
  return Math.max(0, ...ages.filter(each => each !== null));
}

function showWay(status, then, seconds) {
  const totals = status.totals;
  for (const key of ['received', 'in_hand', 'inserted', 'dead_lettered', 'rejected', 'recognised', 'returned'])
    show(key, group(totals[key]));
  for (const key of ['received', 'inserted']) {
    const perSecond = then ? rate(totals[key], then.totals[key], seconds) : null;
    show(key + '-rate', perSecond === null ? '–' : short(perSecond >= 10 ? Math.round(perSecond) : perSecond));
  }
  show('oldest', totals.in_hand > 0 ? `the oldest for ${age(oldestOf(status))}` : 'nothing waits');
  byId('dead_lettered-row').className = totals.dead_lettered > 0 ? 'some' : '';
  const parts = [[totals.inserted, 'stored'], [totals.dead_lettered, 'dead-lettered'], [totals.rejected, 'rejected'],
    [totals.recognised, 'recognised'], [totals.returned, 'given back'], [totals.in_hand, 'in hand']];
  const holds = parts.reduce((sum, part) => sum + part[0], 0) === totals.received;
  byId('balance').replaceChildren(
      make('span', {}, `${group(totals.received)} received`), ' = ',
      ...parts.flatMap(([number, word], i) => [i ? ' + ' : '', make('span', {}, `${group(number)} ${word}`)]), '. ',
      make('span', {class: holds ? 'sum' : 'off'}, holds ? 'It adds up.' : 'It does not add up.'));
}

function stateOf(process) {
  const inserting = process.inserting_seconds;
  return process.state + (inserting === null || inserting < 1 ? '' : `, inserting for ${duration(inserting)}`);
}

function errorOf(process) {
  if (!process.last_error) return '';
  const over = process.last_error_over_seconds_ago;
  return `${age(process.last_error_seconds_ago)} ago, ${over === null ? 'not over' : 'over'}`;
}

function showWorkers(status, then, seconds) {
  const rows = [];
  const cell = (label, text, kind = '') => make('td', {'data-label': label, class: kind}, text);
  for (const worker of status.workers) {
    const stored = then && (then.workers.find(each => each.worker === worker.worker) || {}).inserted;
    const perSecond = stored === null ? null : rate(worker.inserted, stored, seconds);
    const processes = worker.processes.length ? worker.processes : [null];
    processes.forEach((process, i) => {
      const first = i === 0, figure = text => first ? text : '';
      rows.push(make('tr', {},
          cell('Worker', figure(String(worker.worker))),
          cell('Process', process ? String(process.pid) : '–'),
          cell('State', process ? stateOf(process) : 'no process', 'left wide' + (process && process.state === 'consuming' ? '' : ' bad-text')),
          cell('For', process && process.state_seconds !== null ? age(process.state_seconds) : ''),
          cell('Stored/s', figure(perSecond === null ? '–' : short(Math.round(perSecond)))),
          cell('Stored', figure(group(worker.inserted))),
          cell('In hand', figure(group(worker.in_hand))),
          cell('Batch rows', process ? group(process.batch_rows) : ''),
          cell('Restarts', figure(group(worker.restarts))),
          cell('Last error', process ? errorOf(process) || 'none' : '',
              'wide' + (process && process.last_error && process.last_error_over_seconds_ago === null ? ' bad-text' : ''))));
      if (process && process.reason) rows.push(make('tr', {class: 'note'}, make('td', {colspan: 10}, process.reason)));
    });
  }
  byId('workers').replaceChildren(...rows);
}

function showError(status) {
  let latest = null;
  for (const worker of status.workers)
    for (const process of worker.processes)
      if (process.last_error && (!latest || process.last_error_seconds_ago < latest.process.last_error_seconds_ago))
        latest = {worker, process};
  const isOver = latest && latest.process.last_error_over_seconds_ago !== null;
  show('error-when', latest ? `Worker ${latest.worker.worker}, ${errorOf(latest.process)}` : 'None in the processes that live now.');
  byId('error-when').className = latest && !isOver ? 'bad-text' : 'muted';
  show('error', latest ? latest.process.last_error : '');
}

function showPromise(status) {
  show('stored', status.stored_means);
  const doubling = status.doubling_tables;
  show('once', status.table_deduplicates === null ? 'not known yet' :
      status.table_deduplicates ? 'a repeated insert is noticed' :
      `at least once: a repeated insert is not noticed${doubling ? ` in ${doubling}` : ''}`);
  show('servers', `RabbitMQ ${status.rabbitmq_version || '?'}, ClickHouse ${status.clickhouse_version || '?'}`);
  byId('host-row').hidden = !status.clickhouse_host_reason;
  show('host', `${status.clickhouse_host}: ${status.clickhouse_host_reason}`);
  byId('letters-row').hidden = status.dead_letter_queue_messages === 0;
  show('letters', `${group(status.dead_letter_queue_messages)}`);
  byId('keys-row').hidden = status.totals.unknown_keys === 0;
  show('keys', `${group(status.totals.unknown_keys)} that no column takes: ${status.unknown_key_names || '?'}`);
}

function showStatus(status) {
  const at = performance.now();
  const isRestart = before && !isSameInstance(before.status, status);
  if (isRestart) notice = {text: `The instance was started anew at ${clock(new Date(status.started_at_unix_seconds * 1000))}: its counters began at 0.`, until: at + 60000};
  else if (before && before.isGone) notice.until = 0;
  const then = before && !isRestart ? before.status : null;
  const seconds = before ? (at - before.at) / 1000 : 0;
  for (const key of ['version', 'instance', 'queue', 'table']) show(key, status[key]);
  show('pid', String(status.pid));
  showCondition(status);
  showWay(status, then, seconds);
  showWorkers(status, then, seconds);
  showError(status);
  showPromise(status);
  show('updated', `As of ${clock(new Date())}.`);
  byId('main').classList.remove('stale');
  before = {status, at, answeredAt: new Date(), isGone: false};
  tellNotice();
}

function showAbsence() {
  const since = before ? ` since ${clock(before.answeredAt)}; what is shown is from then` : '';
  notice = {text: `No answer${since}. It is tried again every ${STATUS_EVERY / 1000} seconds.`, until: Infinity};
  if (before) before.isGone = true;
  byId('main').classList.add('stale');
  byId('mark').className = 'mark';
  show('condition', 'No answer');
  show('because', '');
  document.title = 'No answer: ' + document.title.replace(/^No answer: /, '');
  tellNotice();
}

// Asking

async function ask(path) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE);
  try {
    const response = await fetch(path, {signal: stop.signal, cache: 'no-store'});
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return await response.json();
  } finally {
    clearTimeout(timer);
  }
}

async function repeat(path, take, fail, pause) {
  for (;;) {
    try {
      take(await ask(path));
    } catch (error) {
      fail(error);
    }
    await new Promise(done => setTimeout(done, pause));
  }
}

let history = null;

function takeHistory(taken) {
  history = taken;
  showHistory(history);
}

repeat('status', showStatus, showAbsence, STATUS_EVERY);
repeat('history', takeHistory, () => {}, HISTORY_EVERY);
addEventListener('resize', () => history && showHistory(history));
