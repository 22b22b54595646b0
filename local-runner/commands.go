package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

// command is one subcommand.
type command struct {
	name  string
	args  string // for the usage line
	brief string // one line
	long  string // what the usage says beyond the brief
	run   func(ctx context.Context, t terminal, args []string) error
	// foreign says that what follows the first argument is another program's.
	foreign bool
}

// commands are all subcommands in the order of the help; those without a brief are not for people.
func commands() []command {
	return []command{
		upCommand(),
		envCommand(),
		uploadCommand(),
		harvestCommand(),
		exportCommand(),
		importCommand(),
		loadRecordsCommand(),
		exportRecordsCommand(),
		deleteRecordsCommand(),
		workspaceCommand(),
		sampleCommand(),
		sendCommand(),
		eventsCommand(),
		deadLettersCommand(),
		seedCommand(),
		backingCommand(),
		withCommand(),
		storeCommand(),
	}
}

func dispatch(ctx context.Context, args []string, t terminal) error {
	if len(args) == 0 {
		writeHelp(t.err)
		return &usageError{"local-runner", "a command is needed"}
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		writeHelp(t.out)
		return nil
	}
	all := commands()
	i := slices.IndexFunc(all, func(c command) bool { return c.name == args[0] })
	if i < 0 {
		return &usageError{"local-runner", fmt.Sprintf("%q is not a command", args[0])}
	}
	return all[i].run(ctx, t, args[1:])
}

func writeHelp(w io.Writer) {
	fmt.Fprint(w, "local-runner runs the manifests of a cluster on this machine.\n\nUsage: local-runner COMMAND [FLAGS] [ARGUMENTS]\n\n")
	for _, c := range commands() {
		if c.brief != "" {
			fmt.Fprintf(w, "  %-13s %s\n", c.name, c.brief)
		}
	}
	fmt.Fprint(w, "\nlocal-runner COMMAND --help tells more. Exit codes: 0 done, 1 failed, 2 not understood.\n")
}

// flags is the flag set of a command.
func (c command) flags() *flag.FlagSet {
	set := flag.NewFlagSet(c.name, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Usage = func() {}
	return set
}

// help writes what --help tells.
func (c command) help(t terminal, set *flag.FlagSet) {
	fmt.Fprintf(t.out, "Usage: local-runner %s\n\n%s\n", strings.TrimSpace(c.name+" [FLAGS] "+c.args), c.brief)
	if c.long != "" {
		fmt.Fprintf(t.out, "\n%s\n", c.long)
	}
	printFlags(t.out, set)
}

func printFlags(w io.Writer, set *flag.FlagSet) {
	first := true
	set.VisitAll(func(f *flag.Flag) {
		if first {
			fmt.Fprint(w, "\nFlags:\n")
			first = false
		}
		kind, usage := flag.UnquoteUsage(f)
		line := "  --" + strings.TrimSpace(f.Name+" "+kind)
		fmt.Fprintf(w, "%-26s %s", line, usage)
		if f.DefValue != "" && f.DefValue != "false" {
			fmt.Fprintf(w, " (default %s)", f.DefValue)
		}
		fmt.Fprintln(w)
	})
}

// parse reads the command line; a wish for help is fulfilled, and what cannot be understood is a usage error. Flags may
// stand before, between and after the arguments, until a -- ends them.
func (c command) parse(t terminal, set *flag.FlagSet, args []string) error {
	var arguments []string
	for {
		err := set.Parse(args)
		switch {
		case errors.Is(err, flag.ErrHelp):
			c.help(t, set)
			return err
		case err != nil:
			return misuse(c.name, "%v", err)
		}
		rest := set.Args()
		if read := len(args) - len(rest); c.foreign || len(rest) == 0 || read > 0 && args[read-1] == "--" {
			return set.Parse(slices.Concat([]string{"--"}, arguments, rest))
		}
		arguments, args = append(arguments, rest[0]), rest[1:]
	}
}

// noArguments refuses what follows the flags.
func (c command) noArguments(set *flag.FlagSet) error {
	if set.NArg() > 0 {
		return misuse(c.name, "%s takes no argument, but got %q", c.name, set.Arg(0))
	}
	return nil
}
