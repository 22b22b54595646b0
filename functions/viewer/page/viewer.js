// The page: a map with the layers of the tile cache, a date, and the scenes of the catalogue. Every address is relative
// to the page's own, which is the system's or a workspace's.

import * as state from './state.js';
import { graticule } from './graticule.js';
import { entry, load, tiles, toBounds } from './layers.js';
import { scenes } from './scenes.js';

const element = id => document.getElementById(id);
const wanted = state.read();
const map = L.map('map', { zoomControl: false, worldCopyJump: true, minZoom: 2, maxZoom: 20 });
map.attributionControl.setPrefix(false);
L.control.zoom({ position: 'topright' }).addTo(map);
L.control.scale({ position: 'bottomright', imperial: false }).addTo(map);

let groups = [];
let problem = ''; // why the layers could not be read
let date = wanted.date;
const shown = new Map(); // base -> { option, opacity, layer }
const found = scenes(map, element('scenes'), { room });

// tallest is the part of a narrow window that the panel takes once its lists are filled.
const tallest = 0.58;

// room is what the panel leaves of the map, as distances from its corners.
function room() {
  const panel = element('panel').getBoundingClientRect(), open = !document.body.classList.contains('closed');
  const below = panel.width >= innerWidth;
  return {
    paddingTopLeft: [open && !below ? panel.right + 28 : 20, 28],
    paddingBottomRight: [20, open && below ? Math.max(panel.height, innerHeight * tallest) + 20 : 28],
  };
}

// say tells something for a while, or until it is withdrawn.
function say(text, stays) {
  element('status').textContent = text;
  clearTimeout(say.timer);
  if (!stays) {
    say.timer = setTimeout(() => withdraw(text), 6000);
  }
}

function withdraw(text) {
  if (element('status').textContent === text) {
    element('status').textContent = '';
  }
}

// remember writes the view into the address.
function remember() {
  const centre = map.getCenter();
  state.write({
    view: { zoom: map.getZoom(), lat: centre.lat, lng: centre.lng }, date, outlines: element('outlines').checked,
    shown: [...shown.values()].map(s => [s.option.name, s.opacity]),
  });
}

// look puts a way to look at a group on the map, or takes it off.
function look(group, option, opacity) {
  shown.get(group.base)?.layer.remove();
  shown.delete(group.base);
  if (option) {
    const layer = tiles(group, option, date, opacity);
    watch(layer, `Parts of ${group.title} cannot be drawn at the moment.`);
    shown.set(group.base, { option, opacity, layer: layer.addTo(map) });
  }
}

// watch tells of tiles that do not come, until those that are looked at all came.
function watch(layer, text) {
  let failed = false;
  layer.on('loading', () => { failed = false; });
  layer.on('tileerror', () => { failed = true; say(text, true); });
  layer.on('load', () => { failed || withdraw(text); });
  layer.on('remove', () => withdraw(text));
}

// list writes the list of layers.
function list() {
  const entries = groups.map(group => {
    const now = shown.get(group.base);
    let opacity = now?.opacity ?? 100;
    return entry(group, now && group.options.find(o => o.name === now.option.name), opacity, {
      choose: option => { look(group, option, opacity); dates(); remember(); },
      visit: () => map.fitBounds(toBounds(group.bounds), { ...room(), maxZoom: 15 }),
      fade: percent => {
        opacity = percent;
        const on = shown.get(group.base);
        if (on) {
          on.opacity = percent;
          on.layer.setOpacity(percent / 100);
        }
        remember();
      },
    });
  });
  element('layers').replaceChildren(...entries);
  element('filter').hidden = groups.length < 8;
  element('empty').textContent = problem || 'Nothing can be seen yet. Upload a scene, and look again.';
  element('empty').hidden = !problem && groups.some(g => g.bounds);
}

