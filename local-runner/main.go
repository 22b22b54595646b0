// Command local-runner is a laptop's Knative: it reads the very manifests that a cluster gets and runs what they say on
// one machine, with a database, an object store and a broker of its own.
//
//	local-runner up                     everything, in the foreground
//	local-runner upload my.tif          into the running instance, and watch it become a map
//	local-runner with -- go test ./...  a command with a throwaway database and object store
//
// It never imports a function: what runs here is the binary that runs in the pod.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"perigee/shared/fault"
)

// Exit codes that scripts can trust.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	os.Exit(run(os.Args[1:], terminal{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
}

// terminal is what a command talks to.
type terminal struct {
	in  io.Reader
	out io.Writer // what was asked for
	err io.Writer // what is told beside it
	// patience ends at the second Ctrl-C: what is stopping is then stopped hard.
	patience context.Context
}

func run(args []string, t terminal) int {
	ctx, patience, stop := interruptible()
	defer stop()
	t.patience = patience
	err := dispatch(ctx, args, t)
	var usage *usageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitOK
	case errors.As(err, &usage):
		fmt.Fprintf(t.err, "%v\nTry: %s --help\n", err, usage.command)
		return exitUsage
	}
	return t.failed(err)
}

// failed tells what went wrong, and the exit code for it.
func (t terminal) failed(err error) int {
	worst := exitFailed
	for _, one := range fault.All(err) {
		var code exitCode
		if errors.As(one, &code) {
			worst = int(code)
			continue
		}
		fmt.Fprintln(t.err, printable(one.Error()))
	}
	return worst
}

// errInterrupted is why a command ends on Ctrl-C.
var errInterrupted = errors.New("interrupted")

// interruptible ends its first context at the first signal that ends a command, its second at the second.
func interruptible() (first, second context.Context, stop func()) {
	first, interrupt := context.WithCancelCause(context.Background())
	second, hurry := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, endings()...)
	done := make(chan struct{})
	go func() {
		for _, end := range []context.CancelCauseFunc{interrupt, hurry} {
			select {
			case <-signals:
				end(errInterrupted)
			case <-done:
				return
			}
			time.Sleep(sameKeystroke)
			drain(signals)
		}
	}()
	return first, second, func() {
		signal.Ignore(endings()...) // one more does not change how the command has ended
		close(done)
		interrupt(nil)
		hurry(nil)
	}
}

// endings are the signals that end a command. Who starts it by nohup wants it to outlive the terminal.
func endings() []os.Signal {
	all := []os.Signal{syscall.SIGINT, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		all = append(all, syscall.SIGHUP)
	}
	return all
}

// sameKeystroke is the time within which a second signal is the first one once more: some programs signal a process and
// then its group.
const sameKeystroke = 300 * time.Millisecond

func drain(signals <-chan os.Signal) {
	for {
		select {
		case <-signals:
		default:
			return
		}
	}
}

// usageError is a command line that cannot be understood.
type usageError struct {
	command string
	text    string
}

func (e *usageError) Error() string { return e.text }

func misuse(command, format string, args ...any) error {
	return &usageError{"local-runner " + command, fmt.Sprintf(format, args...)}
}

// exitCode ends the program without a word: the command has said what there is to say.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }
