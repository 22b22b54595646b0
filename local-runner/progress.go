package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/cheggaaa/pb/v3"
)

// progress shows how far an upload is: a bar for people who watch, a line now and then otherwise. Its zero value shows
// nothing.
type progress struct {
	say   *speaker
	bar   *pb.ProgressBar
	began time.Time
	what  string

	mu    sync.Mutex
	total int64
	done  int64
	told  int64 // tenths
}

// barTemplate is the form of the bar.
const barTemplate = `uploading {{counters . }} {{bar . }} {{percent . }} {{speed . }}`

func (u *uploader) begin(files []upload) *progress {
	p := &progress{say: u.say, began: time.Now()}
	for _, f := range files {
		p.total += f.size
	}
	p.what = fmt.Sprintf("%d files, %s", len(files), size(p.total))
	if u.terminal {
		p.say.beside(true)
		p.bar = pb.ProgressBarTemplate(barTemplate).New(0).SetTotal(p.total).Set(pb.Bytes, true).SetWriter(p.say.out).Start()
		return p
	}
	p.say.line("uploading %s", p.what)
	return p
}

// every is how many tenths pass between two lines.
const every = 2

func (p *progress) add(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += n
	switch tenths := p.done * 10 / max(p.total, 1); {
	case p.bar != nil:
		p.bar.SetCurrent(p.done)
	case p.say != nil && tenths >= p.told+every && tenths < 10 && time.Since(p.began) > time.Second:
		p.told = tenths
		p.say.line("  %d %% of %s", tenths*10, size(p.total))
	}
}

func (p *progress) end(err error) {
	if p.bar != nil {
		p.bar.Finish()
		p.say.beside(false)
	}
	if err == nil {
		p.say.line("uploaded %s in %s", p.what, brief(time.Since(p.began)))
	}
}

// size is a number of bytes as people read it.
func size(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.0f MB", float64(n)/1e6)
	default:
		return fmt.Sprintf("%.0f kB", max(float64(n)/1e3, 1))
	}
}