// dates offers the days of the layers that are shown, newest first.
function dates() {
  const days = new Set(groups.filter(g => shown.has(g.base) || !shown.size).flatMap(g => g.dates));
  if (date) {
    days.add(date);
  }
  const options = [new Option('Newest on top', ''), ...[...days].sort().reverse().map(day => new Option(day, day))];
  element('date').replaceChildren(...options);
  element('date').value = date;
  arrows();
}

function arrows() {
  const select = element('date');
  element('newer').disabled = select.selectedIndex <= 0;
  element('older').disabled = select.selectedIndex >= select.options.length - 1;
}

// turnTo shows another date.
function turnTo(day) {
  date = day;
  arrows();
  redraw();
  found.ask(date);
  remember();
}

function redraw() {
  for (const group of groups) {
    const now = shown.get(group.base);
    if (now) {
      look(group, now.option, now.opacity);
    }
  }
}

// choose shows what the address asks for, or else the first layer with data.
function choose() {
  if (wanted.shown) {
    for (const group of groups) {
      for (const option of group.options) {
        if (wanted.shown.has(option.name)) {
          look(group, option, wanted.shown.get(option.name));
        }
      }
    }
    return;
  }
  const first = groups.find(g => g.bounds) || groups[0];
  if (first) {
    look(first, first.options.find(o => o.browse === 'TRUE_COLOR') || first.options[0], 100);
  }
}

// place goes to where the address says, or to where the data is.
function place() {
  if (wanted.view) {
    map.setView([wanted.view.lat, wanted.view.lng], wanted.view.zoom);
    return;
  }
  const bounds = groups.filter(g => shown.has(g.base) && g.bounds).map(g => toBounds(g.bounds));
  const all = bounds.reduce((sum, b) => sum.extend(b), L.latLngBounds([]));
  if (all.isValid()) {
    map.fitBounds(all, { ...room(), maxZoom: 13 });
  } else {
    map.setView([25, 10], 3);
  }
}

// refresh reads the layers anew, keeps what is shown, and draws it again.
async function refresh() {
  try {
    groups = await load();
    problem = '';
  } catch (error) {
    problem = `Layers cannot be shown: ${error.message}.`;
    return;
  }
  for (const [base, now] of shown) {
    const group = groups.find(g => g.base === base);
    const option = group?.options.find(o => o.name === now.option.name);
    option ? look(group, option, now.opacity) : (now.layer.remove(), shown.delete(base));
  }
}

function wire() {
  element('date').addEventListener('change', e => turnTo(e.target.value));
  for (const [id, by] of [['newer', -1], ['older', 1]]) {
    element(id).addEventListener('click', () => {
      element('date').selectedIndex += by;
      turnTo(element('date').value);
    });
  }
  element('outlines').checked = wanted.outlines;
  element('outlines').addEventListener('change', e => { found.outline(e.target.checked); remember(); });
  element('filter').addEventListener('input', e => {
    for (const item of element('layers').children) {
      item.hidden = !item.dataset.text.includes(e.target.value.toLowerCase());
    }
  });
  element('toggle').addEventListener('click', () => {
    const closed = document.body.classList.toggle('closed');
    element('toggle').setAttribute('aria-expanded', String(!closed));
  });
  element('refresh').addEventListener('click', async () => {
    const first = !groups.length;
    await refresh();
    if (first && groups.length) {
      choose();
      place();
    }
    list();
    dates();
    found.ask(date);
    if (!problem) {
      say('Up to date.');
    }
  });
  document.addEventListener('keydown', e => {
    if (e.key === 'Escape') {
      map.closePopup();
    }
  });
  let timer;
  map.on('moveend', () => {
    remember();
    clearTimeout(timer);
    timer = setTimeout(() => found.ask(date), 250);
  });
}

async function start() {
  const workspace = location.pathname.match(/\/workspaces\/([^/]+)\/$/);
  if (workspace) {
    element('workspace').textContent = decodeURIComponent(workspace[1]);
    element('workspace').hidden = false;
  }
  await refresh();
  choose();
  place();
  graticule(map);
  found.outline(wanted.outlines);
  list();
  dates();
  wire();
  remember();
  found.ask(date);
}

start();
