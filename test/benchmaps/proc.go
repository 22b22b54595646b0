package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// statOf are the fields of proc_pid_stat(5) from the third on; none of a process that has gone.
func statOf(pid int) []string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	return strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
}

// ticks adds up fields that count hundredths of a second, as milliseconds. Many tiles even out how coarse that is.
func ticks(fields ...string) float64 {
	sum := 0.
	for _, f := range fields {
		n, _ := strconv.ParseFloat(f, 64) // the kernel writes numbers
		sum += n * 10                     // USER_HZ, which Linux fixes
	}
	return sum
}

// cpuOf is how many milliseconds the processors spent on a process, all its threads together.
func cpuOf(pid int) float64 {
	f := statOf(pid)
	if f == nil {
		return 0
	}
	return ticks(f[11:13]...)
}

// familyCPU is cpuOf with the children, those that ended among them.
func familyCPU(pid int) float64 {
	f := statOf(pid)
	if f == nil {
		return 0
	}
	return ticks(f[11:15]...) + childrenCPU(pid)
}

// childrenCPU is cpuOf of the children that are there, but for some of them.
func childrenCPU(pid int, but ...int) float64 {
	sum := 0.0
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, path := range processes {
		child, err := strconv.Atoi(filepath.Base(path))
		if err != nil || slices.Contains(but, child) {
			continue
		}
		if f := statOf(child); f != nil && f[1] == strconv.Itoa(pid) {
			sum += ticks(f[11:13]...)
		}
	}
	return sum
}

// peakOf is how many MiB of memory a process had at most.
func peakOf(pid int) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	kib, _ := strconv.ParseFloat(strings.Fields(after)[0], 64)
	return kib / 1024
}
