package main

import (
	"context"

	"golang.org/x/sync/errgroup"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/source"
	"perigee/shared/stac"
)

// maxContent bounds a document that is asked for by what it says, in bytes: it has to fit into an event.
const maxContent = 900 << 10

// process leads the items of a step through the postprocessors (HRV-10), side by side, and gives what is to be registered. An
// item that they cannot make whole is told and left out (HRV-20); what may pass is an error, for which the step is done again.
func (w *walker) process(ctx context.Context, step *catalogue.HarvestStep, documents []source.Document) ([]source.Document, error) {
	if len(w.harvester.Chain) == 0 {
		return w.fitting(step, documents), nil
	}
	failed := make([]error, len(documents))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(concurrent)
	for i := range documents {
		if documents[i].Kind != stac.TypeItem {
			continue
		}
		group.Go(func() error {
			failed[i] = w.made(ctx, &documents[i])
			if fault.KindOf(failed[i]) == fault.Unavailable {
				return failed[i]
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var made []source.Document
	for i, d := range documents {
		switch {
		case failed[i] != nil:
			step.Failed = append(step.Failed, catalogue.HarvestFailure{Href: d.Href, Reason: words(failed[i])})
		case d.Stub && !w.takes.Holds(d.Record):
			step.Filtered++
		default:
			made = append(made, d)
		}
	}
	return w.fitting(step, made), nil
}

// made makes an item whole.
func (w *walker) made(ctx context.Context, d *source.Document) error {
	content := d.Content
	if content == nil {
		var err error
		if content, err = w.reach.Files.Read(ctx, d.Href, stac.MaxSize); err != nil {
			return err
		}
	}
	content, err := w.harvester.Chain.Process(ctx, content, w.reach)
	if err != nil {
		return err
	}
	item, err := stac.DecodeItem(content)
	if err != nil {
		return fault.Classify(fault.Invalid, err, "the postprocessors made an item that is none")
	}
	d.Content, d.Record = content, item.Record()
	return nil
}

// fitting leaves out, and tells, what does not fit into an event, and stubs that nothing made an item of.
func (w *walker) fitting(step *catalogue.HarvestStep, documents []source.Document) []source.Document {
	var all []source.Document
	for _, d := range documents {
		switch {
		case len(d.Content) > maxContent:
			step.Failed = append(step.Failed, catalogue.HarvestFailure{Href: d.Href, Reason: "the document is too large for an event"})
		case d.Stub && len(w.harvester.Chain) == 0:
			step.Failed = append(step.Failed, catalogue.HarvestFailure{Href: d.Href, Reason: "the harvester has no postprocessor that makes an item of the file"})
		default:
			all = append(all, d)
		}
	}
	return all
}
