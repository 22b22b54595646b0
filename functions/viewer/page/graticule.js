// The background: meridians and parallels, drawn here, so that no other host is asked for a map.

const steps = [60, 30, 15, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];

// graticule keeps the lines and their labels fitting the part of the world that is seen.
export function graticule(map) {
  map.createPane('graticule').style.zIndex = 150; // below the tiles
  const group = L.layerGroup().addTo(map);
  const draw = () => {
    group.clearLayers();
    const seen = map.getBounds().pad(0.2);
    const south = Math.max(seen.getSouth(), -85), north = Math.min(seen.getNorth(), 85);
    const lines = map.getSize().x / 110; // at most, across the map
    const step = [...steps].reverse().find(s => (map.getBounds().getEast() - map.getBounds().getWest()) / s < lines) || steps[0];
    for (const lon of multiples(step, seen.getWest(), seen.getEast())) {
      line(group, [[south, lon], [north, lon]]);
    }
    for (const lat of multiples(step, south, north)) {
      line(group, [[lat, seen.getWest()], [lat, seen.getEast()]]);
    }
    label(map, group, step);
  };
  map.on('moveend', draw);
  draw();
}

function multiples(step, from, to) {
  const all = [];
  for (let n = Math.ceil(from / step); n * step <= to && all.length < 100; n++) {
    all.push(n * step);
  }
  return all;
}

function line(group, points) {
  const colour = getComputedStyle(document.documentElement).getPropertyValue('--grid').trim();
  L.polyline(points, { pane: 'graticule', color: colour, weight: 1, interactive: false }).addTo(group);
}

// label writes degrees along the upper and the right border.
function label(map, group, step) {
  const size = map.getSize();
  const digits = step >= 1 ? 0 : step >= 0.1 ? 1 : step >= 0.01 ? 2 : 3;
  const bounds = map.getBounds();
  const put = (at, text, anchor) => L.marker(at, {
    pane: 'graticule', interactive: false, keyboard: false,
    icon: L.divIcon({ className: 'degree', html: text, iconSize: [0, 0], iconAnchor: anchor }),
  }).addTo(group);
  const top = map.containerPointToLatLng([0, 4]).lat, right = map.containerPointToLatLng([size.x - 46, 0]).lng;
  for (const lon of multiples(step, bounds.getWest(), bounds.getEast())) {
    const turned = ((lon + 540) % 360) - 180;
    put([top, lon], degrees(turned, digits, 'E', 'W'), [-4, 0]);
  }
  for (const lat of multiples(step, Math.max(bounds.getSouth(), -85), Math.min(bounds.getNorth(), 85))) {
    if (map.latLngToContainerPoint([lat, right]).y > 110) { // clear of the zoom buttons
      put([lat, right], degrees(lat, digits, 'N', 'S'), [0, 16]);
    }
  }
}

function degrees(value, digits, positive, negative) {
  const text = Math.abs(value).toFixed(digits);
  return text + '\u00b0' + (Number(text) === 0 ? '' : value > 0 ? positive : negative);
}
