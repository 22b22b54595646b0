package main

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/stac"
)

// bandsOf describes the bands of an asset's file: their names by the coverage type, else by the item, else by the
// asset's key; the value without meaning by the item, else by the file, else by the coverage type; the statistics by the
// file, whose sample leaves extremes out, else by the item.
func bandsOf(w wanted, file []record.Band) []record.Band {
	count := len(file)
	if count == 0 {
		count = max(1, len(w.asset.Bands), len(w.kind.Bands))
	}
	bands := make([]record.Band, count)
	for i := range bands {
		if i < len(file) {
			bands[i] = file[i]
		}
		bands[i].Index = i + 1
		if i < len(w.asset.Bands) {
			said(&bands[i], w.asset.Bands[i])
		} else {
			bands[i].Name = ""
		}
		if i < len(w.kind.Bands) {
			typed(&bands[i], w.kind.Bands[i])
		}
		if w.apart || bands[i].Name == "" {
			bands[i].Name, bands[i].CommonName = keyed(w.asset.Key, i, count), unlessApart(w, bands[i].CommonName)
		}
	}
	distinct(bands)
	return bands
}

// said takes over what the item says of a band.
func said(b *record.Band, s stac.Band) {
	b.Name, b.CommonName = identifier(s.Name), s.CommonName
	b.Scale, b.Offset = s.Scale, s.Offset
	if s.NoData != nil {
		b.NoData = s.NoData
	}
	if b.Minimum == nil || b.Maximum == nil {
		b.Minimum, b.Maximum = s.Minimum, s.Maximum
	}
}

// typed takes over what the coverage type says of a band.
func typed(b *record.Band, t product.Band) {
	b.Name = t.Identifier
	b.CommonName = cmp.Or(b.CommonName, t.Name)
	if b.NoData == nil && len(t.NilValues) > 0 {
		value := t.NilValues[0].Value
		b.NoData = &value
	}
}

func unlessApart(w wanted, commonName string) string {
	if w.apart {
		return ""
	}
	return commonName
}

// keyed names a band by its asset: by the key alone when it is the only one.
func keyed(key string, i, count int) string {
	if count == 1 {
		return identifier(key)
	}
	return identifier(key) + "_" + strconv.Itoa(i+1)
}

var foreign = regexp.MustCompile(`[^A-Za-z0-9_]`)

// identifier makes a name that an expression can use.
func identifier(name string) string {
	name = foreign.ReplaceAllString(name, "_")
	if name != "" && name[0] >= '0' && name[0] <= '9' {
		name = "b" + name
	}
	return name
}

// distinct numbers names that occur twice.
func distinct(bands []record.Band) {
	for i := range bands {
		same := func(b record.Band) bool { return b.Name == bands[i].Name }
		if slices.ContainsFunc(bands[:i], same) {
			bands[i].Name = fmt.Sprintf("%s_%d", bands[i].Name, i+1)
		}
	}
}
