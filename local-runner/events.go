package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"perigee/local-runner/ingress"
)

func eventsCommand() command {
	c := command{
		name: "events", brief: "list the latest events and what became of them",
		long: "--subject selects the events about an item, a collection or an object, and those that they caused.",
	}
	c.run = func(ctx context.Context, t terminal, args []string) error {
		set := c.flags()
		state := set.String("state", defaultState, "`FOLDER` of the running house")
		subject := set.String("subject", "", "only what concerns this `ID`")
		follow := set.Bool("follow", false, "go on with what happens, until Ctrl-C")
		if err := c.parse(t, set, args); err != nil {
			return err
		}
		if err := c.noArguments(set); err != nil {
			return err
		}
		at, err := stateFolder(*state).find()
		if err != nil {
			return err
		}
		q := url.Values{"f": {"json"}}
		if *subject != "" {
			q.Set("subject", *subject)
		}
		err = listEvents(ctx, t.out, at.URL+"/_runner/events?"+q.Encode())
		if err != nil || !*follow {
			return err
		}
		q.Set("follow", "1")
		return followEvents(ctx, t.out, at.URL+"/_runner/events?"+q.Encode())
	}
	return c
}

func ask(ctx context.Context, address string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("asking the runner: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking the runner: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 1000)) // what can be read of it is good enough
		return nil, refusal(resp.StatusCode, body)
	}
	return resp, nil
}

func listEvents(ctx context.Context, out io.Writer, address string) error {
	resp, err := ask(ctx, address)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var events []ingress.Event
	if err := json.NewDecoder(resp.Body).Decode(&events); err != nil {
		return fmt.Errorf("the runner's events are not understood: %w", err)
	}
	for _, e := range events {
		printEvent(out, e)
		for _, a := range e.Attempts {
			printAttempt(out, a)
		}
	}
	return nil
}

func followEvents(ctx context.Context, out io.Writer, address string) error {
	resp, err := ask(ctx, address)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	for in := json.NewDecoder(resp.Body); ; {
		var e ingress.Event
		err := in.Decode(&e)
		switch {
		case ctx.Err() != nil, errors.Is(err, io.EOF): // Ctrl-C, or the runner stopped
			return nil
		case err != nil:
			return fmt.Errorf("the runner's events are not understood: %w", err)
		}
		if len(e.Attempts) == 0 {
			printEvent(out, e)
		}
		for _, a := range e.Attempts {
			e.Time = a.Time
			printEvent(out, e)
			printAttempt(out, a)
		}
	}
}

func printEvent(out io.Writer, e ingress.Event) {
	fmt.Fprintf(out, "%s %s %s\n", e.Time.Local().Format("15:04:05.000"), printable(e.Type), printable(e.Subject))
}

func printAttempt(out io.Writer, a ingress.Attempt) {
	fmt.Fprintf(out, "    → %s: %s", a.Trigger, a.Outcome)
	if a.Status != 0 {
		fmt.Fprintf(out, " %d", a.Status)
	}
	fmt.Fprintf(out, " in %.0f ms", a.TookMs)
	if a.Number > 1 {
		fmt.Fprintf(out, ", attempt %d", a.Number)
	}
	if a.Error != "" {
		fmt.Fprintf(out, ": %s", printable(a.Error))
	}
	fmt.Fprintln(out)
}
