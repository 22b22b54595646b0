package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// bareVariable has this program serve answers of so many bytes, and nothing else, at an address that it prints.
const bareVariable = "BENCHCSW_BARE"

// serveBare answers each request, whose body it reads, with the same bytes.
func serveBare(size string) error {
	n, _ := strconv.Atoi(size)
	body := bytes.Repeat([]byte("x"), n)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { //nolint:gosec // on this machine only
		_, _ = new(bytes.Buffer).ReadFrom(r.Body)
		w.Header().Set("Content-Length", strconv.Itoa(n))
		_, _ = w.Write(body)
	}))
}

// bare is what HTTP alone costs for answers as large, in processor time of a server.
func (h *house) bare(ctx context.Context, k kind, seed uint64, size int) (time.Duration, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	p := &process{command: exec.CommandContext(ctx, self)}
	p.command.Env = append(os.Environ(), bareVariable+"="+strconv.Itoa(size))
	out, err := p.command.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := p.command.Start(); err != nil {
		return 0, err
	}
	defer func() {
		_ = p.command.Process.Kill()
		_ = p.command.Wait()
	}()
	if _, err := fmt.Fscanln(out, &p.address); err != nil {
		return 0, err
	}
	t, err := h.drive(ctx, k, seed, h.time/4, p, p.connect)
	if err != nil {
		return 0, err
	}
	return t.cost().server, nil
}
