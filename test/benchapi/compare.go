package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"perigee/test/measure"
)

// compare asks all questions over HTTP and of the store alone, tells how much longer the slowest answers take, and pages through
// the items. Those that are not answered are told at the end.
func (h *house) compare(ctx context.Context) error {
	servers, stop, err := h.functions(ctx)
	if err != nil {
		return err
	}
	defer stop()
	fmt.Printf("%d items, %d connections, %v for each question, seed %d\n", h.n, h.clients, h.time, h.seed)
	table := measure.NewTable(os.Stdout, names(), "question", "answers", "HTTP p50", "p99", "store p50", "p99", "p99 above it")
	var failed error
	for _, q := range questions() {
		if !strings.Contains(q.name, h.only) {
			continue
		}
		over, alone, err := h.inTurns(ctx, q, servers[q.server].Address)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", q.name, err))
			continue
		}
		table.Row(q.name, strconv.Itoa(len(over.all)), ms(over.at(.5)), ms(over.at(.99)), ms(alone.at(.5)), ms(alone.at(.99)), ms(over.at(.99)-alone.at(.99)))
	}
	for _, path := range []string{"/stac/search", allRecords} {
		name := strings.Split(path, "/")[1]
		if err := h.page(ctx, servers[name], path); err != nil {
			failed = errors.Join(failed, fmt.Errorf("paging through %s: %w", path, err))
		}
	}
	return failed
}

// turns are how often each of both is asked, a part of the time: where much comes from the disk one warms it for the other.
const turns = 8

// inTurns asks a question over HTTP and of the store alone, first the one, then the other. No parameters come again, so that neither
// finds in memory what the other had read.
func (h *house) inTurns(ctx context.Context, q question, address string) (over, alone times, err error) {
	whole := h.time
	h.time = 2 * whole / turns
	defer func() { h.time = whole }()
	for turn := range 2 * turns {
		if turn%4 == 0 || turn%4 == 3 {
			some, err := h.drive(ctx, q, connect(address))
			if err != nil {
				return over, alone, err
			}
			over = over.and(some)
			continue
		}
		some, err := h.alone(ctx, q)
		if err != nil {
			return over, alone, err
		}
		alone = alone.and(some)
	}
	return over, alone, nil
}

const (
	pageSize  = 100
	pagedMost = 1_000_000
	heated    = 20 // pages behind which a function has the memory that it needs
)

// page has one client turn all pages, until the end or a million items, and tells what that does to the function's memory. An
// item that comes twice, or is missing at the end, is a failure.
func (h *house) page(ctx context.Context, server *measure.Server, path string) error {
	seen, seed := map[uint64]bool{}, maphash.MakeSeed()
	var first, most float64
	var slowest time.Duration
	began, pages := time.Now(), 0
	for next := fmt.Sprintf("http://%s%s?limit=%d", server.Address, path, pageSize); next != "" && len(seen) < pagedMost; pages++ {
		asked := time.Now()
		ids, behind, err := turn(ctx, next)
		if err != nil {
			return err
		}
		if pages > heated {
			slowest = max(slowest, time.Since(asked))
		}
		for _, id := range ids {
			at := maphash.String(seed, id)
			if seen[at] {
				return fmt.Errorf("%s comes twice", id)
			}
			seen[at] = true
		}
		if next = behind; pages == heated {
			first = server.Memory()
		}
		most = max(most, server.Memory())
	}
	if wanted := min(h.n, pagedMost); len(seen) < wanted {
		return fmt.Errorf("%d items of %d came", len(seen), wanted)
	}
	fmt.Printf("%s: %d items in %d pages, %.0f items/s, slowest page %s; memory %.1f MB after %d pages, %.1f MB at the end, %.1f MB at most\n",
		path, len(seen), pages, float64(len(seen))/time.Since(began).Seconds(), ms(slowest), first, heated, server.Memory(), most)
	return nil
}

// turn reads a page: the ids of its items, and the address of the next.
func turn(ctx context.Context, address string) (ids []string, next string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, "", err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer answer.Body.Close()
	var page struct {
		Features []struct{ ID string }
		Links    []struct{ Rel, Href string }
	}
	if err := json.NewDecoder(answer.Body).Decode(&page); err != nil || answer.StatusCode != http.StatusOK {
		return nil, "", fmt.Errorf("%s was answered %s: %v", address, answer.Status, err)
	}
	for _, f := range page.Features {
		ids = append(ids, f.ID)
	}
	for _, l := range page.Links {
		if l.Rel == "next" {
			next = l.Href
		}
	}
	return ids, next, nil
}
