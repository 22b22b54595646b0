package stage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"perigee/local-runner/child"
	"perigee/local-runner/manifest"
)

// RunJob runs a Job to its end, as often as its manifest allows. The error tells the last lines of the last attempt.
func RunJob(ctx context.Context, cfg Config, job manifest.Job) error {
	path, err := binary(cfg.Bin, job.Binary)
	if err != nil {
		return err
	}
	log, err := openLog(cfg.Logs, job.Name.Name)
	if err != nil {
		return err
	}
	if job.Deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, job.Deadline)
		defer cancel()
	}
	spec := child.Spec{Path: path, Args: job.Args, Dir: "/", Env: machine(), Line: func(line string) {
		log.write(fmt.Sprintf("%s %s %s", time.Now().UTC().Format("15:04:05.000"), job.Name.Name, line))
	}}
	for _, v := range job.Env {
		for _, found := range address.FindAllStringSubmatch(v.Value, -1) {
			if ofCluster(found[1]) { // jobs run before the services
				return fmt.Errorf("%s of the job %s: %s is an address of the cluster that nothing has here", v.Name, job.Name, found[0])
			}
		}
		spec.Env = append(spec.Env, v.Name+"="+v.Value)
	}
	return errors.Join(attempts(ctx, job, spec), log.close())
}

func attempts(ctx context.Context, job manifest.Job, spec child.Spec) error {
	for failed := 0; ; {
		err := runOnce(ctx, spec)
		if err == nil {
			return nil
		}
		failed++
		if failed > job.Retries || ctx.Err() != nil {
			return fmt.Errorf("the job %s failed after %d attempts: %w", job.Name.Name, failed, err)
		}
		select {
		case <-time.After(backoff(failed)):
		case <-ctx.Done():
		}
	}
}

func runOnce(ctx context.Context, spec child.Spec) error {
	p, err := child.Start(spec)
	if err != nil {
		return err
	}
	select {
	case <-p.Done():
	case <-ctx.Done():
		p.Kill()
		<-p.Done()
		return context.Cause(ctx)
	}
	if p.Err() == nil {
		return nil
	}
	var b strings.Builder
	for _, line := range p.Tail() {
		b.WriteString("\n    " + inWords(line))
	}
	return fmt.Errorf("%w%s", p.Err(), b.String())
}
