// The scenes: items of the catalogue in the part of the world that is seen, as outlines and as a list.

import { ask } from './ask.js';
import { make } from './layers.js';

const limit = 100;

// scenes shows the outlines on the map and the list in the panel; room() is what of the map nothing covers.
export function scenes(map, list, { room }) {
  const colour = () => getComputedStyle(document.documentElement).getPropertyValue('--outline').trim();
  const plain = () => ({ color: colour(), weight: 1.5, opacity: .9, fillColor: colour(), fillOpacity: 0 });
  const lit = () => ({ color: colour(), weight: 3.5, opacity: 1, fillColor: colour(), fillOpacity: 0.15 });
  const outlines = L.geoJSON(null, { style: plain });
  const popup = L.popup({ maxWidth: 320, minWidth: 240 });
  let asking = null, found = [];

  const light = (id, on) => {
    outlines.eachLayer(o => o.feature.id === id && o.setStyle(on ? lit() : plain()));
    for (const button of list.querySelectorAll('button')) {
      button.classList.toggle('lit', on && button.dataset.id === id);
    }
  };
  const open = (items, at) => {
    const { paddingTopLeft, paddingBottomRight } = room();
    L.setOptions(popup, { autoPanPaddingTopLeft: paddingTopLeft, autoPanPaddingBottomRight: paddingBottomRight });
    popup.setLatLng(at).setContent(card(items, 0, light)).openOn(map);
  };

  outlines.on('mouseover', e => light(e.layer.feature.id, true));
  outlines.on('mouseout', e => light(e.layer.feature.id, false));
  outlines.on('click', e => {
    const here = found.filter(f => holds(f.geometry, e.latlng));
    open(here.length ? here : [e.layer.feature], e.latlng);
  });

  const row = feature => {
    const button = make('button', { type: 'button' }, make('b', {}, titleOf(feature)), make('small', {}, cloudOf(feature)), make('small', {}, whenOf(feature)));
    button.dataset.id = feature.id;
    button.title = feature.id;
    for (const [on, events] of [[true, ['mouseenter', 'focus']], [false, ['mouseleave', 'blur']]]) {
      events.forEach(name => button.addEventListener(name, () => light(feature.id, on)));
    }
    button.addEventListener('click', () => {
      const bounds = L.geoJSON(feature).getBounds();
      if (!bounds.isValid()) {
        return;
      }
      if (!map.getBounds().intersects(bounds) || map.getBoundsZoom(bounds) > map.getZoom() + 2) {
        map.fitBounds(bounds, { ...room(), maxZoom: 13, animate: false });
      }
      open([feature], bounds.getCenter());
    });
    return make('li', {}, button);
  };

  const show = (features, note) => {
    found = features;
    outlines.clearLayers();
    features.filter(f => f.geometry).forEach(f => outlines.addData(f));
    list.replaceChildren(...features.map(row), ...(note ? [make('li', { className: 'note' }, note)] : []));
  };

  return {
    // ask looks for the scenes of a date, or of any, that are seen now; a newer question ends an older one.
    async ask(date) {
      asking?.abort();
      asking = new AbortController();
      try {
        const answer = await ask('stac/search?' + question(map, date), { signal: asking.signal, headers: { Accept: 'application/geo+json' } });
        const features = answer.features || [];
        const more = (answer.links || []).some(link => link.rel === 'next');
        show(features, more ? `Only ${features.length} are listed. Zoom in or choose a date to see the others.` : features.length ? '' :
          date ? 'No scene of this date lies here.' : 'No scene lies here.');
      } catch (error) {
        if (error.name !== 'AbortError') {
          show([], `Scenes cannot be shown: ${error.message}.`);
        }
      }
    },
    outline(on) {
      on ? outlines.addTo(map) : outlines.remove();
    },
  };
}

