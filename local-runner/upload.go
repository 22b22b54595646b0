package main

import (
	"context"
	"errors"
)

func uploadCommand() command {
	c := command{
		name: "upload", args: "FILE|FOLDER…", brief: "upload into the running house and watch it become a map",
		long: `Folders are uploaded whole: first the files that STAC items refer to, then collections, then items. A GeoTIFF that no
item refers to gets an item made: its place from the file, its time from the file's name (20260622 or
2026-06-22T100031) or, without one, from when the file was last changed. One line for each document tells how it went
through the house; the exit code is 1 when one of them failed.`,
	}
	c.run = func(ctx context.Context, t terminal, args []string) error {
		set := c.flags()
		state := set.String("state", defaultState, "`FOLDER` of the running house")
		workspace := set.String("workspace", "", "upload into the bucket of this workspace `NAME`, not into the system's")
		patience := set.Duration("patience", 0, "`TIME` to wait for each document (default 2m)")
		if err := c.parse(t, set, args); err != nil {
			return err
		}
		if set.NArg() == 0 {
			return misuse(c.name, "a file or a folder is needed")
		}
		at, err := stateFolder(*state).find()
		if err != nil {
			return err
		}
		up := newUploader(at, &speaker{out: t.out}, onTerminal(t.out))
		if *patience > 0 {
			up.patience = *patience
		}
		if err := up.into(ctx, *workspace); err != nil {
			return err
		}
		return quietly(up.run(ctx, set.Args()))
	}
	return c
}

// into turns to the bucket and the addresses of a workspace, which are the system's without a name.
func (u *uploader) into(ctx context.Context, workspace string) error {
	if workspace == "" {
		return nil
	}
	u.workspace, u.bucket, u.prefix = workspace, workspace, "/workspaces/"+workspace
	return u.objects.CreateBucket(ctx, workspace)
}

// quietly leaves out what was told already.
func quietly(err error) error {
	if errors.Is(err, errSomeFailed) {
		return exitCode(exitFailed)
	}
	return err
}

// uploader is one for the house itself.
func (h *house) uploader(t terminal) *uploader {
	return newUploader(h.instance(), h.say, onTerminal(t.out))
}
