// Package manifests holds what the cluster runs, which is also what local-runner reads.
package manifests

import (
	"embed"
	"io/fs"
)

//go:embed base/*.yaml local/*.yaml
var files embed.FS

// Base is the manifests that every deployment starts from.
func Base() fs.FS { return sub("base") }

// Local is the overlay for a laptop: each object in it replaces the one of the same kind and name in the base.
func Local() fs.FS { return sub("local") }

func sub(dir string) fs.FS {
	tree, err := fs.Sub(files, dir)
	if err != nil { // the folder is embedded above
		panic(err)
	}
	return tree
}
