package measure

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Spent is the processor's time that the program has had so far.
func (s *Server) Spent() time.Duration {
	spent, _ := statOf(strconv.Itoa(s.command.Process.Pid))
	return spent
}

// Memory is what the program has in memory, in megabytes.
func (s *Server) Memory() float64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.command.Process.Pid)) // what cannot be read counts as nothing
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	number, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	kilobytes, _ := strconv.Atoi(number)
	return float64(kilobytes) / 1024
}

// Self is the processor's time that this process has had so far.
func Self() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// Database is the processor's time that the processes of a PostgreSQL cluster have had that are there, by the folder of its data.
func Database(data string) time.Duration {
	lock, _ := os.ReadFile(filepath.Join(data, "postmaster.pid")) // its first line is the first process
	first, _, _ := strings.Cut(string(lock), "\n")
	all, _ := filepath.Glob("/proc/[0-9]*")
	var sum time.Duration
	for _, folder := range all {
		if spent, parent := statOf(filepath.Base(folder)); parent == first {
			sum += spent
		}
	}
	return sum
}

// tick is the unit of /proc.
const tick = 10 * time.Millisecond

// statOf reads what the system says of a process: fields 4, 14 and 15 of its line, of which the second may hold spaces within
// brackets. What cannot be read counts as nothing.
func statOf(pid string) (spent time.Duration, parent string) {
	text, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	if err != nil {
		return 0, ""
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, ""
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * tick, fields[1]
}
