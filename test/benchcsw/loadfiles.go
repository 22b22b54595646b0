package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"perigee/test/measure"
)

// loadFiles fills the catalogue by load-records, which reads files and sends them to csw, which has register write them, and tells
// what each takes. The clock stands while files are made.
func (h *house) loadFiles(ctx context.Context, folder string) error {
	register, err := h.startRegister(ctx)
	if err != nil {
		return err
	}
	defer register.Stop()
	server, err := h.start(ctx, h.url, register)
	if err != nil {
		return err
	}
	defer server.Stop()
	var took, loader, csw, writer, database time.Duration
	for at := 0; at < h.n; at += portion {
		if err := writeFiles(folder, at, min(at+portion, h.n)); err != nil {
			return err
		}
		before, written, began := h.spent(server), register.Spent(), time.Now()
		cost, err := h.loadFolder(ctx, server, folder)
		if err != nil {
			return err
		}
		took, loader = took+time.Since(began), loader+cost
		after := h.spent(server)
		csw, writer, database = csw+after.server-before.server, writer+register.Spent()-written, database+after.database-before.database
		if err := os.RemoveAll(folder); err != nil {
			return err
		}
	}
	each := func(d time.Duration) int64 { return d.Microseconds() / int64(h.n) }
	fmt.Printf("%d records loaded by load-records at %.0f a second; processor time of each: %d µs = load-records %d µs, csw %d µs, register %d µs, database %d µs\n",
		h.n, float64(h.n)/took.Seconds(), each(loader+csw+writer+database), each(loader), each(csw), each(writer), each(database))
	return nil
}

// startRegister runs register as a cluster does, with no stores but the catalogue.
func (h *house) startRegister(ctx context.Context) (*measure.Server, error) {
	collected, err := measure.Collected("register")
	if err != nil {
		return nil, err
	}
	return measure.Start(ctx, measure.Program{Path: filepath.Join(h.bin, "register"), Ready: measure.Answering("/health/readiness"), Env: append(collected,
		"AUTH=none", "DATABASE_URL="+h.url, "DATABASE_CONNECTIONS="+strconv.Itoa(h.clients), "RENDER_URL=http://127.0.0.1:1",
		"AWS_ENDPOINT_URL=http://127.0.0.1:1", "AWS_REGION=local", "AWS_ACCESS_KEY_ID=none", "AWS_SECRET_ACCESS_KEY=none",
	)})
}

// loadFolder loads the files of a folder, and gives the processor's time that load-records took.
func (h *house) loadFolder(ctx context.Context, server *measure.Server, folder string) (time.Duration, error) {
	c := exec.CommandContext(ctx, filepath.Join(h.bin, "local-runner"), "load-records", "-url", "http://"+server.Address, folder)
	if said, err := c.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("load-records: %w\n%s", err, said)
	}
	return c.ProcessState.UserTime() + c.ProcessState.SystemTime(), nil
}

// writeFiles writes the documents of the numbers from one up to another into files of their own.
func writeFiles(folder string, from, to int) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	var g generator
	for number := from; number < to; number++ {
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%08d.xml", number)), g.record(number), 0o600); err != nil {
			return err
		}
	}
	return nil
}
