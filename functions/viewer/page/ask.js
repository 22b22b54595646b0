// Asking the host for JSON, with failures in words for people.

const reasons = {
  401: 'one has to sign in for that', 403: 'that may not be read', 404: 'there is no such thing here', 429: 'the server is busy; try again in a moment',
  502: 'the server is not running', 503: 'the server is busy or starting; try again in a moment', 504: 'the server took too long',
};

// ask gives the answer of an address, decoded. Options are those of fetch.
export async function ask(address, options) {
  let answer;
  try {
    answer = await fetch(address, options);
  } catch (error) {
    if (error.name === 'AbortError') {
      throw error;
    }
    throw new Error('the server cannot be reached');
  }
  if (!answer.ok) {
    throw new Error(reasons[answer.status] || `the server answers ${answer.status}`);
  }
  try {
    return await answer.json();
  } catch (error) {
    if (error.name === 'AbortError') {
      throw error;
    }
    throw new Error('the answer cannot be read');
  }
}
