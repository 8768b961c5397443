// Charts: of the columns of the history.
import {byId, make} from './elements.js';
import {duration, short} from './format.js';

const MINUTES = 15;
const GAP = 16; // seconds without a value that end a curve

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

export function showHistory(history) {
  const place = byId('charts');
  const columns = getComputedStyle(place).gridTemplateColumns.split(' ');
  const width = Math.round(parseFloat(columns[0])) || 480;
  place.replaceChildren(...CHARTS.map(chart => draw(chart, history, width)));
}
