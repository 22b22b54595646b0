package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// deadLetter is what the function dead-letter lists.
type deadLetter struct {
	ID       string    `json:"id"`
	Type     string    `json:"type"`
	Subject  string    `json:"subject"`
	Reason   string    `json:"reason"`
	Time     time.Time `json:"time"`
	Replayed time.Time `json:"replayed"`
}

func deadLettersCommand() command {
	c := command{
		name: "dead-letters", args: "[replay ID|--all]", brief: "list the events that could not be delivered, or send them again",
		long: "replay sends one event again, replay --all every one that was not sent again yet.",
	}
	c.run = func(ctx context.Context, t terminal, args []string) error {
		set := c.flags()
		state := set.String("state", defaultState, "`FOLDER` of the running house")
		all := set.Bool("all", false, "replay every one that was not sent again yet")
		workspace := set.String("workspace", "", "those of this workspace `NAME`, not the system's")
		if err := c.parse(t, set, args); err != nil {
			return err
		}
		rest := set.Args()
		listing := len(rest) == 0 && !*all
		if !listing && !(len(rest) > 0 && rest[0] == "replay" && (len(rest) == 1) == *all && len(rest) <= 2) {
			return misuse(c.name, "dead-letters alone lists them; replay ID or replay --all sends them again")
		}
		at, err := stateFolder(*state).find()
		if err != nil {
			return err
		}
		letters := letters{newClient(at), "/dead-letters"}
		if *workspace != "" {
			letters.path = "/workspaces/" + *workspace + letters.path
		}
		switch {
		case listing:
			return letters.list(ctx, t.out)
		case *all:
			return letters.replayAll(ctx, t.out)
		}
		_, err = letters.replay(ctx, t.out, "/"+url.PathEscape(rest[1])+"/replay")
		return err
	}
	return c
}

// letters are the dead letters of a house.
type letters struct {
	client
	path string
}

// list prints all of them, newest first.
func (l letters) list(ctx context.Context, out io.Writer) error {
	for address := l.path + "?f=json"; address != ""; {
		var page struct {
			DeadLetters []deadLetter
			Links       []struct{ Rel, Href string }
		}
		if err := l.getJSON(ctx, address, &page); err != nil {
			return err
		}
		for _, letter := range page.DeadLetters {
			letter.print(out)
		}
		address = ""
		for _, link := range page.Links {
			if link.Rel == "next" {
				address = link.Href
			}
		}
	}
	return nil
}

func (d deadLetter) print(out io.Writer) {
	text := fmt.Sprintf("%s  %s  %s %s\n    %s", d.ID, d.Time.Local().Format("2006-01-02 15:04:05"), d.Type, d.Subject, d.Reason)
	fmt.Fprintln(out, printable(text))
	if !d.Replayed.IsZero() {
		fmt.Fprintf(out, "    sent again %s\n", d.Replayed.Local().Format("2006-01-02 15:04:05"))
	}
}

// replayAll goes on until none is left.
func (l letters) replayAll(ctx context.Context, out io.Writer) error {
	for {
		more, err := l.replay(ctx, out, "/replay")
		if err != nil || !more {
			return err
		}
	}
}

func (l letters) replay(ctx context.Context, out io.Writer, path string) (more bool, err error) {
	body, err := l.do(ctx, http.MethodPost, l.path+path)
	if err != nil {
		return false, err
	}
	var done struct {
		Replayed []string
		More     bool
	}
	if err := understood(l.path, json.Unmarshal(body, &done)); err != nil {
		return false, err
	}
	for _, id := range done.Replayed {
		fmt.Fprintf(out, "sent again %s\n", id)
	}
	return done.More, nil
}
