package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
)

// products shows what a workspace lays over the system's product configuration, puts it from a file, or takes it back.
func (w *tenants) products(ctx context.Context, name string) error {
	address := workspacesPath + "/" + url.PathEscape(name) + "/products"
	switch {
	case w.put != "" && (w.remove || w.merged), w.remove && w.merged:
		return errors.New("--put, --delete and --merged exclude each other")
	case w.put != "":
		text, err := os.ReadFile(w.put)
		if err != nil {
			return err
		}
		return w.changedProducts(w.send(ctx, http.MethodPut, address, "application/yaml", text))
	case w.remove:
		return w.changedProducts(w.do(ctx, http.MethodDelete, address))
	}
	address += "?f=yaml"
	if w.merged {
		address += "&merged=true"
	}
	text, err := w.client.get(ctx, address)
	if err == nil {
		_, err = w.out.Write(text)
	}
	return err
}

// changedProducts says what came of a change.
func (w *tenants) changedProducts(body []byte, err error) error {
	if err != nil {
		return err
	}
	var changed struct{ Message string }
	if err := understood(workspacesPath, json.Unmarshal(body, &changed)); err != nil {
		return err
	}
	fmt.Fprintln(w.out, changed.Message)
	return nil
}
