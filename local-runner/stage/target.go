package stage

import (
	"context"
	"fmt"

	"perigee/local-runner/broker"
)

// Target is the service as the broker's target, at a path below its address.
func (s *Service) Target(path string) broker.Target { return target{s, path} }

type target struct {
	service *Service
	path    string
}

// Acquire leases an instance, starting one where it must; while the program does not start, the event waits as long as a
// request may take, so that a pause of the runner's costs no attempt of the event. The lease's address leads through the service, and its
// transport straight to the instance, within the limits that hold for every other request.
func (t target) Acquire(ctx context.Context) (broker.Lease, error) {
	waiting, cancel := context.WithTimeoutCause(ctx, t.service.spec.Timeout, errTimeout)
	defer cancel()
	in, err := t.service.acquire(waiting, true)
	if err != nil {
		return broker.Lease{}, err
	}
	id := t.service.leases.add(in)
	path := t.path
	if path == "" {
		path = "/"
	}
	return broker.Lease{
		URL: t.service.local + leasePath + id + path, Transport: direct{t.service, id, path},
		Release: func() {
			t.service.leases.drop(id)
			t.service.release(in)
		},
	}, nil
}

// Address is the service's name in a cluster.
func (t target) Address() string {
	return fmt.Sprintf("http://%s.%s.svc.cluster.local%s", t.service.spec.Name.Name, t.service.spec.Name.Namespace, t.path)
}
