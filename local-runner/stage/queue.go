package stage

import (
	"context"
	"slices"
	"time"

	"perigee/shared/fault"
)

// waiter is a request that waits for an instance.
type waiter struct {
	got     chan grant
	patient bool // nobody looks on: it waits while the program is started again and again
}

type grant struct {
	instance *instance
	err      error
}

// acquire leases an instance for one request, starting one where it must. A program that does not start is told at once
// to whoever looks on; a patient request waits until its time is over, as before Knative's activator.
func (s *Service) acquire(ctx context.Context, patient bool) (*instance, error) {
	s.mu.Lock()
	if err := s.refuse(patient); err != nil {
		s.mu.Unlock()
		return nil, err
	}
	if in := s.pick(); in != nil && len(s.waiting) == 0 {
		in.busy++
		s.scale()
		s.mu.Unlock()
		return in, nil
	}
	w := &waiter{got: make(chan grant, 1), patient: patient}
	s.waiting = append(s.waiting, w)
	s.scale()
	s.mu.Unlock()
	return s.await(ctx, w)
}

// unready is how long a request waits for a program that runs and says that it is not ready: whoever looks on is told
// why then, and to come back.
const unready = 3 * time.Second

func (s *Service) await(ctx context.Context, w *waiter) (*instance, error) {
	look := time.NewTicker(unready)
	defer look.Stop()
	for {
		select {
		case g := <-w.got:
			return g.instance, g.err
		case <-ctx.Done():
			s.withdraw(w)
			return nil, context.Cause(ctx)
		case <-look.C:
			if err := s.excuse(); err != nil && !w.patient {
				s.withdraw(w)
				return nil, err
			}
		}
	}
}

// withdraw takes a request out that waits no more.
func (s *Service) withdraw(w *waiter) {
	s.mu.Lock()
	s.waiting = slices.DeleteFunc(s.waiting, func(x *waiter) bool { return x == w })
	s.mu.Unlock()
	select {
	case g := <-w.got: // granted at the last moment
		if g.instance != nil {
			s.release(g.instance)
		}
	default:
	}
}

// excuse is what the instances say that are not ready, nil where one is, or none says anything.
func (s *Service) excuse() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var said error
	for _, in := range s.instances {
		if in.ready {
			return nil
		}
		if in.excuse != nil {
			said = fault.Classify(fault.Unavailable, in.excuse, "%s is not ready", s.spec.Name.Name)
		}
	}
	return said
}

// hopeless is how many starts in a row may fail before requests are refused instead of kept waiting.
const hopeless = 3

// refuse says why a request cannot even wait.
func (s *Service) refuse(patient bool) error {
	switch {
	case s.closed:
		return fault.New(fault.Unavailable, "%s is stopping", s.spec.Name.Name)
	case patient: // they are few: the broker waits for one slot of a trigger at a time
	case s.failures >= hopeless && len(s.instances) == 0 && time.Now().Before(s.notBefore):
		return fault.New(fault.Unavailable, "%s crashed %d times and is tried again in %v: %s", s.spec.Name.Name, s.failures,
			time.Until(s.notBefore).Round(time.Second), s.figures.lastError)
	case len(s.waiting) >= s.stage.cfg.Queue:
		return fault.New(fault.Unavailable, "%d requests already wait for %s", len(s.waiting), s.spec.Name.Name)
	}
	return nil
}

// pick is the oldest ready instance that another request does not overload, else the least busy that takes one at all.
func (s *Service) pick() *instance {
	var best *instance
	for _, in := range s.instances {
		switch {
		case !in.ready || in.busy >= s.limits.hard:
		case in.busy < s.limits.soft:
			return in
		case best == nil || in.busy < best.busy:
			best = in
		}
	}
	return best
}

// release gives an instance back.
func (s *Service) release(in *instance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in.busy--
	in.used = time.Now()
	s.dispatch()
}

// dispatch hands free instances to those who wait, first come first served.
func (s *Service) dispatch() {
	for len(s.waiting) > 0 {
		in := s.pick()
		if in == nil {
			return
		}
		in.busy++
		s.waiting[0].got <- grant{instance: in}
		s.waiting = s.waiting[1:]
	}
}
