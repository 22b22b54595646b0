package main

import (
	"context"
	"fmt"
	"strings"
)

func envCommand() command {
	c := command{
		name: "env", brief: "print shell exports of the running house's addresses and credentials",
		long: `eval "$(local-runner env)" sets PERIGEE_URL, AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and
DATABASE_URL; beside a cluster also PERIGEE_TOKEN, the bearer token that may write.`,
	}
	c.run = func(_ context.Context, t terminal, args []string) error {
		set := c.flags()
		state := set.String("state", defaultState, "`FOLDER` of the running house")
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
		for _, v := range [][2]string{
			{"PERIGEE_URL", at.URL}, {"AWS_ENDPOINT_URL", at.Endpoint}, {"AWS_ACCESS_KEY_ID", at.AccessKey},
			{"AWS_SECRET_ACCESS_KEY", at.SecretKey}, {"AWS_REGION", at.Region}, {"DATABASE_URL", at.Database},
		} {
			fmt.Fprintf(t.out, "export %s=%s\n", v[0], quoted(v[1]))
		}
		if at.Token != "" {
			fmt.Fprintf(t.out, "export PERIGEE_TOKEN=%s\n", quoted(at.Token))
		}
		return nil
	}
	return c
}

// quoted is a word that a shell takes as it is.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