function question(map, date) {
  const seen = map.getBounds(), wide = seen.getEast() - seen.getWest() >= 360;
  const box = [wide ? -180 : turn(seen.getWest()), Math.max(seen.getSouth(), -90), wide ? 180 : turn(seen.getEast()), Math.min(seen.getNorth(), 90)];
  const query = new URLSearchParams({ bbox: box.map(v => v.toFixed(5)).join(','), limit });
  if (date) {
    query.set('datetime', `${date}T00:00:00Z/${date}T23:59:59Z`);
  }
  return query;
}

const turn = lon => ((lon + 540) % 360 + 360) % 360 - 180;

// card is what is told of the scenes at a place, one after the other.
function card(items, index, light) {
  const feature = items[index], p = feature.properties || {};
  const box = make('div', { className: 'scene' }, make('h3', {}, titleOf(feature)));
  const facts = make('dl', {});
  for (const [name, value] of [
    ['Time', whenOf(feature)], ['Clouds', coverOf(feature)], ['Platform', p.platform], ['Collection', feature.collection],
    ['Resolution', p.gsd && `${p.gsd} m`], ['Id', titleOf(feature) === feature.id ? '' : feature.id],
  ]) {
    if (value) {
      facts.append(make('dt', {}, name), make('dd', {}, String(value)));
    }
  }
  box.append(facts, links(feature));
  if (items.length > 1) {
    const step = by => {
      light(feature.id, false);
      const next = (index + by + items.length) % items.length;
      light(items[next].id, true);
      const other = card(items, next, light);
      box.replaceWith(other);
      other.querySelector(by < 0 ? '.pages button' : '.pages button:last-child').focus();
    };
    const button = (text, name, by) => {
      const b = make('button', { type: 'button', ariaLabel: name }, text);
      b.addEventListener('click', () => step(by));
      return b;
    };
    box.append(make('div', { className: 'pages' }, button('\u2039', 'The scene before', -1), `${index + 1} of ${items.length} here`, button('\u203a', 'The next scene', 1)));
  }
  return box;
}

function links(feature) {
  const id = encodeURIComponent(feature.id), collection = encodeURIComponent(feature.collection || '');
  const all = [
    ['WMS', `ows?service=WMS&version=1.3.0&request=GetCapabilities&cql=${encodeURIComponent(`identifier="${feature.id}"`)}`],
    ['Registration', `registrations?id=${id}`],
  ];
  if (collection) {
    all.unshift(['STAC item', `stac/collections/${collection}/items/${id}`]);
  }
  return make('nav', { ariaLabel: 'More about this scene' }, ...all.map(([text, href]) => make('a', { href, target: '_blank', rel: 'noopener' }, text)));
}

const titleOf = feature => (feature.properties || {}).title || feature.id;

function whenOf(feature) {
  const p = feature.properties || {};
  const time = p.datetime || p.start_datetime;
  return time ? String(time).slice(0, 16).replace('T', ' ') + ' UTC' : '';
}

function coverOf(feature) {
  const cover = (feature.properties || {})['eo:cloud_cover'];
  return typeof cover === 'number' ? `${Math.round(cover)} %` : '';
}

const cloudOf = feature => coverOf(feature) && coverOf(feature) + ' cloud';

// holds tells whether a polygon or multipolygon holds a point: a ray from it crosses the border an odd number of times.
function holds(geometry, { lat, lng }) {
  const polygons = geometry?.type === 'Polygon' ? [geometry.coordinates] : geometry?.type === 'MultiPolygon' ? geometry.coordinates : [];
  const lon = turn(lng);
  const inside = ring => ring.reduce((odd, [x, y], i) => {
    const [px, py] = ring[(i + ring.length - 1) % ring.length];
    return (y > lat) !== (py > lat) && lon < (px - x) * (lat - y) / (py - y) + x ? !odd : odd;
  }, false);
  return polygons.some(rings => inside(rings[0]) && !rings.slice(1).some(inside));
}
