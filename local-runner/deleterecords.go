package main

import (
	"context"
	"fmt"
	"strings"

	"perigee/shared/xmldoc"
)

func deleteRecordsCommand() command {
	c := command{
		name: "delete-records", brief: "delete all records of the catalogue of the running house",
		long: `All records are deleted, items first and then collections, which stay while somebody adds items. Nothing is deleted without -y.`,
	}
	c.run = func(ctx context.Context, t terminal, args []string) error {
		set := c.flags()
		at := addHouse(set)
		sure := set.Bool("y", false, "do it")
		names, err := c.mixed(t, set, args)
		if err != nil {
			return err
		}
		if len(names) > 0 {
			return misuse(c.name, "no argument is taken")
		}
		x, err := at.open(t)
		if err != nil {
			return err
		}
		return x.deleteRecords(ctx, *sure)
	}
	return c
}

// The conditions of records that are deleted, in this order: a collection with items is not deleted.
var deletedInOrder = []string{"type <> 'series'", "type = 'series'"}

// deleteRecords deletes the records of the catalogue by the hundred.
func (x *transfer) deleteRecords(ctx context.Context, sure bool) error {
	total := 0
	for _, condition := range deletedInOrder {
		_, matched, err := x.identifiers(ctx, condition)
		if err != nil {
			return err
		}
		total += matched
	}
	if !sure {
		x.say.line("%d records would be deleted; -y does it", total)
		return nil
	}
	count := newCounting(x.say, x.watched, "deleted", int64(total), false)
	deleted := 0
	for _, condition := range deletedInOrder {
		for {
			ids, _, err := x.identifiers(ctx, condition)
			if err != nil {
				return err
			}
			if len(ids) == 0 {
				break
			}
			n, err := x.deleteNamed(ctx, ids)
			if err != nil {
				return err
			}
			deleted += n
			count.add(int64(n), int64(deleted))
			if n == 0 {
				return fmt.Errorf("%d records are not deleted, %s the first", len(ids), ids[0])
			}
		}
	}
	count.end()
	return nil
}

// identifiers gives some identifiers of records that fulfil a condition, and the number of all.
func (x *transfer) identifiers(ctx context.Context, condition string) (ids []string, matched int, err error) {
	var found struct {
		Results struct {
			Matched int      `xml:"numberOfRecordsMatched,attr"`
			IDs     []string `xml:"BriefRecord>identifier"`
		} `xml:"SearchResults"`
	}
	var w xmldoc.Writer
	w.Open("csw:GetRecords", "xmlns:csw", cswNamespace, "service", "CSW", "version", "2.0.2", "resultType", "results", "maxRecords", fmt.Sprint(loadDocuments))
	w.Open("csw:Query", "typeNames", "csw:Record")
	w.Element("csw:ElementSetName", "brief")
	w.Open("csw:Constraint", "version", "1.1.0")
	w.Element("csw:CqlText", condition)
	w.Close("csw:Constraint")
	w.Close("csw:Query")
	w.Close("csw:GetRecords")
	err = x.ask(ctx, w.Bytes, &found)
	return found.Results.IDs, found.Results.Matched, err
}

// deleteNamed deletes records by their identifiers.
func (x *transfer) deleteNamed(ctx context.Context, ids []string) (int, error) {
	literals := make([]string, len(ids))
	for i, id := range ids {
		literals[i] = "'" + strings.ReplaceAll(id, "'", "''") + "'"
	}
	var done struct {
		Deleted int `xml:"TransactionSummary>totalDeleted"`
	}
	var w xmldoc.Writer
	w.Open("csw:Transaction", "xmlns:csw", cswNamespace, "service", "CSW", "version", "2.0.2")
	w.Open("csw:Delete")
	w.Open("csw:Constraint", "version", "1.1.0")
	w.Element("csw:CqlText", "identifier IN ("+strings.Join(literals, ", ")+")")
	w.Close("csw:Constraint")
	w.Close("csw:Delete")
	w.Close("csw:Transaction")
	err := x.ask(ctx, w.Bytes, &done)
	return done.Deleted, err
}
