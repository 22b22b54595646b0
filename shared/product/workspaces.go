package product

import (
	"sync"
)

// Own is the configuration of a workspace: the system's with what the workspace lays over it.
type Own struct {
	Config
	Revision int64 // of the overlay, as the catalogue counts them; 0: there never was one
}

// maxOwn bounds how many configurations of workspaces are remembered.
const maxOwn = 64

// Workspaces remembers the configurations of workspaces, so that the text of an overlay is read and understood once. It
// asks nobody: who asks the catalogue anyway asks in the same question for the overlay, if it is not the one that is
// known, and says here what the answer was.
type Workspaces struct {
	system Own

	mu    sync.Mutex
	known map[string]Own
}

// NewWorkspaces knows the system's configuration.
func NewWorkspaces(system Config) *Workspaces {
	return &Workspaces{system: Own{Config: system}, known: map[string]Own{}}
}

// System is the configuration of the system's workspace.
func (w *Workspaces) System() Config { return w.system.Config }

// Of is the last known configuration of a workspace; of one that is not known it is the system's.
func (w *Workspaces) Of(workspace string) Own {
	w.mu.Lock()
	defer w.mu.Unlock()
	if own, ok := w.known[workspace]; ok {
		return own
	}
	return w.system
}

// Learn takes the answer to who asked with what Of gave: the revision, and the text unless that is the same or there is
// none. A text that cannot be read, though it was taken once, changes nothing, and is told.
func (w *Workspaces) Learn(workspace string, had Own, revision int64, text []byte) (Own, error) {
	if revision == had.Revision {
		return had, nil
	}
	own := Own{Config: w.system.Config, Revision: revision}
	if text != nil {
		over, err := ReadOverlay(text)
		if err != nil {
			return had, err
		}
		own.Config = own.Under(over)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if held, ok := w.known[workspace]; ok && held.Revision > revision {
		return own, nil // of an answer that came late
	}
	w.known[workspace] = own
	for other := range w.known {
		if len(w.known) <= maxOwn {
			break
		}
		if other != workspace {
			delete(w.known, other)
		}
	}
	return own, nil
}
