// Package ping plays Knative's PingSources: events by the clock.
//
//	at, err := ping.ParseSchedule("*/5 * * * *", "Europe/Vienna")
//	sources := ping.Open([]ping.Source{{Name: name, Schedule: at, Send: send}}, log)
//	sources.Run(ctx)
package ping

import (
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"perigee/shared/fault"
)

// Schedule tells when a source ticks.
type Schedule struct {
	text string
	at   cron.Schedule
}

// parser takes what Knative's takes: five fields, or six with seconds before them, or a descriptor such as @hourly.
var parser = cron.NewParser(cron.SecondOptional | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)

// ParseSchedule reads spec.schedule and spec.timezone; without a zone the clock is that of a pod, UTC.
func ParseSchedule(text, zone string) (Schedule, error) {
	s := Schedule{text: text}
	if strings.Contains(text, "@every") { // it would count from the start of whoever plays it
		return s, fault.New(fault.Invalid, "%q: Knative does not take @every", text)
	}
	if strings.Contains(text, "TZ=") {
		return s, fault.New(fault.Invalid, "%q: a time zone belongs to timezone", text)
	}
	at, err := parser.Parse("CRON_TZ=UTC " + strings.TrimSpace(text))
	if err != nil {
		return s, fault.New(fault.Invalid, "%q is not a schedule such as */5 * * * *, with seconds 0 */5 * * * *, or @hourly: %w", text, err)
	}
	if s.at = at; zone == "" {
		return s, nil
	}
	s.text += " " + zone
	if s.at, err = inZone(text, zone); err != nil {
		return s, fault.At(fault.Invalid, "timezone", "%q is not a time zone such as Europe/Vienna: %w", zone, err)
	}
	return s, nil
}

func inZone(text, zone string) (cron.Schedule, error) {
	if _, err := time.LoadLocation(zone); err != nil {
		return nil, err
	}
	return parser.Parse("CRON_TZ=" + zone + " " + strings.TrimSpace(text))
}

// Next is the first tick after a time; zero when there is none within five years.
func (s Schedule) Next(after time.Time) time.Time { return s.at.Next(after) }

// String is the schedule as it is written, with its zone.
func (s Schedule) String() string { return s.text }
