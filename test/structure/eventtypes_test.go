package structure

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEventTypes holds manifests/base/eventtypes.yaml, by which people see in the cluster what the broker carries,
// against the table of eventing/README.md. -update writes it.
func TestEventTypes(t *testing.T) {
	table, err := os.ReadFile(filepath.Join(root, "eventing", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, row := range entry.FindAllStringSubmatch(string(table), -1) {
		all = append(all, eventType(row[1]))
	}
	want := "# What the broker carries, for kubectl get eventtypes: the rows of eventing/README.md (go test ./test/structure -update\n" +
		"# writes them). A description may never change in a cluster, so there is none.\n" + strings.Join(all, "---\n")
	file := filepath.Join(root, "manifests", "base", "eventtypes.yaml")
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != want {
		t.Errorf("manifests/base/eventtypes.yaml differs from the table of eventing/README.md (go test ./test/structure -update writes it): %v", err)
	}
}

// unfit is what the name of an object may not hold.
var unfit = regexp.MustCompile(`[^a-z0-9.]+`)

// eventType is the EventType of a type, of which * stands for whatever follows.
func eventType(of string) string {
	name := strings.Trim(unfit.ReplaceAllString(strings.ToLower(of), "-"), "-")
	return `apiVersion: eventing.knative.dev/v1beta3
kind: EventType
metadata:
  name: ` + name + `
  namespace: perigee
spec:
  reference:
    apiVersion: eventing.knative.dev/v1
    kind: Broker
    name: default
  attributes:
    - name: specversion
      required: true
      value: "1.0"
    - name: type
      required: true
      value: ` + strings.Replace(of, "*", "{what}", 1) + `
    - name: source
      required: true
    - name: id
      required: true
`
}
