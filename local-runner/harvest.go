package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"
)

func harvestCommand() command {
	c := command{
		name: "harvest", args: "[NAME]", brief: "start a harvester of the running house",
		long: `NAME is one of the harvesters that the manifests configure, harvest-bucket-catalog for instance. --values is laid over
its configuration, or over the one that comes along: --values '{"resource": {"root_path": "s3://bucket/path/catalog.json"}}'. With
--config-file the configuration comes along, in any form of EOEPCA's harvester; NAME is then the one of its harvesters, Custom-Config when it is not given.
--resume RUN goes on with a run that failed, from where it could not. With --wait the exit code is 1 when the harvest did not
finish, or when a part of the source could not be read.`,
	}
	c.run = func(ctx context.Context, t terminal, args []string) error {
		set := c.flags()
		state := set.String("state", defaultState, "`FOLDER` of the running house")
		workspace := set.String("workspace", "", "harvest the bucket of this workspace `NAME` into it, not the system's")
		values := set.String("values", "", "`JSON` laid over the harvester's configuration")
		file := set.String("config-file", "", "`FILE` with the configuration of the harvester, as YAML or JSON")
		resume := set.String("resume", "", "go on with the `RUN` that failed")
		_ = set.String("host", "", "ignored: where the original's queues are")
		_ = set.Int("port", 0, "ignored: where the original's queues are")
		wait := set.Bool("wait", false, "show how it goes, and wait for the end")
		names, err := c.mixed(t, set, args)
		if err != nil {
			return err
		}
		asked, err := wishOf(c.name, names, *file, *resume, *values)
		if err != nil {
			return err
		}
		if *values != "" && !json.Valid([]byte(*values)) {
			return misuse(c.name, "--values is not JSON")
		}
		at, err := stateFolder(*state).find()
		if err != nil {
			return err
		}
		h := harvesting{client: newClient(at), say: &speaker{out: t.out}, pause: time.Second}
		if *workspace != "" {
			h.prefix = "/workspaces/" + url.PathEscape(*workspace)
		}
		return h.run(ctx, asked, *wait)
	}
	return c
}

// maxConfiguration bounds a configuration that comes along, in bytes.
const maxConfiguration = 64 << 10

// wish is what a harvest is asked for by: a path below the house, and what is posted there.
type wish struct {
	path, kind string
	message    []byte
}

// wishOf is what the command line asks for.
func wishOf(command string, names []string, file, resume, values string) (wish, error) {
	const defaultName = "Custom-Config" // of EOEPCA's ad-hoc configurations
	asked := wish{kind: "application/json"}
	switch {
	case resume != "" && (len(names) > 0 || file != "" || values != ""):
		return asked, misuse(command, "--resume stands alone")
	case resume != "":
		asked.path = "/harvest-runs/" + url.PathEscape(resume) + "/resume"
		return asked, nil
	case file != "" && len(names) == 0:
		names = []string{defaultName}
	}
	if len(names) != 1 {
		return asked, misuse(command, "the name of one harvester is needed")
	}
	asked.path = "/harvest/" + url.PathEscape(names[0])
	if values != "" {
		asked.message = []byte(`{"values": ` + values + `}`)
	}
	if file == "" {
		return asked, nil
	}
	text, err := os.ReadFile(file)
	switch {
	case err != nil:
		return asked, fmt.Errorf("the configuration cannot be read: %w", err)
	case len(text) > maxConfiguration:
		return asked, fmt.Errorf("the configuration %s is larger than %d bytes", file, maxConfiguration)
	}
	if values == "" {
		asked.kind, asked.message = "application/yaml", text
		return asked, nil
	}
	asked.message, err = json.Marshal(map[string]any{"config": string(text), "values": json.RawMessage(values)})
	if err != nil {
		return asked, fmt.Errorf("--values is not JSON: %w", err)
	}
	return asked, nil
}

// mixed reads a command line whose flags may stand before and behind its arguments.
func (c command) mixed(t terminal, set *flag.FlagSet, args []string) (names []string, err error) {
	for {
		if err := c.parse(t, set, args); err != nil {
			return nil, err
		}
		if set.NArg() == 0 {
			return names, nil
		}
		names, args = append(names, set.Arg(0)), set.Args()[1:]
	}
}

// place reads a command line that names one place, as its argument or by the flag -p; want is said of another number of them.
func (c command) place(t terminal, set *flag.FlagSet, args []string, want string) (string, error) {
	flagged := set.String("p", "", "`"+c.args+"`, as pycsw-admin.py has it")
	names, err := c.mixed(t, set, args)
	if err != nil {
		return "", err
	}
	if *flagged != "" {
		names = append(names, *flagged)
	}
	if len(names) != 1 {
		return "", misuse(c.name, "%s", want)
	}
	return names[0], nil
}

// harvesting starts a harvest of a house and watches it.
type harvesting struct {
	client
	prefix string // of the addresses: /workspaces/NAME, or nothing
	say    *speaker
	pause  time.Duration // between two looks
}

// harvestRun is what the function harvest tells of a run.
type harvestRun struct {
	ID        string
	Status    string
	Error     string
	Time      time.Time
	Ended     time.Time
	Nodes     int64
	Visited   int64
	Found     int64
	Requested int64
	Filtered  int64
	Failed    int64
	Failures  []struct{ Href, Reason string }
}

func (h harvesting) run(ctx context.Context, asked wish, wait bool) error {
	address := h.prefix + asked.path
	body, err := h.send(ctx, http.MethodPost, address, asked.kind, asked.message)
	if err != nil {
		return err
	}
	var run harvestRun
	if err := understood(address, json.Unmarshal(body, &run)); err != nil {
		return err
	}
	at := h.prefix + "/harvest-runs/" + url.PathEscape(run.ID)
	h.say.line("started %s: %s%s", run.ID, h.url, at)
	if !wait {
		return nil
	}
	if run, err = h.end(ctx, at); err != nil {
		return err
	}
	return h.tell(run)
}

// end watches a run until it has ended; one line tells each progress.
func (h harvesting) end(ctx context.Context, at string) (harvestRun, error) {
	told := int64(-1)
	for {
		var run harvestRun
		if err := h.getJSON(ctx, at+"?f=json", &run); err != nil {
			return run, err
		}
		if run.Status != "running" {
			return run, nil
		}
		if run.Visited != told {
			told = run.Visited
			h.say.line("  visited %d of %d, found %d, failed %d", run.Visited, run.Nodes, run.Found, run.Failed)
		}
		if err := sleep(ctx, h.pause); err != nil {
			return run, err
		}
	}
}

// tell says how a run ended; what failed of it makes the exit code 1.
func (h harvesting) tell(run harvestRun) error {
	for _, f := range run.Failures {
		h.say.line("  failed %s: %s", f.Href, f.Reason)
	}
	if more := run.Failed - int64(len(run.Failures)); more > 0 {
		h.say.line("  and %d more", more)
	}
	h.say.line("%s in %s: found %d, requested %d, filtered %d, failed %d", run.Status, brief(run.Ended.Sub(run.Time)), run.Found, run.Requested, run.Filtered, run.Failed)
	switch {
	case run.Error != "":
		return fmt.Errorf("the harvest %s: %s", run.Status, run.Error)
	case run.Status != "finished" || run.Failed > 0:
		return exitCode(exitFailed)
	}
	return nil
}
