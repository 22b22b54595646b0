package manifest

import (
	"maps"
	"slices"

	"perigee/local-runner/broker"
)

// assembly puts the objects together, when all are known.
type assembly struct {
	*loader
	paths map[string]value      // of routes
	bound map[broker.Name]value // services by what binds them
}

func (l *loader) assemble() *Set {
	a := &assembly{loader: l, paths: map[string]value{}, bound: map[broker.Name]value{}}
	set := &Set{}
	for _, o := range l.objects {
		switch o.kind {
		case "Service":
			set.Services = append(set.Services, a.service(o))
		case "Job":
			set.Jobs = append(set.Jobs, a.job(o))
		case "Broker":
			set.Brokers = append(set.Brokers, a.broker(o))
		case "Trigger":
			set.Triggers = append(set.Triggers, a.trigger(o))
		case "HTTPRoute":
			set.Routes = append(set.Routes, a.routes(o)...)
		case "PingSource":
			set.PingSources = append(set.PingSources, a.pingSource(o))
		}
	}
	for _, o := range l.objects {
		if o.kind == "SinkBinding" {
			a.bind(o, set.Services)
		}
	}
	return set
}

func sortedKeys(m map[string]string) []string   { return slices.Sorted(maps.Keys(m)) }
func sortedValues(m map[string]string) []string { return slices.Sorted(maps.Values(m)) }
