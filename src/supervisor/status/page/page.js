// The status page: reads status and history every few seconds, and shows them. Whatever servers and
// operators have named reaches the page as text only (textContent), never as markup.
'use strict';

const STATUS_EVERY = 2000, HISTORY_EVERY = 5000, PATIENCE = 4000; // milliseconds
const MINUTES = 15;
const GAP = 16; // seconds without a value that end a curve
const SVG = 'http://www.w3.org/2000/svg';
const byId = id => document.getElementById(id);
const show = (id, text) => { const at = byId(id); if (at.textContent !== text) at.textContent = text; };

function make(tag, attributes, ...content) {
  const svg = ['svg', 'path', 'line', 'rect', 'text'].includes(tag);
  const element = svg ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...content);
  return element;
}

// Numbers and times

const group = number => String(Math.round(number)).replace(/\B(?=(\d{3})+$)/g, '\u202f');

// In the unit that suits `like`, for the marks of one axis.
function short(number, like = number) {
  if (number === 0) return '0';
  for (const [from, unit, name] of [[1e9, 1e9, 'G'], [1e6, 1e6, 'M'], [1e4, 1e3, 'k']])
    if (like >= from) return +(number / unit).toPrecision(3) + '\u202f' + name;
  if (number >= 100 || Number.isInteger(number)) return group(number);
  return String(+number.toPrecision(2));
}

function age(seconds) {
  if (seconds < 10) return seconds.toFixed(1) + ' s';
  if (seconds < 120) return Math.round(seconds) + ' s';
  if (seconds < 7200) return Math.round(seconds / 60) + ' min';
  if (seconds < 172800) return Math.round(seconds / 3600) + ' h';
  return Math.round(seconds / 86400) + ' days';
}

function duration(seconds) {
  if (seconds === 0) return '0';
  if (seconds < 0.995) return +(seconds * 1000).toPrecision(2) + ' ms';
  return age(seconds);
}

const clock = date => date.toLocaleTimeString([], {hour12: false});

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

// Charts: of columns of the history

// What a counter has counted between two samples; null where it began anew.
const steps = counter => counter.map((value, i) => i === 0 || value < counter[i - 1] ? null : value - counter[i - 1]);

function perSecond(counter, ago) {
  return steps(counter).map((step, i) => step === null ? null : step / (ago[i - 1] - ago[i]));
}

function meanInsert(history) {
  const count = steps(history.inserts), sum = steps(history.insert_seconds);
  return count.map((number, i) => number > 0 && sum[i] !== null ? sum[i] / number : null);
}

const CHARTS = [
  {title: 'Events', unit: 'a second', format: short, least: 2, series: history => [
    {name: 'received', values: perSecond(history.received, history.seconds_ago)},
    {name: 'stored', values: perSecond(history.inserted, history.seconds_ago), dashed: true}]},
  {title: 'In hand', unit: 'events', format: short, least: 2, area: true, series: history => [
    {name: 'now', values: history.in_hand}]},
  {title: 'Oldest in hand', unit: 'age', format: duration, least: 1, area: true, series: history => [
    {name: 'now', values: history.oldest_seconds}]},
  {title: 'Insert', unit: 'mean duration', format: duration, least: 0.01, series: history => [
    {name: 'latest', values: meanInsert(history)}]},
  {title: 'Dead letters', unit: 'in 5 s, by reason', format: short, least: 2, bars: true, none: 'none', series: history =>
    Object.entries(history.dead_lettered).map(([name, counter]) => ({name, values: steps(counter)}))},
  {title: 'Failures', unit: 'in 5 s', format: short, least: 2, bars: true, none: 'none', series: history => [
    {name: 'failed inserts', values: steps(history.failed_inserts)},
    {name: 'lost links', values: steps(history.lost_links)},
    {name: 'deaths of workers', values: steps(history.deaths)}].map((each, i) => ({...each, color: [2, 4, 3][i]}))},
];

// The end of the axis: 1, 2 or 4 times a power of ten.
// Half of a count is whole.
function niceTop(highest, least) {
  const power = 10 ** Math.floor(Math.log10(Math.max(highest, least)));
  return power * [1, 2, 4, 10].find(each => each * power >= Math.max(highest, least) * 0.999);
}

const known = values => values.filter(value => value !== null);
const sumOf = values => known(values).reduce((sum, value) => sum + value, 0);
const latestOf = values => { const all = known(values); return all.length ? all[all.length - 1] : null; };

function legend(chart, series) {
  const items = series.map(each => {
    const value = chart.bars ? sumOf(each.values) : latestOf(each.values);
    const text = value === null ? '–' : chart.format(value);
    return make('span', {class: 'item'}, make('i', {class: 'c' + each.color}), `${each.name} `, make('span', {class: 'value'}, text));
  });
  return make('div', {class: chart.bars ? 'legend below' : 'legend'}, ...(items.length ? items : [chart.none]));
}

