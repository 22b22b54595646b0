// Command empty is a function that does nothing: what a cluster needs to start it is the floor against which the cold
// starts of the others are measured.
package main

import (
	"cmp"
	"fmt"
	"net/http"
	"os"
)

func main() {
	answer := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	if err := http.ListenAndServe(":"+cmp.Or(os.Getenv("PORT"), "8080"), answer); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
