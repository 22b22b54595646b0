package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/local-runner/broker"
)

func sendCommand() command {
	c := command{
		name: "send", args: "FILE", brief: "send a CloudEvent to the broker",
		long: "FILE holds the event in structured JSON (https://github.com/cloudevents/spec); - reads it from standard input.",
	}
	c.run = func(ctx context.Context, t terminal, args []string) error {
		set := c.flags()
		state := set.String("state", defaultState, "`FOLDER` of the running house")
		to := set.String("broker", "", "NAMESPACE/NAME of the `BROKER` (default: the one that bucket notifications go to)")
		if err := c.parse(t, set, args); err != nil {
			return err
		}
		if set.NArg() != 1 {
			return misuse(c.name, "one file is needed")
		}
		at, err := stateFolder(*state).find()
		if err != nil {
			return err
		}
		if *to == "" {
			*to = at.Events
		}
		e, text, err := readEvent(t, set.Arg(0))
		if err != nil {
			return err
		}
		if err := post(ctx, at.Broker+"/"+*to, text); err != nil {
			return err
		}
		fmt.Fprintf(t.out, "sent %s %s\n", e.Type(), e.ID())
		return nil
	}
	return c
}

// readEvent reads an event and checks it before it is sent.
func readEvent(t terminal, name string) (event.Event, []byte, error) {
	var e event.Event
	in := t.in
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return e, nil, fmt.Errorf("reading the event: %w", err)
		}
		defer file.Close()
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, broker.MaxEvent+1))
	if err != nil {
		return e, nil, fmt.Errorf("reading the event: %w", err)
	}
	if len(text) > broker.MaxEvent {
		return e, nil, fmt.Errorf("the event is larger than the %d bytes that a broker takes", broker.MaxEvent)
	}
	if err := json.Unmarshal(text, &e); err != nil {
		return e, nil, fmt.Errorf("%s is not a CloudEvent in JSON: %w", name, err)
	}
	return e, text, nil
}

func post(ctx context.Context, address string, text []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("sending the event: %w", err)
	}
	req.Header.Set("Content-Type", event.ApplicationCloudEventsJSON)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("sending the event: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 1000)) // what can be read of it is good enough
		return fmt.Errorf("the broker does not take the event: %w", refusal(resp.StatusCode, body))
	}
	return nil
}
