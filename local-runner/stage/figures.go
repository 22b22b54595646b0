package stage

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"perigee/local-runner/broker"
)

// Stats are the figures of a service.
type Stats struct {
	Name      broker.Name
	Instances int // that take requests
	Starting  int
	InFlight  int
	Waiting   int
	Requests  int
	Errors    int // answers of 500 and above, and those that never came
	Crashes   int
	// ColdStarts counts the instances that became ready; LastStart and MedianStart are how long that took.
	ColdStarts  int
	LastStart   time.Duration
	MedianStart time.Duration
	Memory      int64 // bytes that the instances hold now
	LastError   string
	LastErrorAt time.Time
}

// figures are counted as things happen.
type figures struct {
	requests, errors, crashes, starts int
	durations                         []time.Duration // of the last starts
	lastError                         string
	lastErrorAt                       time.Time
}

// kept is of how many starts the durations are kept.
const kept = 100

func (f *figures) started(d time.Duration) {
	f.starts++
	if len(f.durations) == kept {
		f.durations = slices.Delete(f.durations, 0, 1)
	}
	f.durations = append(f.durations, d)
}

func (f *figures) crashed(err error) {
	f.crashes++
	f.fail(err.Error())
}

func (f *figures) fail(text string) { f.lastError, f.lastErrorAt = text, time.Now() }

// counted counts an answer, of an instance or of the runner in its place.
func (s *Service) counted(in *instance, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.figures.requests++
	switch {
	case status >= 500 || status == 0:
		s.figures.errors++
	case in != nil:
		in.served = true
	}
}

// Stats are the figures of all services, in the order of the manifests.
func (s *Stage) Stats() []Stats {
	all := make([]Stats, len(s.services))
	for i, service := range s.services {
		all[i] = service.Stats()
	}
	return all
}

// Stats are the figures of the service.
func (s *Service) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.figures
	stats := Stats{
		Name: s.spec.Name, Waiting: len(s.waiting), Requests: f.requests, Errors: f.errors, Crashes: f.crashes,
		ColdStarts: f.starts, LastError: f.lastError, LastErrorAt: f.lastErrorAt,
	}
	if n := len(f.durations); n > 0 {
		sorted := slices.Sorted(slices.Values(f.durations))
		stats.LastStart, stats.MedianStart = f.durations[n-1], sorted[n/2]
	}
	for _, in := range s.instances {
		stats.InFlight += in.busy
		if !in.ready {
			stats.Starting++
			continue
		}
		stats.Instances++
		stats.Memory += resident(in.process.PID())
	}
	return stats
}

// resident is the memory that a process holds, 0 when it has ended.
func resident(pid int) int64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