function frame(chart, top, box) {
  const parts = [];
  for (const part of [0, 0.5, 1]) {
    const y = box.bottom - part * (box.bottom - box.top);
    parts.push(make('line', {class: part ? 'grid' : 'axis', x1: box.left, x2: box.right, y1: y, y2: y}),
        make('text', {x: box.left - 6, y: y + 4, 'text-anchor': 'end'}, chart.format(top * part, top)));
  }
  for (const minutes of [15, 10, 5, 0]) {
    const x = box.x(minutes * 60);
    parts.push(make('text', {x, y: box.bottom + 19, 'text-anchor': minutes ? 'middle' : 'end'},
        minutes ? `−${minutes} min` : 'now'));
  }
  return parts;
}

function curve(chart, each, ago, box) {
  let path = '', area = '', start = null, last = null, lastAgo = 0;
  const close = () => { if (start !== null && last !== start) area += `L${last} ${box.bottom}L${start} ${box.bottom}Z`; start = null; };
  const dots = [];
  each.values.forEach((value, i) => {
    if (value === null) return;
    const x = box.x(ago[i]).toFixed(1), y = box.y(value).toFixed(1);
    if (start !== null && lastAgo - ago[i] > GAP) close();
    path += `${start === null ? 'M' : 'L'}${x} ${y}`;
    area += `${start === null ? 'M' : 'L'}${x} ${y}`;
    if (start === null) { start = x; dots.push(`M${x} ${y}h0`); }
    [last, lastAgo] = [x, ago[i]];
  });
  close();
  const parts = [];
  if (chart.area) parts.push(make('path', {class: `area c${each.color}`, d: area}));
  // A point alone has a length of 0, which round caps make visible.
  parts.push(make('path', {class: `stroke c${each.color}`, d: path + dots.join(''), ...(each.dashed ? {'stroke-dasharray': '5 4'} : {})}));
  return parts;
}

function bars(series, ago, box) {
  const parts = [], width = Math.max(2, (box.right - box.left) / 181);
  ago.forEach((seconds, i) => {
    let below = 0;
    for (const each of series) {
      const value = each.values[i];
      if (!value) continue;
      const y = box.y(below + value), height = Math.max(1.5, box.y(below) - y);
      parts.push(make('rect', {class: `bar c${each.color}`, x: (box.x(seconds) - width).toFixed(1), y: (box.y(below) - height).toFixed(1), width: width.toFixed(1), height: height.toFixed(1)}));
      below += value;
    }
  });
  return parts;
}

function draw(chart, history, width) {
  const series = chart.series(history).map((each, i) => ({color: i % 8, ...each}));
  const ago = history.seconds_ago;
  const sums = ago.map((_, i) => chart.bars ? sumOf(series.map(each => each.values[i])) : Math.max(0, ...known(series.map(each => each.values[i]))));
  const highest = Math.max(0, ...sums);
  const top = niceTop(highest, chart.least);
  const box = {left: 54, right: width - 2, top: 10, bottom: 108};
  box.x = seconds => box.right - Math.min(1, seconds / (MINUTES * 60)) * (box.right - box.left);
  box.y = value => box.bottom - value / top * (box.bottom - box.top);
  const marks = chart.bars ? bars(series, ago, box) : series.flatMap(each => curve(chart, each, ago, box));
  const told = series.map(each => `${each.name} ${chart.format((chart.bars ? sumOf(each.values) : latestOf(each.values)) || 0)}`);
  const label = `${chart.title}, ${chart.unit}: ${told.join(', ') || chart.none}; highest of the last ${MINUTES} minutes ${chart.format(highest)}`;
  const caption = make('figcaption', {}, make('span', {}, make('b', {}, chart.title), ' ', make('span', {class: 'unit'}, chart.unit)));
  caption.append(legend(chart, series));
  return make('figure', {}, caption, make('svg', {role: 'img', 'aria-label': label, viewBox: `0 0 ${width} 134`}, ...frame(chart, top, box), ...marks));
}

let latestHistory = null;

function showHistory(history) {
  latestHistory = history;
  const place = byId('charts');
  const columns = getComputedStyle(place).gridTemplateColumns.split(' ');
  const width = Math.round(parseFloat(columns[0])) || 480;
  place.replaceChildren(...CHARTS.map(chart => draw(chart, history, width)));
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

repeat('status', showStatus, showAbsence, STATUS_EVERY);
repeat('history', showHistory, () => {}, HISTORY_EVERY);
addEventListener('resize', () => latestHistory && showHistory(latestHistory));
