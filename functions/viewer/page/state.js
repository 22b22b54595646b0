// What is shown, kept in the fragment of the address, so that the address of the page is the address of the view.

// read gives the state that the address holds; what of it makes no sense is left out.
export function read() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const [zoom, lat, lng] = (fragment.get('map') || '').split('/').map(Number);
  const shown = new Map();
  for (const entry of (fragment.get('layers') || '').split(',').filter(Boolean)) {
    const [name, opacity] = entry.split(';');
    shown.set(decoded(name), Math.min(Math.max(Number(opacity ?? 100) || 0, 0), 100));
  }
  return {
    view: [zoom, lat, lng].every(Number.isFinite) && fragment.has('map') ? { zoom, lat, lng } : null,
    shown: fragment.has('layers') ? shown : null,
    date: /^\d{4}-\d{2}-\d{2}$/.test(fragment.get('date')) ? fragment.get('date') : '',
    outlines: fragment.get('outlines') !== '0',
  };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // somebody cut the address short
  }
}

// write puts the state into the address, without a step in the browser's history.
export function write({ view, shown, date, outlines }) {
  const parts = [`map=${view.zoom}/${view.lat.toFixed(4)}/${view.lng.toFixed(4)}`];
  parts.push('layers=' + [...shown].map(([name, opacity]) => encodeURIComponent(encodeURIComponent(name)) + (opacity < 100 ? ';' + opacity : '')).join(','));
  if (date) {
    parts.push('date=' + encodeURIComponent(date));
  }
  if (!outlines) {
    parts.push('outlines=0');
  }
  history.replaceState(null, '', '#' + parts.join('&'));
}
