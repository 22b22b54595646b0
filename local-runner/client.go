package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"perigee/shared/fault"
)

// client asks a running house.
type client struct {
	url   string
	token string // sent along, unless empty
	host  string // that is asked for, unless empty: the url's own
	http  *http.Client
}

func newClient(at instance) client {
	return client{url: at.URL, token: at.Token, http: &http.Client{Timeout: time.Minute}}
}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 8 << 20

// do asks; an answer that is none of the 200s is a failure in its own words.
func (c client) do(ctx context.Context, method, address string) ([]byte, error) {
	return c.say(ctx, method, address, nil)
}

// say is do with a message in JSON.
func (c client) say(ctx context.Context, method, address string, message []byte) ([]byte, error) {
	return c.send(ctx, method, address, "application/json", message)
}

// send is do with a message of a media type.
func (c client) send(ctx context.Context, method, address, kind string, message []byte) ([]byte, error) {
	if !strings.HasPrefix(address, "http://") && !strings.HasPrefix(address, "https://") {
		address = c.url + address
	}
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(message))
	if err != nil {
		return nil, fmt.Errorf("asking the house: %w", err)
	}
	req.Host = c.host
	req.Header.Set("Accept", "application/json, */*;q=0.5")
	if len(message) > 0 {
		req.Header.Set("Content-Type", kind)
	}
	if c.token != "" && strings.HasPrefix(address, c.url+"/") {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking the house: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("reading the answer of %s: %w", address, err)
	}
	if resp.StatusCode/100 != 2 {
		return nil, refusal(resp.StatusCode, body)
	}
	return body, nil
}

func (c client) get(ctx context.Context, address string) ([]byte, error) {
	return c.do(ctx, http.MethodGet, address)
}

func (c client) getJSON(ctx context.Context, address string, into any) error {
	body, err := c.get(ctx, address)
	if err != nil {
		return err
	}
	return understood(address, json.Unmarshal(body, into))
}

func understood(address string, err error) error {
	if err != nil {
		return fmt.Errorf("the answer of %s is not understood: %w", address, err)
	}
	return nil
}

// refusal is what an answer says that is none: in the words of its problem+json, with a line for each part of the request
// that is wrong, else by its status.
func refusal(status int, body []byte) error {
	var said struct {
		Detail string `json:"detail"`
		Errors []struct {
			Detail string `json:"detail"`
		} `json:"errors"`
	}
	text := fmt.Sprintf("%d %s", status, http.StatusText(status))
	if json.Unmarshal(body, &said) == nil && said.Detail != "" {
		text = said.Detail
		for i := range said.Errors {
			if len(said.Errors) > 1 {
				text += "\n  " + said.Errors[i].Detail
			}
		}
	}
	kind := fault.Internal
	if status == http.StatusNotFound {
		kind = fault.NotFound
	}
	return fault.New(kind, "%s", text)
}
