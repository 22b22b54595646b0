package main

import (
	"time"

	"perigee/shared/catalogue"
	"perigee/shared/ogcapi"
)

const jobsPath = "/seed/jobs"

// status is what is told of a job: the statusInfo of OGC API Processes (18-062r2, 7.12), and how far each level is.
type status struct {
	JobID     string        `json:"jobID"`
	ProcessID string        `json:"processID"`
	Type      string        `json:"type"`
	Status    string        `json:"status"`            // accepted, running, successful, failed, dismissed
	Message   string        `json:"message,omitempty"` // what went wrong first
	Created   time.Time     `json:"created"`
	Started   time.Time     `json:"started,omitzero"`
	Finished  time.Time     `json:"finished,omitzero"`
	Updated   time.Time     `json:"updated"`
	Progress  int           `json:"progress"` // percent of the tiles and the chunks
	Workspace string        `json:"workspace,omitempty"`
	Layer     string        `json:"layer"`
	Mode      string        `json:"mode"`
	Automatic bool          `json:"automatic"` // it follows changes of the catalogue
	Tiles     tiles         `json:"tiles"`
	Chunks    tiles         `json:"chunks,omitzero"` // of the overview mosaic, which are no tiles
	Levels    []levelStatus `json:"levels"`
	Links     []link        `json:"links"`
}

// tiles says what became of tiles, or of chunks; done are those that need nothing more, failed ones not among them.
type tiles struct {
	Total   int64 `json:"total"`
	Done    int64 `json:"done"`
	Drawn   int64 `json:"drawn"`
	Skipped int64 `json:"skipped"` // they were kept and current
	Deleted int64 `json:"deleted"`
	Failed  int64 `json:"failed"`
}

// levelStatus is how far a level is.
type levelStatus struct {
	Level      int       `json:"level"`
	Overview   bool      `json:"overview,omitempty"` // of the overview mosaic: tiles tells of its chunks
	Tiles      tiles     `json:"tiles"`
	Blocks     int64     `json:"blocks"`
	BlocksDone int64     `json:"blocksDone"`
	Started    time.Time `json:"started,omitzero"`
	Finished   time.Time `json:"finished,omitzero"`
}

// jobList is a page of jobs.
type jobList struct {
	Jobs  []status `json:"jobs"`
	Links []link   `json:"links"`
}

type link struct {
	Rel  string `json:"rel"`
	Href string `json:"href"`
	Type string `json:"type"`
}

func statusOf(j catalogue.SeedJob, base string) status {
	s := status{
		JobID: j.ID, ProcessID: "seed", Type: "process", Status: j.Status, Message: j.Message, Created: j.Created, Finished: j.Finished,
		Updated: j.Updated, Workspace: j.Workspace, Layer: j.Layer, Mode: j.Mode, Automatic: j.Automatic, Levels: []levelStatus{},
		Links: []link{{Rel: "self", Href: ogcapi.Href(base+jobsPath, j.ID), Type: ogcapi.MediaTypeJSON}},
	}
	for _, l := range j.Levels {
		t := tilesOf(l)
		level, over := l.Level, l.Level < 0
		if over {
			level = chunkLevel(level)
		}
		s.Levels = append(s.Levels, levelStatus{Level: level, Overview: over, Tiles: t, Blocks: l.Blocks, BlocksDone: l.Done, Started: l.Started, Finished: l.Finished})
		if over {
			s.Chunks.add(t)
		} else {
			s.Tiles.add(t)
		}
		if s.Started.IsZero() {
			s.Started = l.Started
		}
	}
	both := s.Tiles
	if both.add(s.Chunks); both.Total > 0 {
		s.Progress = int(100 * (both.Done + both.Failed) / both.Total)
	}
	return s
}

func (s status) self() string { return s.Links[0].Href }

func tilesOf(l catalogue.SeedLevel) tiles {
	return tiles{Total: l.Tiles, Done: l.Drawn + l.Skipped + l.Deleted, Drawn: l.Drawn, Skipped: l.Skipped, Deleted: l.Deleted, Failed: l.Failed}
}

func (t *tiles) add(o tiles) {
	t.Total, t.Done, t.Drawn, t.Skipped = t.Total+o.Total, t.Done+o.Done, t.Drawn+o.Drawn, t.Skipped+o.Skipped
	t.Deleted, t.Failed = t.Deleted+o.Deleted, t.Failed+o.Failed
}
