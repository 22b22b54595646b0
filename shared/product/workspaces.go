package product

import (
	"sync"

	"perigee/shared/fault"
)

// Own is the configuration of a workspace: the system's with what the workspace lays over it.
type Own struct {
	Config
	Revision int64 // of the overlay, as the catalogue counts them; 0: there never was one
}

// maxOwn bounds how many configurations of workspaces are remembered.
const maxOwn = 64

// Workspaces remembers the configurations of workspaces, so that the text of an overlay is read and understood once. Who
// asks the catalogue anyway asks in the same question for the overlay, if it is not the one that is known.
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

// Ask gives the configuration of a workspace as it is now. The function asks the catalogue for the revision of the overlay,
// and for its text, which is nil when the revision is the known one or there is none. While it fails, Of gives the last
// known one.
func (w *Workspaces) Ask(workspace string, ask func(known int64) (revision int64, text []byte, err error)) (Own, error) {
	had := w.Of(workspace)
	revision, text, err := ask(had.Revision)
	if err != nil || revision == had.Revision {
		return had, err
	}
	own := Own{Config: w.system.Config, Revision: revision}
	if text != nil {
		over, err := ReadOverlay(text)
		if err != nil {
			return had, fault.Classify(fault.Internal, err, "the products of the workspace %q cannot be read", workspace)
		}
		own.Config = own.Under(over)
	}
	w.keep(workspace, own)
	return own, nil
}

// keep remembers a configuration, unless the answer came late. When there are too many, any other is forgotten.
func (w *Workspaces) keep(workspace string, own Own) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.known[workspace].Revision > own.Revision {
		return
	}
	w.known[workspace] = own
	for other := range w.known {
		if len(w.known) > maxOwn && other != workspace {
			delete(w.known, other)
		}
	}
}
