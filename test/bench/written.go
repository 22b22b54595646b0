package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// How many items are posted together, and how often.
const (
	together = 5000
	posts    = 3
	singles  = 50
)

// written measures items that are written by STAC: collections of new items whose files lie elsewhere, and single ones.
func (h *house) written(ctx context.Context) ([]result, error) {
	const described = `{"type": "Collection", "stac_version": "1.0.0", "id": "written", "description": "Written by STAC", "license": "other", "links": [],
		"extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [[null, null]]}}}`
	if err := h.write(ctx, "/stac/collections", described); err != nil {
		return nil, err
	}
	const items = "/stac/collections/written/items"
	var bodies []string
	n, size := 0, 0
	for range posts {
		body, err := itemCollection(n, together)
		if err != nil {
			return nil, err
		}
		bodies, n, size = append(bodies, body), n+together, size+len(body)
	}
	begun := time.Now()
	for _, body := range bodies {
		if err := h.write(ctx, items, body); err != nil {
			return nil, err
		}
	}
	took := time.Since(begun)
	var alone []time.Duration
	for range singles {
		body, err := json.Marshal(item(n))
		if err != nil {
			return nil, err
		}
		begun := time.Now()
		if err := h.write(ctx, items, string(body)); err != nil {
			return nil, err
		}
		alone, n = append(alone, time.Since(begun)), n+1
	}
	return []result{
		{fmt.Sprintf("POST of item collections, %d items of %d kB each time", together, size/posts/together/1000),
			fmt.Sprintf("%.0f items/s", float64(posts*together)/took.Seconds()), "3000 items/s"},
		{"POST of an item", spread(alone), ""},
	}, nil
}

// write posts a document that has to be taken.
func (h *house) write(ctx context.Context, path, body string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusCreated {
		return fmt.Errorf("POST %s: %s: %s", path, response.Status, bytes.TrimSpace(said[:min(len(said), 500)]))
	}
	return nil
}

func itemCollection(from, n int) (string, error) {
	features := make([]any, n)
	for i := range features {
		features[i] = item(from + i)
	}
	text, err := json.Marshal(map[string]any{"type": "FeatureCollection", "features": features})
	return string(text), err
}

// item is one as large as that of a product with twelve bands.
func item(n int) any {
	west, south := float64(n*37%3500)/10-179, float64(n*53%1500)/10-75
	at := time.Date(2016, 1, 1, 10, 0, 0, 0, time.UTC).Add(time.Duration(n) * 23 * time.Minute)
	assets := map[string]any{}
	for band := range 12 {
		name := fmt.Sprintf("B%02d", band+1)
		assets[name] = map[string]any{
			"href": fmt.Sprintf("https://files.example/%d/%s.tif", n, name), "type": "image/tiff; application=geotiff; profile=cloud-optimized",
			"title": "Band " + name, "roles": []string{"data", "reflectance"}, "gsd": 10, "eo:bands": []any{map[string]any{"name": name, "common_name": "red", "center_wavelength": 0.665}},
		}
	}
	return map[string]any{
		"type": "Feature", "stac_version": "1.0.0", "id": fmt.Sprintf("WRITTEN_%08d", n), "collection": "written", "links": []any{}, "assets": assets,
		"geometry": map[string]any{"type": "Polygon", "coordinates": [][][2]float64{{{west, south}, {west + 1, south}, {west + 1, south + 1}, {west, south + 1}, {west, south}}}},
		"bbox":     []float64{west, south, west + 1, south + 1},
		"properties": map[string]any{
			"datetime": at.Format(time.RFC3339), "platform": "sentinel-2a", "constellation": "sentinel-2", "instruments": []string{"msi"}, "eo:cloud_cover": n % 100, "gsd": 10,
			"view:sun_azimuth": 160.1, "view:sun_elevation": 40.2, "sat:relative_orbit": n % 143, "proj:epsg": 32633, "processing:level": "L2",
		},
	}
}
