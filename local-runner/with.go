package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"perigee/local-runner/postgres"
	"perigee/local-runner/s3"
)

// stopTime is how long a store may take to stop before it is stopped hard.
const stopTime = 20 * time.Second

func withCommand() command {
	c := command{
		name: "with", args: "-- COMMAND [ARGUMENTS]", foreign: true,
		brief: "run a command with a throwaway database and object store",
		long: `Starts an empty PostgreSQL cluster and an empty object store in a temporary folder, without flushing to disk, runs
the command, stops both and removes the folder. The exit code is the command's. The command finds:

  PERIGEE_TEST_DATABASE_URL   a superuser's address of the empty cluster (needs PostGIS installed)
  PERIGEE_TEST_S3_ENDPOINT, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION
  PERIGEE_BIN                 the folder of this binary, where the functions' binaries are`,
	}
	c.run = func(ctx context.Context, t terminal, args []string) error {
		set := c.flags()
		if err := c.parse(t, set, args); err != nil {
			return err
		}
		if set.NArg() == 0 {
			return misuse(c.name, "a command is needed: local-runner with -- COMMAND")
		}
		return runWith(ctx, t, set.Args())
	}
	return c
}

func runWith(ctx context.Context, t terminal, args []string) (err error) {
	dir, err := os.MkdirTemp("", "perigee-with-")
	if err != nil {
		return fmt.Errorf("making a temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.Chmod(dir, 0o711); err != nil { // the database's user must get through
		return fmt.Errorf("making a temporary folder: %w", err)
	}
	database, err := postgres.Start(ctx, postgres.Config{Dir: filepath.Join(dir, "postgres"), Throwaway: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopWithin(t, database.Stop)) }()
	store, err := startStore(ctx, s3.Config{Dir: filepath.Join(dir, "s3")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopWithin(t, store.Stop)) }()
	return execute(t, args, throwawayEnvironment(database, store))
}

func stopWithin(t terminal, stop func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(t.patience, stopTime)
	defer cancel()
	return stop(ctx)
}

func throwawayEnvironment(database *postgres.Server, store *s3.Server) []string {
	env := append(os.Environ(),
		"PERIGEE_TEST_DATABASE_URL="+database.SocketURL(),
		"PERIGEE_TEST_S3_ENDPOINT="+store.Endpoint(),
		"AWS_ACCESS_KEY_ID="+store.AccessKey(),
		"AWS_SECRET_ACCESS_KEY="+store.SecretKey(),
		"AWS_REGION="+s3.Region,
	)
	if bin, err := binFolder(); err == nil {
		env = append(env, "PERIGEE_BIN="+bin)
	}
	return env
}

// binFolder is where this binary is, and beside it those of the functions.
func binFolder() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding this binary: %w", err)
	}
	return filepath.Dir(self), nil
}

// execute runs a command on the same terminal. Ctrl-C reaches it from the terminal itself; what another process sends
// to the runner alone is passed on. The runner waits for it in any case.
func execute(t terminal, args []string, env []string) error {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.Env = t.in, t.out, t.err, env
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", args[0], err)
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, endings()[1:]...) // the first is Ctrl-C's
	defer signal.Stop(signals)
	done := make(chan struct{})
	defer close(done)
	go func() {
		for {
			select {
			case sig := <-signals:
				_ = cmd.Process.Signal(sig) // it may have ended
			case <-done:
				return
			}
		}
	}()
	return codeOf(args[0], cmd.Wait())
}

// codeOf is the exit code of a command as its shell would tell it: 128 and the signal where a signal ended it.
func codeOf(name string, err error) error {
	var exit *exec.ExitError
	if err == nil || !errors.As(err, &exit) {
		return err
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return errors.Join(fmt.Errorf("%s was ended by the signal %q", name, status.Signal()), exitCode(128+int(status.Signal())))
	}
	return exitCode(exit.ExitCode())
}
