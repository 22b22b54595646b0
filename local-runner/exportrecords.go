package main

import (
	"context"
	"crypto/sha256"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"perigee/shared/metadata"
)

func exportRecordsCommand() command {
	c := command{
		name: "export-records", args: "FOLDER", brief: "write the records of the running house as metadata documents, a file each",
		long: `Each record becomes FOLDER/ID.xml, in the format that --format names; what came in that format is written as it came. A file that is
there already is written anew. An export that is interrupted says by which --after it goes on.`,
	}
	c.run = func(ctx context.Context, t terminal, args []string) error {
		set := c.flags()
		at := addHouse(set)
		format := set.String("format", "iso19139", "`NAME` of the format: "+strings.Join(formatNames(), ", "))
		after := set.String("after", "", "`TOKEN` of an export that was interrupted")
		folder, err := c.place(t, set, args, "one folder is needed")
		if err != nil {
			return err
		}
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		x, err := at.open(t)
		if err != nil {
			return err
		}
		return x.exportRecords(ctx, folder, *format, *after)
	}
	return c
}

func formatNames() []string {
	var all []string
	for _, f := range metadata.Formats() {
		all = append(all, f.Prefix)
	}
	return all
}

// harvestedPage is a part of the list of all records, by OAI-PMH.
type harvestedPage struct {
	Records []struct {
		ID       string `xml:"header>identifier"`
		Metadata struct {
			XML []byte `xml:",innerxml"`
		} `xml:"metadata"`
	} `xml:"ListRecords>record"`
	Token struct {
		Size int64  `xml:"completeListSize,attr"`
		Text string `xml:",chardata"`
	} `xml:"ListRecords>resumptionToken"`
	Errors []struct {
		Code string `xml:"code,attr"`
		Text string `xml:",chardata"`
	} `xml:"error"`
}

// exportRecords writes all records into a folder.
func (x *transfer) exportRecords(ctx context.Context, folder, format, after string) error {
	var count *counting
	written := int64(0)
	for {
		asked := url.Values{"verb": {"ListRecords"}, "metadataPrefix": {format}}
		if after != "" {
			asked = url.Values{"verb": {"ListRecords"}, "resumptionToken": {after}}
		}
		page, err := x.harvestedPage(ctx, asked)
		if err != nil {
			if after != "" {
				x.say.line("to go on: --after %s", after)
			}
			return err
		}
		if count == nil {
			count = newCounting(x.say, x.watched, "exported", max(page.Token.Size, int64(len(page.Records))), false)
		}
		for _, r := range page.Records {
			if err := os.WriteFile(filepath.Join(folder, fileName(r.ID)), append([]byte(xml.Header), r.Metadata.XML...), 0o644); err != nil {
				return err
			}
		}
		written += int64(len(page.Records))
		count.add(int64(len(page.Records)), written)
		if after = page.Token.Text; after == "" {
			count.end()
			return nil
		}
	}
}

func (x *transfer) harvestedPage(ctx context.Context, asked url.Values) (page harvestedPage, err error) {
	got, err := x.persist(ctx, http.MethodGet, "/oaipmh?"+asked.Encode(), "", nil)
	if err != nil {
		return page, err
	}
	if got.status != http.StatusOK {
		return page, refusal(got.status, got.body)
	}
	if err := xml.Unmarshal(got.body, &page); err != nil {
		return page, fmt.Errorf("the answer of the house cannot be read: %w", err)
	}
	if len(page.Errors) > 0 && page.Errors[0].Code != "noRecordsMatch" {
		return page, errors.New(page.Errors[0].Text)
	}
	return page, nil
}

// fileName is the name of a record's file: what cannot stand in one is written by its number.
func fileName(id string) string {
	var b strings.Builder
	for i := range len(id) {
		switch c := id[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == ':', c == '.' && i > 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	name := b.String()
	if len(name) > 200 {
		name = name[:180] + fmt.Sprintf("~%x", sha256.Sum256([]byte(id)))[:17]
	}
	return name + ".xml"
}
