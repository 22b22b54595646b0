package main

import (
	"time"

	"github.com/cheggaaa/pb/v3"
)

// counting shows how far a transfer of items is: a bar for people who watch, a line now and then otherwise.
type counting struct {
	say   *speaker
	what  string // exported, imported
	bar   *pb.ProgressBar
	began time.Time
	told  time.Time
	items int64
}

// silence is how long a transfer that nobody watches is silent.
const silence = 10 * time.Second

// newCounting begins; total is how much there is, in bytes or in items, 0 when that is not known.
func newCounting(say *speaker, watched bool, what string, total int64, bytes bool) *counting {
	c := &counting{say: say, what: what, began: time.Now(), told: time.Now()}
	if !watched {
		return c
	}
	template := what + ` {{string . "items"}} items {{bar . }} {{percent . }} {{rtime . }}`
	if total == 0 {
		template = what + ` {{string . "items"}} items {{etime . }}`
	}
	say.beside(true)
	c.bar = pb.ProgressBarTemplate(template).New(0).SetTotal(total).Set(pb.Bytes, bytes).Set("items", 0).SetWriter(say.out).Start()
	return c
}

// add counts items; at is how much of the total is done.
func (c *counting) add(items, at int64) {
	c.items += items
	if c.bar != nil {
		c.bar.Set("items", c.items).SetCurrent(at)
		return
	}
	if time.Since(c.told) > silence {
		c.told = time.Now()
		c.say.line("  %s %d items, %.0f a second", c.what, c.items, float64(c.items)/time.Since(c.began).Seconds())
	}
}

// end says what was done.
func (c *counting) end() {
	if c.bar != nil {
		c.bar.Finish()
		c.say.beside(false)
	}
	c.say.line("%s %d items in %s", c.what, c.items, brief(time.Since(c.began)))
}
