package main

import (
	"fmt"
	"slices"

	"perigee/local-runner/broker"
	"perigee/local-runner/manifest"
	"perigee/local-runner/stage"
)

// brokerConfig is what the manifests say of events, with the services of the stage as targets.
func brokerConfig(set *manifest.Set, s *stage.Stage) broker.Config {
	var cfg broker.Config
	for _, b := range set.Brokers {
		cfg.Brokers = append(cfg.Brokers, broker.Definition{Name: b.Name, Delivery: delivery(b.Delivery, s)})
	}
	for _, t := range set.Triggers {
		cfg.Triggers = append(cfg.Triggers, broker.Trigger{
			Name: t.Name, Broker: t.Broker, Filters: t.Filters, Subscriber: target(t.Subscriber, s), Delivery: delivery(t.Delivery, s),
		})
	}
	return cfg
}

func delivery(d *manifest.Delivery, s *stage.Stage) *broker.Delivery {
	if d == nil {
		return nil
	}
	to := &broker.Delivery{Retry: d.Retry, Policy: d.Policy, Delay: d.Delay, Timeout: d.Timeout, RetryAfterMax: d.RetryAfterMax}
	if d.DeadLetter != nil {
		to.DeadLetter = target(*d.DeadLetter, s)
	}
	return to
}

func target(sink manifest.Sink, s *stage.Stage) broker.Target {
	if sink.Service == nil {
		return broker.URL(sink.URL)
	}
	return s.Service(*sink.Service).Target(sink.Path)
}

// brokerOf is the broker that the services of a namespace send to: the one called default, else the only one.
func brokerOf(set *manifest.Set, namespace string) (broker.Name, bool) {
	var found []broker.Name
	for _, b := range set.Brokers {
		if b.Namespace != namespace {
			continue
		}
		if b.Name.Name == "default" {
			return b.Name, true
		}
		found = append(found, b.Name)
	}
	if len(found) == 1 {
		return found[0], true
	}
	return broker.Name{}, false
}

// mainBroker is the broker that takes the notifications of buckets: the default one of the first namespace that has one.
func mainBroker(set *manifest.Set) (broker.Name, error) {
	for _, b := range set.Brokers {
		if name, ok := brokerOf(set, b.Namespace); ok {
			return name, nil
		}
	}
	return broker.Name{}, fmt.Errorf("the manifests have no broker called default, and not exactly one of another name: bucket notifications need it")
}

// ingressNames are the addresses by which brokers are known in a cluster.
var ingressNames = []string{"broker-ingress.knative-eventing", "kafka-broker-ingress.knative-eventing"}

// clusterAddresses leads the cluster's names of the brokers' ingress here.
func clusterAddresses(brokers string) map[string]string {
	all := map[string]string{}
	for _, name := range ingressNames {
		for _, suffix := range []string{"", ".svc", ".svc.cluster.local"} {
			all[name+suffix] = brokers
		}
	}
	return all
}

// setting is the value of a variable in the first service that has it.
func setting(set *manifest.Set, name, otherwise string) string {
	for _, s := range set.Services {
		i := slices.IndexFunc(s.Env, func(v manifest.Variable) bool { return v.Name == name })
		if i >= 0 && s.Env[i].Value != "" {
			return s.Env[i].Value
		}
	}
	return otherwise
}

// named is the first service of a name, whatever its namespace.
func named(s *stage.Stage, name string) *stage.Service {
	for _, service := range s.Services() {
		if service.Spec().Name.Name == name {
			return service
		}
	}
	return nil
}
