package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// spent is processor time: of the database's processes by their number, and of this one.
type spent struct {
	theirs map[string]time.Duration
	mine   time.Duration
}

// tick is the unit of /proc.
const tick = 10 * time.Millisecond

// spent reads what was spent so far. What cannot be read counts as nothing.
func (h *house) spent(ctx context.Context) spent {
	s := spent{theirs: map[string]time.Duration{}}
	pids, err := h.hand.lines(ctx, "select pid::text from pg_stat_activity")
	if err != nil {
		return s
	}
	for _, pid := range pids {
		s.theirs[pid] = ticks(pid)
	}
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) == nil {
		s.mine = time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	}
	return s
}

// ticks is the time of a process: fields 14 and 15 of its line, of which the second may hold spaces within brackets.
func ticks(pid string) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%s/stat", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * tick
}

// since is what was spent between two readings.
func (s spent) since(before spent) (theirs, mine time.Duration) {
	for pid, t := range s.theirs {
		theirs += t - before.theirs[pid]
	}
	return theirs, s.mine - before.mine
}
