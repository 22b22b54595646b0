// The layers: what the tile cache offers, grouped by what they show; each group is one entry with its ways to look.

import { ask } from './ask.js';

// load asks the tile cache for its layers and groups them.
export async function load() {
  const answer = await ask('cache/layers.json', { cache: 'no-cache' });
  const groups = new Map();
  for (const layer of flatten(answer.layers)) {
    const group = groups.get(layer.base) || { base: layer.base, options: [] };
    group.options.push(layer);
    groups.set(layer.base, group);
  }
  return [...groups.values()].map(finish);
}

const flatten = layers => layers.flatMap(layer => [layer, ...flatten(layer.layers || [])]);

// finish says of a group what its layers have in common. A default that has a name of its own is not offered twice.
function finish(group) {
  const main = group.options.find(o => !o.browse) || group.options[0];
  if (group.options.some(o => o.browse === 'TRUE_COLOR')) {
    group.options = group.options.filter(o => o.browse);
  }
  return Object.assign(group, {
    title: main.title, abstract: main.abstract || '', bounds: main.bounds, dates: main.dates, item: main.item || '', zoom: main.zoom,
  });
}

// label is the name of a way to look, as people write it.
export function label(option) {
  if (!option.browse) {
    return 'Default';
  }
  const words = option.browse.replace(/_+/g, ' ').trim();
  return words.length <= 5 ? words : words[0].toUpperCase() + words.slice(1).toLowerCase();
}

// tiles makes the map's layer of an option at a date, which may be empty.
export function tiles(group, option, date, opacity) {
  const time = date ? '?time=' + encodeURIComponent(date) : '';
  return L.tileLayer(`cache/xyz/${encodeURIComponent(option.name)}/{z}/{x}/{y}.png${time}`, {
    bounds: toBounds(group.bounds), opacity: opacity / 100, minZoom: 0, maxZoom: 20,
    maxNativeZoom: group.item ? 20 : Math.min(group.zoom + 2, 20), updateWhenZooming: false, keepBuffer: 3,
  });
}

// toBounds turns west, south, east, north into the map's bounds; null where nothing is known.
export function toBounds(corners) {
  return corners ? L.latLngBounds([corners[1], corners[0]], [corners[3], corners[2]]) : null;
}

// entry makes the entry of a group in the list. choose(option or null), fade(percent) and
// visit() are told what people do.
export function entry(group, chosen, opacity, { choose, fade, visit }) {
  const item = document.createElement('li');
  item.dataset.text = `${group.title} ${group.base} ${group.abstract}`.toLowerCase();
  const box = make('input', { type: 'checkbox', checked: Boolean(chosen) });
  const name = make('label', { className: 'name' }, box, make('span', {}, group.title));
  const more = make('div', { className: 'more', hidden: !chosen });
  let current = chosen || group.options[0];
  box.addEventListener('change', () => {
    more.hidden = !box.checked;
    choose(box.checked ? current : null);
  });
  if (group.options.length > 1) {
    more.append(make('fieldset', {}, make('legend', { className: 'unseen' }, 'Look at'), ...group.options.map(option => {
      const radio = make('input', { type: 'radio', name: 'look-' + group.base, checked: option === current });
      radio.addEventListener('change', () => choose(current = option));
      return make('label', { className: 'chip' }, radio, make('span', {}, label(option)));
    })));
  }
  const shown = make('output', {}, opacity + ' %');
  const slider = make('input', { type: 'range', min: 0, max: 100, step: 5, value: opacity, ariaLabel: `Opacity of ${group.title}` });
  slider.addEventListener('input', () => {
    shown.textContent = slider.value + ' %';
    fade(Number(slider.value));
  });
  more.append(make('label', { className: 'opacity' }, 'Opacity', slider, shown));
  const head = make('div', { className: 'row' }, name);
  if (group.bounds) {
    const button = make('button', { type: 'button', className: 'plain', ariaLabel: `Zoom to ${group.title}`, title: 'Zoom to its data' }, 'Zoom');
    button.addEventListener('click', visit);
    head.append(button);
  }
  item.append(head);
  const about = [group.abstract, group.bounds ? '' : 'No data yet.'].filter(Boolean).join(' ');
  if (about) {
    item.append(make('p', { className: 'about' }, about));
  }
  item.append(more);
  return item;
}

// make makes an element with properties and content; text is text, never markup.
export function make(tag, properties, ...content) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...content);
  return element;
}
