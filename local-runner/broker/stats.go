package broker

import (
	"context"
	"sync"

	"perigee/shared/fault"
)

// figures are what Stats tells of one Trigger.
type figures struct {
	mu sync.Mutex
	s  Stats
}

func (f *figures) add(a Attempt) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if a.Error != "" {
		f.s.LastError, f.s.LastFailed = a.Error, a.Time
	}
	switch a.Outcome {
	case Delivered, Replied:
		f.s.Delivered++
	case Retrying:
		f.s.Retried++
	case GivenUp:
		f.s.Dead++
	}
}

// Stats are the figures of every Trigger, in the order of the configuration.
func (b *Broker) Stats(ctx context.Context) ([]Stats, error) {
	var all []Stats
	for _, d := range b.dispatchers {
		info, err := b.store.consumer(ctx, streamEvents, d.name)
		if err != nil {
			return nil, fault.Classify(fault.Unavailable, err, "the figures of trigger %s", d.trigger.Name)
		}
		d.figures.mu.Lock()
		s := d.figures.s
		d.figures.mu.Unlock()
		s.Trigger, s.Broker, s.Subscriber = d.trigger.Name, d.trigger.Broker, d.trigger.Subscriber.Address()
		s.Pending = int(info.NumPending) + info.NumAckPending
		all = append(all, s)
	}
	return all, nil
}
