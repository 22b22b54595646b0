package main

import (
	"testing"

	"perigee/local-runner/broker"
	"perigee/local-runner/manifest"
)

func TestBrokerOfANamespace(t *testing.T) {
	set := &manifest.Set{}
	for _, name := range []broker.Name{{Namespace: "two", Name: "a"}, {Namespace: "two", Name: "b"}, {Namespace: "one", Name: "only"}, {Namespace: "usual", Name: "x"}, {Namespace: "usual", Name: "default"}} {
		set.Brokers = append(set.Brokers, manifest.Broker{Name: name})
	}
	for namespace, want := range map[string]string{"one": "one/only", "usual": "usual/default", "two": "", "none": ""} {
		name, ok := brokerOf(set, namespace)
		if ok != (want != "") || ok && name.String() != want {
			t.Errorf("%s: %v %t, want %q", namespace, name, ok, want)
		}
	}
	if name, err := mainBroker(set); err != nil || name.String() != "one/only" {
		t.Errorf("%v, %v", name, err)
	}
	if _, err := mainBroker(&manifest.Set{Brokers: set.Brokers[:2]}); err == nil {
		t.Error("one of two brokers was chosen")
	}
}

func TestSettingOfTheManifests(t *testing.T) {
	set := &manifest.Set{Services: []manifest.Service{
		{Program: manifest.Program{Env: []manifest.Variable{{Name: "A", Value: ""}}}},
		{Program: manifest.Program{Env: []manifest.Variable{{Name: "A", Value: "x"}}}},
	}}
	if got := setting(set, "A", "y") + setting(set, "B", "y"); got != "xy" {
		t.Errorf("%s", got)
	}
}

func TestClusterAddresses(t *testing.T) {
	if got := clusterAddresses("here")["broker-ingress.knative-eventing.svc.cluster.local"]; got != "here" {
		t.Errorf("%q", got)
	}
}
