package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"perigee/local-runner/child"
)

// The sample that up makes unless it is told otherwise.
const (
	defaultProducts = 6
	defaultSize     = 2048
	mostProducts    = 1000
)

// sampling says which scenes are made.
type sampling struct {
	products int
	size     int
	seed     int64
}

func sampleCommand() command {
	c := command{
		name: "sample", args: "[NUMBER]", brief: "make sample scenes and upload them",
		long: "The scenes look like Sentinel-2 products of one region at several dates. The same flags make the same scenes.",
	}
	c.run = func(ctx context.Context, t terminal, args []string) error {
		var s sampling
		set := c.flags()
		state := set.String("state", defaultState, "`FOLDER` of the running house")
		bin := set.String("bin", "", "`FOLDER` of the program scenes (default: where this binary is)")
		set.IntVar(&s.size, "size", defaultSize, "width and height of a scene in `PIXELS`")
		set.Int64Var(&s.seed, "seed", 1, "`SEED` of the scenes")
		if err := c.parse(t, set, args); err != nil {
			return err
		}
		var err error
		if s.products, err = numberOf(c, set.Args()); err != nil {
			return err
		}
		at, err := stateFolder(*state).find()
		if err != nil {
			return err
		}
		where := settings{state: stateFolder(*state), bin: *bin}
		if err := where.absolute(); err != nil {
			return err
		}
		say := &speaker{out: t.out}
		dir, err := s.make(ctx, where, say)
		if err != nil {
			return err
		}
		return quietly(newUploader(at, say, onTerminal(t.out)).run(ctx, []string{dir}))
	}
	return c
}

func numberOf(c command, args []string) (int, error) {
	if len(args) == 0 {
		return defaultProducts, nil
	}
	n, err := strconv.Atoi(args[0])
	if err != nil || n < 1 || n > mostProducts || len(args) > 1 {
		return 0, misuse(c.name, "how many scenes? one number from 1 to %d", mostProducts)
	}
	return n, nil
}

// make runs the program that makes scenes, in a folder of the state that names what is in it. What is there already
// is not made again.
func (s sampling) make(ctx context.Context, where settings, say *speaker) (string, error) {
	dir := where.state.path("samples", fmt.Sprintf("sample-%d-%d-%d", s.products, s.size, s.seed))
	complete := dir + ".complete"
	if _, err := os.Stat(complete); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("making the folder of the sample: %w", err)
	}
	say.line("making %d sample scenes of %d × %d pixels", s.products, s.size, s.size)
	err := child.Run(ctx, child.Spec{
		Path: filepath.Join(where.bin, "scenes"), Dir: dir, Env: os.Environ(), Orphaned: syscall.SIGKILL,
		Args: []string{"-dir", dir, "-n", strconv.Itoa(s.products), "-size", strconv.Itoa(s.size), "-seed", strconv.FormatInt(s.seed, 10)},
		Line: func(line string) { say.line("  %s", line) },
	})
	if err != nil {
		return "", fmt.Errorf("making the sample: %w", err)
	}
	return dir, os.WriteFile(complete, nil, 0o644)
}

// sample makes and uploads the sample, once in the life of a state.
func (h *house) sample(ctx context.Context, up *uploader, s sampling) error {
	dir, err := s.make(ctx, h.settings, h.say)
	if err != nil {
		return err
	}
	uploaded := dir + ".uploaded"
	if _, err := os.Stat(uploaded); err == nil {
		return nil
	}
	if err := up.run(ctx, []string{dir}); err != nil {
		return err
	}
	return os.WriteFile(uploaded, nil, 0o644)
}
