package stage

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxLog is the size at which a log is put aside; one earlier log is kept.
const maxLog = 16 << 20

// logFile is the log of one service.
type logFile struct {
	mu   sync.Mutex
	path string
	file *os.File
	size int64
}

func openLog(dir, name string) (*logFile, error) {
	l := &logFile{path: filepath.Join(dir, name+".log")}
	if err := l.open(); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *logFile) open() error {
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("opening a log: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(fmt.Errorf("opening a log: %w", err), file.Close())
	}
	l.file, l.size = file, info.Size()
	return nil
}

// write adds a line. A log that cannot be written must not stop a function, so a failure is not told.
func (l *logFile) write(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return
	}
	n, err := l.file.WriteString(line + "\n")
	l.size += int64(n)
	if err == nil && l.size > maxLog {
		_ = l.file.Close()
		l.file = nil
		if os.Rename(l.path, l.path+".old") == nil {
			_ = l.open()
		}
	}
}

func (l *logFile) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	if errors.Is(err, fs.ErrClosed) {
		return nil
	}
	return err
}

// logLine takes a line of an instance: into the log, and warnings and errors also to those who watch.
func (s *Service) logLine(number int, line string) {
	s.log.write(fmt.Sprintf("%s %s-%d %s", time.Now().UTC().Format("15:04:05.000"), s.spec.Name.Name, number, line))
	said, ok := parseLog(line)
	if !ok || said.level < warning {
		return
	}
	if said.level >= failure {
		s.mu.Lock()
		s.figures.fail(said.text)
		s.mu.Unlock()
	}
	s.stage.cfg.Tell(Notice{Service: s.spec.Name.Name, Serious: said.level >= failure, Text: said.text})
}

// level is how serious a log line is.
type level int

const (
	detail level = iota
	warning
	failure
)

// said is a log line in words.
type said struct {
	level level
	text  string
}

// unsaid are the keys of a log line that people do not need.
var unsaid = []string{"time", "level", "msg", "source", "function", "revision", "trace", "traceparent"}

// parseLog reads a line of log/slog's JSON handler; anything else is not one.
func parseLog(line string) (said, bool) {
	var fields map[string]any
	if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &fields) != nil {
		return said{}, false
	}
	text, ok := fields["msg"].(string)
	if !ok {
		return said{}, false
	}
	found := said{text: text}
	switch name, _ := fields["level"].(string); {
	case strings.HasPrefix(name, "ERROR"):
		found.level = failure
	case strings.HasPrefix(name, "WARN"):
		found.level = warning
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(unsaid, key) {
			found.text += fmt.Sprintf(" %s=%v", key, fields[key])
		}
	}
	return found, true
}

// inWords is a log line as people read it.
func inWords(line string) string {
	if found, ok := parseLog(line); ok {
		return found.text
	}
	return line
}
