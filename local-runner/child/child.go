// Package child starts the programs that the runner looks after: each in its own process group, so that a terminal's
// Ctrl-C reaches the runner alone, and each bound to the runner's life, so that nothing outlives it.
package child

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// Spec says what to start.
type Spec struct {
	Path string
	Args []string // without the program's name
	Env  []string
	Dir  string
	// User runs the program as somebody else; nil keeps the runner's own user.
	User *User
	// Orphaned is the signal that the program gets when the runner dies without stopping it; zero means SIGKILL.
	Orphaned syscall.Signal
	// Line is called with every line the program writes, on whichever stream; nil keeps only the last lines.
	Line func(line string)
	// Stdin is what the program reads, nothing when empty.
	Stdin string
}

// User is the identity of a program that does not run as the runner's own user.
type User struct {
	UID, GID uint32
	// Caps are Linux capabilities that the program keeps in spite of its change of user.
	Caps []uintptr
}

// Process is a started program.
type Process struct {
	cmd  *exec.Cmd
	tail *Tail
	done chan struct{}
	err  error
}

// Start starts the program. The system ties the signal of Spec.Orphaned to the operating system thread that made the
// child, so a thread is kept for each as long as it lives.
func Start(spec Spec) (*Process, error) {
	p := &Process{cmd: command(spec), tail: NewTail(20), done: make(chan struct{})}
	out := &lines{each: func(line string) {
		p.tail.Add(line)
		if spec.Line != nil {
			spec.Line(line)
		}
	}}
	p.cmd.Stdout, p.cmd.Stderr = out, out
	started := make(chan error, 1)
	go p.live(out, started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting %s: %w", spec.Path, err)
	}
	return p, nil
}

func (p *Process) live(out *lines, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	p.err = p.cmd.Wait()
	if errors.Is(p.err, exec.ErrWaitDelay) { // a grandchild kept the pipe; the program itself ended well
		p.err = nil
	}
	out.flush()
	close(p.done)
}

func command(spec Spec) *exec.Cmd {
	cmd := exec.Command(spec.Path, spec.Args...)
	cmd.Env, cmd.Dir = spec.Env, spec.Dir
	cmd.WaitDelay = time.Second
	if spec.Stdin != "" {
		cmd.Stdin = stringReader(spec.Stdin)
	}
	orphaned := spec.Orphaned
	if orphaned == 0 {
		orphaned = syscall.SIGKILL
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: orphaned}
	if spec.User != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: spec.User.UID, Gid: spec.User.GID}
		cmd.SysProcAttr.AmbientCaps = spec.User.Caps
	}
	return cmd
}

// PID is the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the program has ended and its output was read.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err is how the program ended, nil for exit code 0; it is meaningful once Done is closed.
func (p *Process) Err() error { return p.err }

// Tail is the last lines that the program wrote.
func (p *Process) Tail() []string { return p.tail.Lines() }

// Signal sends a signal to the program alone.
func (p *Process) Signal(sig syscall.Signal) error {
	err := p.cmd.Process.Signal(sig)
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// Stop sends a signal and waits for the end; when ctx ends first it kills the whole group.
func (p *Process) Stop(ctx context.Context, sig syscall.Signal) error {
	if err := p.Signal(sig); err != nil {
		return fmt.Errorf("stopping process %d: %w", p.PID(), err)
	}
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		select {
		case <-p.done: // both came while nobody looked, as after a pause of the machine
			return nil
		default:
		}
		p.Kill()
		<-p.done
		return fmt.Errorf("process %d did not stop in time and was killed", p.PID())
	}
}

// Kill ends the program and everything in its group at once.
func (p *Process) Kill() {
	select {
	case <-p.done: // the id may belong to somebody else by now
	default:
		_ = syscall.Kill(-p.PID(), syscall.SIGKILL)
	}
}

// Run starts a program and waits for its end; a failure tells the last lines it wrote. When ctx ends first, the
// program is stopped.
func Run(ctx context.Context, spec Spec) error {
	p, err := Start(spec)
	if err != nil {
		return err
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		p.Kill()
		<-p.done
		return context.Cause(ctx)
	}
	if p.err != nil {
		return fmt.Errorf("%s: %w%s", spec.Path, p.err, p.tail.Indented())
	}
	return nil
}
