package manifest

import (
	"maps"
	"slices"
)

// assembly puts the objects together, when all are known.
type assembly struct {
	*loader
	paths map[string]value // of routes
}

func (l *loader) assemble() *Set {
	a := &assembly{loader: l, paths: map[string]value{}}
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
		}
	}
	return set
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
