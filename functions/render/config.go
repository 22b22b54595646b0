package main

import (
	"cmp"
	"os"
	"time"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/identity"
	"perigee/shared/ows"
	"perigee/shared/product"
	"perigee/shared/raster"
	"perigee/shared/wms"
)

type config struct {
	identity.Config
	DatabaseURL  string        `envconfig:"DATABASE_URL" required:"true" desc:"PostgreSQL URL of a role that reads"`
	Connections  int32         `envconfig:"DATABASE_CONNECTIONS" default:"4" desc:"connections of one instance at most"`
	Wait         time.Duration `envconfig:"DATABASE_WAIT" default:"5s" desc:"how long a question waits for one of them that comes free, before it is told to come again"`
	Endpoint     string        `envconfig:"AWS_ENDPOINT_URL" desc:"URL of the object store; empty: AWS"`
	Region       string        `envconfig:"AWS_REGION"`
	AccessKey    string        `envconfig:"AWS_ACCESS_KEY_ID"`
	SecretKey    string        `envconfig:"AWS_SECRET_ACCESS_KEY"`
	IngestBucket string        `envconfig:"INGEST_BUCKET" default:"ingest" desc:"the system's bucket; any other belongs to the workspace of its name"`
	CacheBucket  string        `envconfig:"CACHE_BUCKET" default:"cache" desc:"the tile cache's bucket, of which nothing is drawn"`
	ReadBuckets  []string      `envconfig:"READ_BUCKETS" desc:"further buckets that the system's items may refer to, between commas"`
	ReadHTTP     bool          `envconfig:"READ_HTTP" default:"false" desc:"items may refer to files by http and https, at public addresses"`
	ReadFolder   string        `envconfig:"READ_FOLDER" desc:"folder whose files the system's items may refer to as file:///; empty: none"`
	Products     string        `envconfig:"PRODUCTS" desc:"product configuration as YAML, or the path of its file"`
	Timeout      time.Duration `envconfig:"TIMEOUT" default:"50s" desc:"for one request"`
	Draws        int           `envconfig:"CONCURRENT_DRAWS" default:"4" desc:"maps drawn at the same time; others wait"`
	MaxSize      int           `envconfig:"MAX_SIZE" default:"4096" desc:"width and height of a map in pixels"`
	Downloads    int           `envconfig:"CONCURRENT_DOWNLOADS" default:"2" desc:"products that are downloaded from one instance at the same time; others are told to come back"`
	MaxScenes    int           `envconfig:"MAX_SCENES" default:"500" desc:"scenes of a map, the newest"`
	Limit        limits
	TimeStep     string   `envconfig:"TIME_STEP" default:"P1D" desc:"how the times of collections are told: P1D, in days with what is shown without TIME as the default; PT1S, in seconds with their end as the default, as EOxServer tells them"`
	CRS          []string `envconfig:"CRS" desc:"reference systems that are advertised for all layers, between commas; empty: CRS:84, EPSG:4326, 3857, 3035 and polar ones; any that PROJ knows can be asked for"`
	CacheBytes   int64    `envconfig:"CACHE_BYTES" default:"268435456" desc:"bytes of decoded blocks kept in memory"`
	CacheControl string   `envconfig:"CACHE_CONTROL" desc:"Cache-Control of maps; empty: no-cache, to be revalidated"`
	Title        string   `envconfig:"TITLE" default:"Perigee maps" desc:"title of the service"`
	Abstract     string   `envconfig:"ABSTRACT" default:"Maps of Earth observation products and collections" desc:"what the service offers"`
	Provider     string   `envconfig:"PROVIDER" default:"Perigee" desc:"who offers the service"`
}

// limits say when outlines are drawn in place of pictures.
type limits struct {
	Products int     `envconfig:"LIMIT_PRODUCTS" default:"0" desc:"products of a layer whose pictures are drawn, the topmost; 0: all"`
	Mode     string  `envconfig:"LIMIT_MODE" default:"hide" desc:"what becomes of the others, and of those beyond MAX_SCENES: hide, outlines, or exception: the map is refused"`
	Zoom     int     `envconfig:"MIN_RENDER_ZOOM" default:"0" desc:"zoom level below which collections are drawn as outlines; 0: never"`
	Opacity  float64 `envconfig:"FILL_OPACITY" default:"0" desc:"opacity of the area within these outlines, 0 to 1"`
	Colour   string  `envconfig:"LIMIT_COLOR" default:"grey" desc:"colour of these outlines"`
}

// check is an Invalid failure for limits that mean nothing.
func (l limits) check() error {
	if l.Mode != "" && l.Mode != limitHide && l.Mode != limitOutlines && l.Mode != limitException {
		return fault.At(fault.Invalid, "LIMIT_MODE", "LIMIT_MODE is %q, not hide, outlines or exception", l.Mode)
	}
	if _, ok := raster.ColourNamed(cmp.Or(l.Colour, "grey")); !ok {
		return fault.At(fault.Invalid, "LIMIT_COLOR", "LIMIT_COLOR is %q, which is no colour", l.Colour)
	}
	if l.Opacity < 0 || l.Opacity > 1 {
		return fault.At(fault.Invalid, "FILL_OPACITY", "FILL_OPACITY is %g, not between 0 and 1", l.Opacity)
	}
	return nil
}

// The values of TIME_STEP.
const (
	stepDays    = "P1D"
	stepSeconds = "PT1S"
)

// The values of LIMIT_MODE.
const (
	limitHide      = "hide"
	limitOutlines  = "outlines"
	limitException = "exception"
)

// systems are the reference systems that are advertised.
func (c config) systems() ([]geo.CRS, error) {
	var all []geo.CRS
	for _, name := range c.CRS {
		crs, err := geo.ParseCRS(name)
		if err != nil {
			return nil, fault.At(fault.Invalid, "CRS", "CRS: %w", err)
		}
		all = append(all, crs)
	}
	return all, nil
}

// maps is the configuration of the Web Map Service.
func (c config) maps() wms.Config {
	systems, _ := c.systems() // checked at the start
	return wms.Config{
		Service: c.service(), CRS: systems, Formats: raster.Formats(), MaxWidth: c.MaxSize, MaxHeight: c.MaxSize, CacheControl: c.CacheControl,
	}
}

func (c config) service() ows.Service {
	return ows.Service{Title: c.Title, Abstract: c.Abstract, Keywords: []string{"earth observation", "maps"}, Provider: ows.Provider{Name: c.Provider}}
}

// products reads the product configuration.
func (c config) products() (product.Config, error) {
	return product.LoadSetting("PRODUCTS", c.Products, os.ReadFile)
}
